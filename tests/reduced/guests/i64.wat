;; needs: i64
(module (func (export "run") (result i32) (local i64) (local.set 0 (i64.const 0x1_0000_0003)) (i32.wrap_i64 (i64.add (local.get 0) (i64.const 4)))))
