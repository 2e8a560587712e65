;; needs: i64 floats
;; Only an instruction on slots says it.
(module (func (param f32) (local f32) (local.set 1 (f32.mul (local.get 0) (local.get 0)))) (func (export "run") (result i32) (i32.const 7)))
