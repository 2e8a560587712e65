;; needs: bulk-memory
(module (memory 1) (func (export "run") (result i32) (memory.fill (i32.const 8) (i32.const 7) (i32.const 2)) (i32.load8_u (i32.const 9))))
