;; needs: reference-types function-references
;; Only the records say it.
(module (rec (type (sub (func))) (type (sub 0 (func)))) (func (export "run") (result i32) (i32.const 7)))
