(module (func $f (param $a i32) (result i32)
    (block $b (result i32) (br $b (local.get $a)) (i32.add) (drop (f64.const 1)) (unreachable))
    (return) (loop (br 0))))
;;= func 0 $f: params 4, frame 16
;;=  >   0  i32.copy s0 -> s12
;;=      3  br @17
;;=  >   5  return.i32 s12, header at that cell 4
