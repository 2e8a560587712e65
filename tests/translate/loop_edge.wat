(module (func $sum (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $l
        (local.set $s (i32.add (local.get $s) (local.get $i)))
        (br_if $l (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $s))
  (func $down (param $n i32)
    (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
;;= func 0 $sum: params 4, frame 28
;;=  >   0  i32.add s16, s12 -> s16+r0
;;=      4  loop.i32.lt_s s12, 1, s0, @12
;;=      9  return.i32 s16, header at that cell 4
;;= func 1 $down: params 4, frame 20
;;=  >   0  loop.i32.ne s0, -1, 0, @31
;;=      5  return header at that cell 4
