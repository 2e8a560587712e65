;; Constants at the ends of each width of immediate, on either side of operators that do and do not commute.
(module
  (func (export "i32") (param $x i32) (result i32 i32 i32 i32 i32 i32)
    (i32.add (local.get $x) (i32.const 32767)) (i32.add (local.get $x) (i32.const 32768)) (i32.sub (i32.const -32768) (local.get $x))
    (i32.sub (local.get $x) (i32.const -32769)) (i32.shl (i32.const 1) (local.get $x)) (i32.lt_u (local.get $x) (i32.const -1)))
  (func (export "i64") (param $x i64) (result i64 i64 i64 i64 i32 i32)
    (i64.add (local.get $x) (i64.const 32768)) (i64.sub (i64.const 0x80000000) (local.get $x)) (i64.and (local.get $x) (i64.const 0xffffffff))
    (i64.shr_s (local.get $x) (i64.const 65)) (i64.lt_s (i64.const -2147483649) (local.get $x)) (i64.gt_u (local.get $x) (i64.const -1)))
  (func (export "constants") (result i32 i64 i32 i32)
    (i32.add (i32.const 70000) (i32.const -5)) (i64.mul (i64.const 0x100000001) (i64.const 3)) (i32.shr_u (i32.const -1) (i32.const 33)) (i32.eqz (i32.const 0)))
  (func (export "divide") (param $x i32) (result i32 i32) (i32.div_s (local.get $x) (i32.const -1)) (i32.rem_s (local.get $x) (i32.const -1))))
