(module (func $f (param $a i32) (param $b i64)
    (block (br_if 0 (i32.eqz (i32.lt_s (local.get $a) (i32.const 7)))) (local.set $a (i32.const 1)))
    (block (br_if 0 (i32.eqz (i32.eqz (local.get $a)))))
    (block (br_if 0 (i64.eqz (local.get $b))))
    (if (i32.eqz (local.get $a)) (then (local.set $a (i32.const 2))))))
;;= func 0 $f: params 12, frame 28
;;=  >   0  br_if.i32.ge_s s0, 7, @19
;;=      4  i32.const 1 -> s0
;;=  >   7  br_unless.i32.eqz s0, @22
;;=  >  10  br_if.i64.eqz s4, @25
;;=  >  13  br_unless.i32.eqz s0, @31
;;=     16  i32.const 2 -> s0
;;=  >  19  return header at that cell 12
