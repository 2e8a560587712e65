;; needs: reference-types function-references exceptions
(module (tag $e (param i32)) (func (export "run") (result i32) (block $caught (result i32) (try_table (catch $e $caught) (throw $e (i32.const 7))) (i32.const 0))))
