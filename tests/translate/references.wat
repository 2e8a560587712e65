(module (table $t 4 externref) (table $g 4 funcref) (global $r (mut externref) (ref.null extern))
  (func $two (param externref i32 externref) (result externref externref) (local.get 2) (local.get 0))
  (func $f (param $a externref) (result externref) (local $b externref)
    (call $two (local.get $a) (i32.const 1) (table.get $t (i32.const 2))) (local.set $b) (global.set $r)
    (table.set $t (i32.const 1) (local.get $b))
    (if (ref.is_null (local.get $a)) (then (table.set $g (i32.const 0) (ref.func $two))))
    (select (result externref) (local.get $a) (local.get $b) (i32.const 1)))
  (elem declare func $two))
;;= func 0 $two: params 12, frame 36, references s0 s8 s20 s24 s28 s32
;;=  >   0  ref.copy s0 -> s24
;;=      3  result.ref s8, result 0
;;=      6  result.ref s24, result 4
;;=      9  return header at that cell 12
;;= func 1 $f: params 4, frame 48, references s0 s12 s16 s20 s24 s28
;;=  >   0  i32.const 2 -> s36
;;=      3  table.get table 0, s36 -> s20
;;=      7  i32.const 1 -> s40
;;=     10  argument.ref s0, window 36
;;=     13  argument.ref s20, window 44
;;=     16  call fn@12, delta 36
;;=     20  take.ref window 36 -> s16
;;=     23  take.ref window 40 -> s20
;;=     26  ref.copy s20 -> s12
;;=     29  ref.global.set.far global 0, s16
;;=     33  i32.const 1 -> s32
;;=     36  table.set table 0, s32, s12
;;=     40  ref.is_null s0 -> r0
;;=     42  br_if.i32.eqz r0, @85
;;=     44  ref.func func 0 -> s16
;;=     48  i32.const 0 -> s32
;;=     51  table.set table 1, s32, s16
;;=  >  55  i32.const 1 -> s32
;;=     58  ref.select s32, s0, s12 -> s16
;;=     63  result.ref s16, result 0
;;=     66  return header at that cell 4
