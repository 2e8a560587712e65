;; needs: i64 threads
;; Only the records say it.
(module (memory 1 1 shared) (func (export "run") (result i32) (i32.const 7)))
