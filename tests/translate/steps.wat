;; A local stepped in place; two of them in one instruction; the second becomes part of a loop edge.
(module (func $f (param $a i32) (param $b i32) (param $n i32) (param $w i64)
    (local.set $w (i64.add (local.get $w) (i64.const 1)))
    (local.set $a (i32.add (local.get $a) (i32.const 3)))
    (local.set $b (i32.sub (local.get $b) (i32.const 4)))
    (local.set $n (i32.add (local.get $n) (i32.const 40000)))
    (loop $l
        (local.set $a (i32.add (local.get $a) (i32.const 1)))
        (local.set $b (i32.add (local.get $b) (i32.const 2)))
        (br_if $l (i32.ne (local.get $b) (local.get $n)))))
  (func $kept (param $a i32) (param $b i32) (result i32)
    (local.get $a) (local.get $b)
    (local.set $a (i32.add (local.get $a) (i32.const 1)))
    (local.set $b (i32.add (local.get $b) (i32.const 1)))
    (i32.add)))
;;= func 0 $f: params 20, frame 44
;;=  >   0  i64.step s12, 1
;;=      3  i32.step_two s0, 3, s4, -4
;;=      8  i32.add s8, 40000 -> s8+r0
;;=  >  13  i32.step s0, 1
;;=     16  loop.i32.ne s4, 2, s8, @25
;;=     21  return header at that cell 20
;;= func 1 $kept: params 8, frame 32
;;=  >   0  i32.add s0, 1 -> r0
;;=      3  i32.copy s0 -> s16
;;=      6  i32.copy r0 -> s0
;;=      8  i32.add s4, 1 -> r0
;;=     11  i32.copy s4 -> s20
;;=     14  i32.copy r0 -> s4
;;=     16  i32.add s16, s20 -> r0
;;=     19  return header at that cell 8
