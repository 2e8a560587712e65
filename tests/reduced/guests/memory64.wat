;; needs: i64 far-memory memory64
(module (memory i64 1) (func (export "run") (result i32) (i32.store (i64.const 16) (i32.const 7)) (i32.load (i64.const 16))))
