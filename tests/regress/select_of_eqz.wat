;; The condition of a select is a comparison with zero of the value that it may give: wasmi 2.0.0 always gives the first value.
(module
  (func (export "guard") (param $x i32) (result i32) (select (i32.const 1) (local.get $x) (i32.eqz (local.get $x))))
  (func (export "divide") (param $x i32) (param $y i32) (result i32)
    (local.set $y (select (i32.const 1) (local.get $y) (i32.eqz (local.get $y)))) (i32.rem_s (local.get $x) (local.get $y))))
