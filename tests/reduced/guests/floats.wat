;; needs: i64 floats
(module (func (export "run") (result i32) (local f32) (local.set 0 (f32.const 3.5)) (i32.trunc_sat_f32_s (f32.mul (local.get 0) (f32.const 2)))))
