;; needs:
(module (func (export "run") (result i32) (i32.add (i32.const 3) (call $four))) (func $four (result i32) (i32.const 4)))
