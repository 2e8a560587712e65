;; needs: far-memory
(module (memory 2) (func (export "run") (result i32) (i32.store offset=70000 (i32.const 0) (i32.const 7)) (i32.load offset=69996 (i32.const 4))))
