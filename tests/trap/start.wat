(module $starting (func $init unreachable) (start $init) (func (export "run")))
;;= unreachable
;;= wasm backtrace:
;;=     0:     0x24 - starting!init
