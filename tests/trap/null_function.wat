(module (type $t (func))
  (func $run (export "run") (call_ref $t (ref.null $t))))
