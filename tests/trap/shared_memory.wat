(module (memory 1 2 shared)
  (func $run (export "run")
    (i32.store (i32.const 65532) (i32.const 7))
    (drop (memory.grow (i32.const 1)))
    (i32.store (i32.const 65536) (i32.load (i32.const 65532)))
    (memory.fill (i32.const 131000) (i32.const 1) (i32.const 73))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x4b - <unknown>!run
