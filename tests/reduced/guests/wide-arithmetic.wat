;; needs: i64 wide-arithmetic
(module (func (export "run") (result i32) (local i64) (i64.add128 (i64.const 3) (i64.const 0) (i64.const 4) (i64.const 0)) (local.set 0) (i32.wrap_i64)))
