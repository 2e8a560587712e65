;; needs: extended-const
(module (global $seven i32 (i32.add (i32.const 3) (i32.const 4))) (func (export "run") (result i32) (global.get $seven)))
