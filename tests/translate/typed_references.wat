(module (type $t (func (param i32) (result i32))) (type $n (func))
  (func $call (param $f (ref null $t)) (result i32) (call_ref $t (i32.const 7) (local.get $f)))
  (func $tail (param $f (ref null $t)) (param $x i32) (result i32)
    (block $null (return_call_ref $t (local.get $x) (br_on_null $null (local.get $f)))) (i32.const 0))
  (func $some (param $f (ref null $t)) (result (ref $t)) (br_on_non_null 0 (local.get $f)) (unreachable))
  (func $check (param $f (ref null $n)) (call_ref $n (ref.as_non_null (local.get $f)))))
;;= func 0 $call: params 4, frame 32, references s0 s12 s16 s20 s24
;;=  >   0  i32.const 7 -> s28
;;=      3  call_ref s0, type 0, delta 28
;;=      8  return header at that cell 4
;;= func 1 $tail: params 8, frame 36, references s0 s16 s20 s24 s28
;;=  >   0  br_on_null s0, @41
;;=      3  i32.copy s4 -> s32
;;=      6  return_call_ref s0, type 0, header 8, delta 32
;;=  >  12  return.i32 0, header at that cell 8
;;= func 2 $some: params 4, frame 28, references s0 s12 s16 s20 s24
;;=  >   0  br_on_null s0, @61
;;=      3  ref.copy s0 -> s12
;;=      6  result.ref s12, result 0
;;=      9  return header at that cell 4
;;=  >  10  unreachable
;;= func 3 $check: params 4, frame 28, references s0 s12 s16 s20 s24
;;=  >   0  ref.as_non_null s0
;;=      2  call_ref s0, type 1, delta 28
;;=      7  return header at that cell 4
