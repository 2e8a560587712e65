(module
  (func $swap (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
  (func $f (param $a i32) (result i32)
    (call $swap (local.get $a) (i64.const 9)) drop (i32.wrap_i64))
  (func $blocks (param $a i32) (result i32)
    (local.get $a) (i32.const 5) (block (param i32 i32) (result i32 i32) (br_if 0 (local.get $a)) (i32.const 1) (i32.add)) (i32.sub)))
;;= func 0 $swap: params 12, frame 32
;;=  >   0  i64.copy s4 -> s20
;;=      3  i32.copy s0 -> s28
;;=      6  result.i64 s20, result 0
;;=      9  result.i32 s28, result 8
;;=     12  return header at that cell 12
;;= func 1 $f: params 4, frame 24
;;=  >   0  i32.copy s0 -> s12
;;=      3  i64.const 9 -> s16
;;=      6  call fn@12, delta 12
;;=     10  i32.wrap_i64 s12 -> r0
;;=     12  return header at that cell 4
;;= func 2 $blocks: params 4, frame 24
;;=  >   0  i32.copy s0 -> s12
;;=      3  i32.const 5 -> s16
;;=      6  br_unless.i32.eqz s0, @67
;;=      9  i32.add s16, 1 -> s16+r0
;;=  >  13  i32.sub s12, s16 -> r0
;;=     16  return header at that cell 4
