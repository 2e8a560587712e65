;; needs: level-full
(module (func (export "run") (result i32) (local i32 i32)
  (loop $next
    (local.set 1 (i32.add (local.get 1) (i32.mul (local.get 0) (i32.const 3))))
    (br_if $next (i32.lt_s (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3))))
  (i32.sub (local.get 1) (i32.const 2))))
