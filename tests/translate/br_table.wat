(module (func $f (param $a i32) (result i32)
    (block $two (block $one (block $zero (br_table $zero $one $two (local.get $a))) (return (i32.const 10))) (return (i32.const 11)))
    (i32.const 12))
  (func $values (param $a i32) (result i32)
    (block $b (result i32) (i32.add (i32.const 1) (block $c (result i32) (br_table $b $c $b (i32.const 7) (local.get $a)))))))
;;= func 0 $f: params 4, frame 16
;;=  >   0  br_table s0, @22, @24, @26
;;=  >  10  return.i32 10, header at that cell 4
;;=  >  12  return.i32 11, header at that cell 4
;;=  >  14  return.i32 12, header at that cell 4
;;= func 1 $values: params 4, frame 24
;;=  >   0  i32.const 7 -> s16
;;=      3  br_table s0, @49, @54, @49
;;=  >  13  i32.copy s16 -> s12
;;=     16  br @58
;;=  >  18  i32.add s16, 1 -> s12+r0
;;=  >  22  return.i32 s12, header at that cell 4
