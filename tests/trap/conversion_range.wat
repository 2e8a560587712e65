(module
  (func $run (export "run") (local f32) (local.set 0 (f32.const 1e20)) (drop (i32.trunc_f32_s (local.get 0)))))
;;= integer overflow
;;= wasm backtrace:
;;=     0:     0x2b - <unknown>!run
