;; The guest whose image `cargo xtask size` links. Integers only, so that every build can run it.
(module
  (import "host" "mix" (func $mix (param i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "run") (param $n i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (call $mix (local.get $sum) (i32.mul (local.get $i) (local.get $i))))
      (i32.store8 (local.get $i) (local.get $sum))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $sum)))
