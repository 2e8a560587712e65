;; options: canonicalize-nans
;; What is about bits leaves the bits of a NaN as they are: canonicalising it once changed the sign and the payload (found by the differential run, seed 100073).
(module (func (param f32 f64) (result i64)
    (local.set 0 (f32.copysign (f32.neg (local.get 0)) (f32.abs (f32.reinterpret_i32 (i32.const -1)))))
    (local.set 1 (f64.copysign (f64.neg (local.get 1)) (f64.abs (f64.reinterpret_i64 (i64.const -1)))))
    (i64.add (i64.reinterpret_f64 (local.get 1)) (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0))))))
;;= func 0: params 12, frame 36
;;=  >   0  f32.neg s0 -> f0
;;=      2  i32.const -1 -> s24
;;=      5  f32.copy f0 -> s20
;;=      7  f32.reinterpret_i32 s24 -> f0
;;=      9  f32.abs f0 -> f0
;;=     10  f32.copysign s20, f0 -> f0
;;=     12  f32.copy f0 -> s0
;;=     14  f64.neg s4 -> f0
;;=     16  i64.const -1 -> s28
;;=     19  f64.copy f0 -> s20
;;=     21  f64.reinterpret_i64 s28 -> f0
;;=     23  f64.abs f0 -> f0
;;=     24  f64.copysign s20, f0 -> f0
;;=     26  f64.copy f0 -> s4
;;=     28  i64.reinterpret_f64 f0 -> r0
;;=     29  i64.copy r0 -> s20
;;=     31  i32.reinterpret_f32 s0 -> r0
;;=     33  i64.extend_i32_u r0 -> r0
;;=     34  i64.add r0, s20 -> r0
;;=     36  return header at that cell 12
