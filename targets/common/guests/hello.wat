;; What `hello` runs on every board: prints a greeting and a number it has computed. Memory is counted in bytes, so that it fits
;; a board with 16 KB of RAM.
(module
  (import "board" "print" (func $print (param i32 i32)))
  (memory (export "memory") 64 64 (pagesize 1))
  (data (i32.const 0) "hello from WebAssembly: fib(20) = ")

  (func (export "run") (result i32)
    (call $print (i32.const 0) (i32.const 34))
    (call $print_number (call $fib (i32.const 20)))
    (i32.const 0)) ;; the exit code

  (func $fib (param $n i32) (result i32)
    (if (result i32) (i32.lt_u (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else (i32.add
        (call $fib (i32.sub (local.get $n) (i32.const 1)))
        (call $fib (i32.sub (local.get $n) (i32.const 2)))))))

  ;; Writes digits from the end of the memory down, in front of a line end.
  (func $print_number (param $number i32)
    (local $address i32)
    (local.set $address (i32.const 63))
    (i32.store8 (local.get $address) (i32.const 10))
    (loop $next
      (local.set $address (i32.sub (local.get $address) (i32.const 1)))
      (i32.store8 (local.get $address)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (br_if $next (local.get $number)))
    (call $print (local.get $address) (i32.sub (i32.const 64) (local.get $address)))))
