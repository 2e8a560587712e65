(module (memory 1) (func $f (param $a i32) (param $b i32) (local $x i64)
    (local.set $a (i32.add (local.get $a) (local.get $b)))
    (local.set $b (i32.load offset=4 (local.get $a)))
    (local.set $x (i64.mul (i64.extend_i32_u (local.tee $a (i32.const 3))) (i64.const 5)))
    (i64.store (local.get $a) (local.get $x))))
;;= func 0 $f: params 8, frame 40
;;=  >   0  i32.add s0, s4 -> s0+r0
;;=      4  i32.load r0, +4 -> s4+r0
;;=      7  i32.const 3 -> s0
;;=     10  i64.extend_i32_u s0 -> r0
;;=     12  i64.mul r0, 5 -> s16+r0
;;=     15  i64.store s0, +0, r0
;;=     18  return header at that cell 8
