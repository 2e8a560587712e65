;; Two operations in a row are one instruction where a row does the work of two.
(module (func $ints (param $a i32) (param $b i32) (result i32)
    (local.set $a (i32.add (i32.shl (local.get $a) (i32.const 2)) (local.get $b)))
    (local.set $b (i32.xor (local.get $a) (i32.shr_u (local.get $b) (i32.const 7))))
    ;; A chain takes part in no further one; a wide constant has no form.
    (local.set $a (i32.add (i32.add (i32.add (local.get $a) (local.get $b)) (i32.const 1)) (local.get $a)))
    (local.set $b (i32.and (i32.shr_u (local.get $a) (i32.const 3)) (i32.const 0x10ffff)))
    ;; What is subtracted is not the left operand.
    (i32.sub (local.get $a) (i32.mul (local.get $b) (i32.const 3))))
  (func $longs (param $a i64) (param $b i64) (result i64)
    (i64.xor (i64.rotl (local.get $a) (i64.const 13)) (local.get $b)))
  (func $floats (param $a f64) (param $b f64) (result f64)
    (local.set $a (f64.add (local.get $b) (f64.mul (local.get $a) (local.get $b))))
    (f64.sub (f64.mul (local.get $a) (local.get $b)) (f64.sub (local.get $a) (local.get $b)))))
;;= func 0 $ints: params 8, frame 28
;;=  >   0  i32.shl+add s0, 2, s4 -> s0+r0
;;=      5  i32.shr_u+xor s4, 7, s0 -> s4+r0
;;=     10  i32.add+add r0, s0, 1 -> r0
;;=     13  i32.add r0, s0 -> s0+r0
;;=     16  i32.shr_u r0, 3 -> r0
;;=     18  i32.and r0, 1114111 -> s4+r0
;;=     22  i32.mul r0, 3 -> r0
;;=     24  i32.sub s0, r0 -> r0
;;=     26  return header at that cell 8
;;= func 1 $longs: params 16, frame 40
;;=  >   0  i64.rotl+xor s0, 13, s8 -> r0
;;=      4  return header at that cell 16
;;= func 2 $floats: params 16, frame 48
;;=  >   0  f64.mul+add s0, s8, s8 -> s0+f0
;;=      5  f64.mul f0, s8 -> s24+f0
;;=      8  f64.sub s0, s8 -> f0
;;=     11  f64.sub s24, f0 -> f0
;;=     13  return header at that cell 16
