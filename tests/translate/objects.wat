(module (type $p (struct (field $x (mut i32)) (field $next (mut (ref null $p))) (field $w (mut f64))))
  (type $b (struct (field (mut i8)) (field (mut i64)))) (type $a (array (mut i32))) (type $r (array (mut (ref null $p))))
  (func $new (param $x i32) (param $next (ref null $p)) (result (ref $p)) (struct.new $p (local.get $x) (local.get $next) (f64.const 2)))
  (func $packed (param $x i32) (result (ref $b)) (struct.new $b (local.get $x) (i64.const 7)))
  (func $sum (param $p (ref null $p)) (result i32) (local $sum i32)
    (loop $next
      (br_if $next (i32.eqz (ref.is_null (local.tee $p (struct.get $p $next (local.get $p)))))
        (local.set $sum (i32.add (local.get $sum) (struct.get $p $x (local.get $p))))))
    (local.get $sum))
  (func $array (param $a (ref null $a)) (param $i i32) (result i32)
    (array.set $a (local.get $a) (local.get $i) (i32.add (array.get $a (local.get $a) (i32.const 1)) (i32.const 5)))
    (array.len (local.get $a)))
  (func $fixed (param $p (ref null $p)) (result (ref $r)) (array.new_fixed $r 2 (local.get $p) (ref.null $p)))
  (func $cast (param $x anyref) (result i32)
    (block $is (result (ref $p)) (br_on_cast $is anyref (ref $p) (local.get $x)) (return (ref.test (ref i31))))
    (struct.get $p $x)))
;;= func 0 $new: params 8, frame 44, references s4 s16 s20 s24 s28
;;=  >   0  i32.copy s0 -> s32
;;=      3  ref.copy s4 -> s16
;;=      6  i64.const 4611686018427387904 -> s36
;;=     12  struct.new type 0, window 32, window 16 -> s16
;;=     18  result.ref s16, result 0
;;=     21  return header at that cell 8
;;= func 1 $packed: params 4, frame 40, references s12 s16 s20 s24
;;=  >   0  struct.new_default type 1 -> s12
;;=      4  i8.struct.set s12, type 1, +8, s0
;;=     10  i64.struct.set s12, type 1, +12, 7
;;=     16  result.ref s12, result 0
;;=     19  return header at that cell 4
;;= func 2 $sum: params 4, frame 44, references s0 s16 s20 s24 s28
;;=  >   0  ref.struct.get s0, type 0, +12 -> s16
;;=      6  ref.copy s16 -> s0
;;=      9  ref.is_null s0 -> r0
;;=     11  i32.eqz r0 -> r0
;;=     12  i32.copy r0 -> s32
;;=     14  i32.struct.get s0, type 0, +8 -> r0
;;=     19  i32.add r0, s12 -> s12+r0
;;=     22  br_unless.i32.eqz s32, @70
;;=     25  return header at that cell 4
;;= func 3 $array: params 8, frame 44, references s0 s16 s20 s24 s28
;;=  >   0  i32.array.get s0, 1 -> r0
;;=      3  i32.add r0, 5 -> r0
;;=      5  i32.array.set s0, s4, r0
;;=      8  array.len s0 -> r0
;;=     10  return header at that cell 8
;;= func 4 $fixed: params 4, frame 28, references s0 s12 s16 s20 s24
;;=  >   0  ref.copy s0 -> s12
;;=      3  ref.null -> s16
;;=      5  ref.array.new_fixed type 3, +2, window 12 -> s12
;;=     11  result.ref s12, result 0
;;=     14  return header at that cell 4
;;= func 5 $cast: params 4, frame 32, references s0 s12 s16 s20 s24
;;=  >   0  ref.copy s0 -> s12
;;=      3  br_on_cast s0, reference type 35, @159
;;=      8  ref.test s12, reference type 44 -> r0
;;=     12  return header at that cell 4
;;=  >  13  i32.struct.get s12, type 0, +8 -> r0
;;=     18  return header at that cell 4
