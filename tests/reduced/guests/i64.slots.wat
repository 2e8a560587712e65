;; needs: i64
;; Only an instruction on slots says it.
(module (func (param i64) (local i64) (local.set 1 (i64.add (local.get 0) (local.get 0)))) (func (export "run") (result i32) (i32.const 7)))
