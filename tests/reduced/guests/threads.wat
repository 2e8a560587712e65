;; needs: i64 threads
(module (memory 1 1 shared) (func (export "run") (result i32) (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 7))) (i32.load (i32.const 16))))
