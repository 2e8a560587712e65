;; needs: tail-call
(module (func (export "run") (result i32) (return_call $seven (i32.const 3))) (func $seven (param i32) (result i32) (i32.add (local.get 0) (i32.const 4))))
