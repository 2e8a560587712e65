(module
  (func $run (export "run") (drop (ref.as_non_null (ref.null func)))))
