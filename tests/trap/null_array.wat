(module
  (func $run (export "run") (drop (array.len (ref.null array)))))
