;; Workers in threads: a guest that asks its host for threads of itself, each an instance in a store of its own with the same shared memory. They
;; count under a lock and with atomics, and the first waits for them. The lock has three states, as in Drepper, "Futexes Are Tricky".
;; Imports: "host"."memory"; "host"."spawn", which calls `thread` with a share of the work in a new thread. The host that does so is in
;; runtime/tests/threads.rs.
(module
  (import "host" "memory" (memory 1 4 shared))
  (import "host" "spawn" (func $spawn (param i32)))
  ;; 0: lock; 8: counted under it; 16: counted atomically; 24: threads that have ended
  (func $lock
    (if (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))) (then (return)))
    (loop $again
      (if (i32.eqz (i32.atomic.rmw.xchg (i32.const 0) (i32.const 2))) (then (return)))
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 2) (i64.const -1)))
      (br $again)))
  (func $unlock
    (if (i32.ne (i32.atomic.rmw.sub (i32.const 0) (i32.const 1)) (i32.const 1)) (then
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))))
  (func (export "thread") (param $locked i32) (param $added i32)
    (loop $again
      (call $lock)
      (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
      (call $unlock)
      (br_if $again (local.tee $locked (i32.sub (local.get $locked) (i32.const 1)))))
    (loop $again
      (drop (i64.atomic.rmw.add (i32.const 16) (i64.const 1)))
      (br_if $again (local.tee $added (i32.sub (local.get $added) (i32.const 1)))))
    (drop (i32.atomic.rmw.add (i32.const 24) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 24) (i32.const -1))))
  (func (export "main") (param $threads i32) (local $i i32) (local $ended i32)
    (loop $again
      (call $spawn (local.get $i))
      (br_if $again (i32.ne (local.get $threads) (local.tee $i (i32.add (local.get $i) (i32.const 1))))))
    (loop $again
      (local.set $ended (i32.atomic.load (i32.const 24)))
      (if (i32.ne (local.get $ended) (local.get $threads)) (then
        (drop (memory.atomic.wait32 (i32.const 24) (local.get $ended) (i64.const -1)))
        (br $again))))))
