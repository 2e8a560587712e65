(module $m (func $inner unreachable)
  (func $outer (param i32) (if (local.get 0) (then (call $inner))))
  (func (export "run") (call $outer (i32.const 1))))
;;= unreachable
;;= wasm backtrace:
;;=     0:     0x26 - m!inner
;;=     1:     0x2e - m!outer
;;=     2:     0x36 - m!<wasm function 2>
