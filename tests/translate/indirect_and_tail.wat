(module (type $t (func (param i32) (result i32))) (table 2 funcref)
  (func $direct (type $t) (return_call $direct (i32.add (local.get 0) (i32.const 1))))
  (func $indirect (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 1)))
  (func $plain (type $t) (call_indirect (type $t) (local.get 0) (local.get 0))))
;;= func 0 $direct: params 4, frame 20
;;=  >   0  i32.add s0, 1 -> s12+r0
;;=      4  return_call fn@12, header 4, delta 12
;;= func 1 $indirect: params 4, frame 20
;;=  >   0  i32.const 1 -> s16
;;=      3  i32.copy s0 -> s12
;;=      6  return_call_indirect s16, table 0, type 0, header 4, delta 12
;;= func 2 $plain: params 4, frame 20
;;=  >   0  i32.copy s0 -> s12
;;=      3  call_indirect s0, table 0, type 0, delta 12
;;=      9  return header at that cell 4
