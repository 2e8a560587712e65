;; needs: reference-types function-references gc
(module (func (export "run") (result i32) (i31.get_u (ref.i31 (i32.const 7)))))
