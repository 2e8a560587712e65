;; Many parameters and results for the host, as many as it takes; a branch table; select; an access out of bounds at the end.
(module
  (import "board" "wide" (func $wide (param i64 i64 i64 i64 i64 i64 i64 i64 i32 i32 i32 i32) (result i64 i64 i64 i64)))
  (memory 16 16 (pagesize 1))
  (func (export "run") (result i32)
    (local $i i32)
    (block $out (block $two (block $one
      (br_table $one $two $out (i32.const 1))) (return (i32.const 1))) (nop))
    (call $wide (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)
      (i32.const 9) (i32.const 10) (i32.const 11) (i32.const 12))
    (drop) (drop) (drop) (drop)
    (i32.load offset=14 (select (local.get $i) (i32.const 3) (i32.const 1)))))
