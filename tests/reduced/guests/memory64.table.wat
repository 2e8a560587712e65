;; needs: i64 far-memory memory64
;; Only the records say it.
(module (table i64 1 funcref) (func (export "run") (result i32) (i32.const 7)))
