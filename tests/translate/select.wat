(module (func $f (param $a i32) (param $b i64) (param $c f64) (result i32)
    (local.set $b (select (local.get $b) (i64.const 3) (local.get $a)))
    (local.set $c (select (local.get $c) (f64.const 2) (i32.lt_s (local.get $a) (i32.const 4))))
    (select (i32.const 1) (i32.const 0) (i32.eqz (local.get $a)))))
;;= func 0 $f: params 20, frame 52
;;=  >   0  i64.select s0, s4, 3 -> s4+r0
;;=      5  i32.lt_s s0, 4 -> r0
;;=      8  i64.const 4611686018427387904 -> s36
;;=     14  f64.select r0, s12, s36 -> s12+f0
;;=     18  i32.eqz s0 -> r0
;;=     20  i32.select r0, 1, 0 -> r0
;;=     23  return header at that cell 20
