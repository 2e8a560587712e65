;; A local is pushed, then written before its old value is used: results written straight into locals must not change what was pushed.
(module
  (func (export "tee") (param $x i32) (result i32) (i32.sub (local.get $x) (local.tee $x (i32.add (local.get $x) (i32.const 5)))))
  (func (export "set") (param $x i64) (param $y i64) (result i64) (local i64)
    (local.get $x) (local.get $x) (local.set $x (i64.mul (local.get $y) (i64.const 3))) (local.set $y (local.get $x)) (i64.sub) (i64.add (local.get $x)))
  (func (export "block") (param $x i32) (result i32)
    (local.get $x) (block (param i32) (result i32) (local.set $x (i32.const 9)) (br_if 0 (i32.const 1)) (drop) (i32.const 4)) (i32.add (local.get $x)))
  (func $two (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
  (func (export "call") (param $x i32) (result i32)
    (local.get $x) (call $two (local.get $x) (local.tee $x (i32.const 7))) (local.set $x) (i32.mul (i32.const 10)) (i32.sub) (i32.xor (local.get $x))))
