(module (func $f (param $a i32) (param $b i64) (result f64) (local $f f32)
    (local.set $a (i32.const 5)) (local.set $a (i32.const 70000)) (local.set $b (i64.const -1)) (local.set $b (i64.const 0x123456789abcdef))
    (local.set $f (f32.const 1)) (local.set $a (i32.add (local.get $a) (i32.const 100000)))
    (local.set $b (i64.and (i64.const 255) (local.get $b)))
    (f64.const 0.1)))
;;= func 0 $f: params 12, frame 40
;;=  >   0  i32.const 5 -> s0
;;=      3  i32.const 70000 -> s0
;;=      7  i64.const -1 -> s4
;;=     10  i64.const 81985529216486895 -> s4
;;=     16  i32.const 1065353216 -> s20
;;=     20  i32.add s0, 100000 -> s0+r0
;;=     25  i64.and s4, 255 -> s4+r0
;;=     29  i64.const 4591870180066957722 -> s24
;;=     35  return.f64 s24, header at that cell 12
