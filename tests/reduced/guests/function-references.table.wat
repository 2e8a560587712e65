;; needs: reference-types function-references
;; Only the records say it.
(module (table 1 anyref) (func (export "run") (result i32) (i32.const 7)))
