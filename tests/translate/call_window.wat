(module
  (func $callee (param i32 i64) (result i32) (local.get 0))
  (func $f (param $a i32) (param $b i64) (result i32)
    (i32.add (call $callee (i32.add (local.get $a) (i32.const 1)) (local.get $b))
        (call $callee (i32.const 3) (i64.mul (local.get $b) (i64.const 2))))))
;;= func 0 $callee: params 12, frame 24
;;=  >   0  return.i32 s0, header at that cell 12
;;= func 1 $f: params 12, frame 44
;;=  >   0  i32.add s0, 1 -> s20+r0
;;=      4  i64.copy s4 -> s24
;;=      7  call fn@12, delta 20
;;=     11  i32.copy r0 -> s20
;;=     13  i64.mul s4, 2 -> r0
;;=     16  i32.const 3 -> s24
;;=     19  i64.copy r0 -> s28
;;=     21  call fn@12, delta 24
;;=     25  i32.add r0, s20 -> r0
;;=     27  return header at that cell 12
