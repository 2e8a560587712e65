;; needs: i64 floats simd relaxed-simd
;; The only relaxed operator that has an instruction of its own: the others are exactly others.
(module (func (export "run") (result i32) (local v128) (local.set 0 (v128.const i8x16 1 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0))
  (i16x8.extract_lane_s 0 (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (v128.const i8x16 3 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0)))))
