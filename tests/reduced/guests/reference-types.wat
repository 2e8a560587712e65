;; needs: reference-types
(module (table 2 funcref) (func (export "run") (result i32) (if (result i32) (ref.is_null (table.get (i32.const 1))) (then (i32.const 7)) (else (i32.const 0)))))
