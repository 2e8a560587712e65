;; needs: reference-types function-references exceptions
;; Only the records say it.
(module (tag (param i32)) (func (export "run") (result i32) (i32.const 7)))
