;; Calls the host, directly, through a table and as a tail call, from several depths.
(module
  (type $mix (func (param i32 i64) (result i32)))
  (import "board" "mix" (func $mix (type $mix)))
  (table 1 funcref)
  (elem (i32.const 0) $mix)
  (func $tail (param i32) (result i32) (return_call $mix (local.get 0) (i64.const 3)))
  (func $deep (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (call $mix (local.get 0) (i64.const 1))))
      (else (call_indirect (type $mix) (i32.const 4) (i64.const 5) (i32.const 0)))))
  (func (export "run") (result i32) (i32.add (call $deep (i32.const 20)) (call $tail (i32.const 9)))))
