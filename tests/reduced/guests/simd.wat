;; needs: i64 floats simd
(module (func (export "run") (result i32) (local v128) (local.set 0 (i32x4.splat (i32.const 3))) (i32x4.extract_lane 2 (i32x4.add (local.get 0) (v128.const i32x4 1 2 4 8)))))
