(module (memory $near 1) (memory $far 1) (data $d "abc")
  (func $f (param $p i32)
    (i32.store8 offset=3 (local.get $p) (i32.load16_s offset=70000 (local.get $p)))
    (f64.store $far (local.get $p) (f64.load $far offset=8 (local.get $p)))
    (memory.copy $near $far (i32.const 1) (i32.const 2) (i32.const 3)) (memory.fill (local.get $p) (i32.const 0) (i32.const 9))
    (memory.init $near $d (i32.const 0) (i32.const 0) (local.get $p)) (data.drop $d) (drop (memory.grow (memory.size)))))
;;= func 0 $f: params 4, frame 24
;;=  >   0  i32.copy s0 -> r0
;;=      2  i32.load16_s.far r0, memory 0, +70000 -> r0
;;=      6  i32.store8 s0, +3, r0
;;=      9  i32.copy s0 -> r0
;;=     11  f64.load.far r0, memory 1, +8 -> f0
;;=     15  f64.copy f0 -> s16
;;=     17  i64.store.far s0, memory 1, +0, s16
;;=     23  i32.const 3 -> s20
;;=     26  i32.const 2 -> s16
;;=     29  i32.const 1 -> s12
;;=     32  memory.copy memory 0, memory 1, s12, s16, s20
;;=     38  i32.const 9 -> s20
;;=     41  i32.const 0 -> s16
;;=     44  memory.fill memory 0, s0, s16, s20
;;=     49  i32.const 0 -> s16
;;=     52  i32.const 0 -> s12
;;=     55  memory.init memory 0, data 0, s12, s16, s0
;;=     62  data.drop data 0
;;=     65  memory.size memory 0 -> r0
;;=     67  memory.grow memory 0, r0 -> r0
;;=     69  return header at that cell 4
