;; needs: i64 floats extended-const simd
;; Only the records say it.
(module (global v128 (v128.const i64x2 1 2)) (func (export "run") (result i32) (i32.const 7)))
