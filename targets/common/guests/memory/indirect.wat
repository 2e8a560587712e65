;; Calls through a table, some thousand times in turn, in depth to the end of the guest stack, and with a wrong type.
(module
  (type $of_one (func (param i32) (result i32)))
  (table 3 funcref)
  (elem (i32.const 0) $even $odd)
  (func $even (type $of_one)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1))
      (else (call_indirect (type $of_one) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
  (func $odd (type $of_one)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
      (else (call_indirect (type $of_one) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
  (func (export "run") (result i32)
    (local $i i32)
    (loop $again
      (drop (call_indirect (type $of_one) (i32.const 5) (i32.const 0)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))
    (call_indirect (type $of_one) (i32.const 1000000) (i32.const 0))))
