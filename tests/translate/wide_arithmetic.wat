(module (func $f (param $a i64) (param $b i64) (result i64 i64)
    (i64.add128 (local.get $a) (local.get $b) (i64.const 1) (i64.const 0)) (i64.mul_wide_u) (local.set $b) (local.set $a) (local.get $a) (local.get $b)))
;;= func 0 $f: params 16, frame 56
;;=  >   0  i64.const 0 -> s48
;;=      3  i64.const 1 -> s40
;;=      6  i64.add128 s0, s8, s40, s48 -> s24 -> s32
;;=     13  i64.mul_wide_u s24, s32 -> s24 -> s32
;;=     18  i64.copy s32 -> s8+r0
;;=     21  i64.copy s24 -> s0+r0
;;=     24  i64.copy r0 -> s24
;;=     26  i64.copy s8 -> s32
;;=     29  result.i64 s24, result 0
;;=     32  result.i64 s32, result 8
;;=     35  return header at that cell 16
