;; options: fuel signal
(module (func $f (param $n i32)
    (loop $l (if (local.get $n) (then (call $f (i32.const 0)))) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
;;= func 0 $f: params 4, frame 20
;;=  >   0  signal
;;=      1  fuel 1
;;=  >   4  signal
;;=      5  fuel 2
;;=      8  br_if.i32.eqz s0, @33
;;=     11  fuel 2
;;=     14  i32.const 0 -> s12
;;=     17  call fn@12, delta 12
;;=  >  21  fuel 5
;;=     24  loop.i32.ne s0, -1, 0, @16
;;=     29  return header at that cell 4
