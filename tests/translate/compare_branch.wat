(module (func $f (param $a i32) (param $b i64) (param $c f64)
    (block (br_if 0 (i32.lt_s (local.get $a) (i32.const 7))) (drop (i32.const 0)))
    (block (br_if 0 (i64.gt_u (local.get $b) (i64.const 70000))))
    (block (br_if 0 (f64.lt (local.get $c) (f64.const 1.5))))
    (if (i32.ge_u (local.get $a) (i32.const 1)) (then (local.set $a (i32.const 2))))))
;;= func 0 $f: params 20, frame 44
;;=  >   0  br_if.i32.lt_s s0, 7, @16
;;=  >   4  br_if.i64.gt_u s4, 70000, @21
;;=  >   9  br_if.f64.lt s12, 1.5, @28
;;=  >  16  br_if.i32.lt_u s0, 1, @35
;;=     20  i32.const 2 -> s0
;;=  >  23  return header at that cell 20
