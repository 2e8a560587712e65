;; needs: reference-types function-references
(module (type $f (func (result i32))) (func $seven (type $f) (i32.const 7)) (elem declare func $seven) (func (export "run") (result i32) (call_ref $f (ref.func $seven))))
