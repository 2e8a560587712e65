;; Operators that are functions of the compiler's library on small processors, with 64 bits and floats; globals; many results.
(module
  (global $sum (mut f64) (f64.const 0.5))
  (func $three (param i64) (result i64 f64 f32) (local.get 0) (f64.convert_i64_s (local.get 0)) (f32.const 2.5))
  (func (export "run") (result i32)
    (local $i i64) (local $d f64) (local $f f32)
    (loop $again
      (call $three (i64.div_u (i64.const 1000000007) (i64.add (local.get $i) (i64.const 1))))
      (local.set $f) (local.set $d) (local.set $i)
      (global.set $sum (f64.add (global.get $sum) (f64.sqrt (f64.mul (local.get $d) (f64.promote_f32 (local.get $f))))))
      (global.set $sum (f64.nearest (f64.div (global.get $sum) (f64.const 1.25))))
      (local.set $i (i64.rem_s (i64.mul (local.get $i) (i64.const 6364136223846793005)) (i64.const 1000)))
      (br_if $again (i64.gt_s (local.get $i) (i64.const 3))))
    (drop (i64.trunc_sat_f64_u (global.get $sum)))
    (i32.trunc_f64_s (f64.div (global.get $sum) (f64.const 0)))))
