;; Exceptions: thrown, and caught so many frames above, again and again.
(module
  (tag $stop (param i32))
  ;; Calls itself so many times, then throws.
  (func $down (param $frames i32) (param $value i32) (result i32)
    (if (i32.eqz (local.get $frames)) (then (throw $stop (local.get $value))))
    (i32.add (call $down (i32.sub (local.get $frames) (i32.const 1)) (local.get $value)) (i32.const 1)))

  ;; `rounds` times: throws through so many frames, and catches. The sum of what was thrown.
  (func (export "run") (param $frames i32) (param $rounds i32) (result i32)
    (local $sum i32)
    (loop $next
      (block $caught (result i32)
        (try_table (catch $stop $caught)
          (drop (call $down (local.get $frames) (local.get $rounds))))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
)
