;; The sieve of Eratosthenes in a memory with 64-bit addresses: `primes` counts the primes below a number. One byte a number; the memory grows to
;; what that takes, beyond 4 GiB if the host lets it.
(module
  (memory (export "memory") i64 1)

  ;; Grows the memory to hold `bytes`; traps if there are not so many.
  (func $reserve (param $bytes i64) (local $pages i64)
    (local.set $pages
      (i64.sub (i64.shr_u (i64.add (local.get $bytes) (i64.const 65535)) (i64.const 16)) (memory.size)))
    (if (i64.gt_s (local.get $pages) (i64.const 0)) (then
      (if (i64.eq (memory.grow (local.get $pages)) (i64.const -1)) (then unreachable)))))

  ;; Marks the multiples of a prime from its square on.
  (func $strike (param $prime i64) (param $end i64) (local $at i64)
    (local.set $at (i64.mul (local.get $prime) (local.get $prime)))
    (block $done
      (loop $next
        (br_if $done (i64.ge_u (local.get $at) (local.get $end)))
        (i64.store8 (local.get $at) (i64.const 1))
        (local.set $at (i64.add (local.get $at) (local.get $prime)))
        (br $next))))

  ;; How many primes there are below `end`.
  (func (export "primes") (param $end i64) (result i64) (local $number i64) (local $count i64)
    (call $reserve (local.get $end))
    (memory.fill (i64.const 0) (i32.const 0) (local.get $end))
    (local.set $number (i64.const 2))
    (block $done
      (loop $next
        (br_if $done (i64.ge_u (local.get $number) (local.get $end)))
        (if (i64.eqz (i64.load8_u (local.get $number))) (then
          (local.set $count (i64.add (local.get $count) (i64.const 1)))
          ;; The square of a larger number would not fit in 64 bits, and is beyond the end.
          (if (i64.lt_u (local.get $number) (i64.const 0x1_0000_0000)) (then
            (call $strike (local.get $number) (local.get $end))))))
        (local.set $number (i64.add (local.get $number) (i64.const 1)))
        (br $next)))
    (local.get $count)))
