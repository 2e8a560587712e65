;; needs: far-memory
;; Only the records say it.
(module (memory 1) (memory 1) (func (export "run") (result i32) (i32.const 7)))
