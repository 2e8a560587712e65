;; needs: metering
(module (func (export "run") (result i32) (local i32) (loop $next (br_if $next (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 7)))) (local.get 0)))
