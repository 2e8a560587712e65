(module (memory $s 1 4 shared) (memory $w i64 1 4 shared) (memory $p 1) (data $d "abc")
  (func $plain (param $p i32) (param $q i64)
    (i32.store8 offset=3 (local.get $p) (i32.load16_s offset=8 (i32.add (local.get $p) (i32.const 4))))
    (f64.store (i32.const 16) (f64.load offset=70000 (local.get $p)))
    (i64.store $w (local.get $q) (i64.load $w offset=8 (i64.const 3))))
  (func $bulk (param $p i32)
    (memory.copy $s $p (i32.const 1) (i32.const 2) (i32.const 3)) (memory.copy $w $s (i64.const 1) (local.get $p) (i32.const 3))
    (memory.fill $s (local.get $p) (i32.const 0) (i32.const 9)) (memory.init $w $d (i64.const 0) (i32.const 0) (i32.const 1))
    (drop (memory.grow $s (memory.size $s))))
  (func $atomic (param $p i32) (param $q i64)
    (i32.atomic.store offset=4 (local.get $p) (i32.atomic.rmw8.add_u (i32.const 8) (i32.const 1)))
    (drop (i64.atomic.rmw.cmpxchg $w (local.get $q) (i64.const 1) (i64.const 2)))
    (drop (memory.atomic.wait32 (local.get $p) (i32.const 0) (i64.const -1)))
    (drop (memory.atomic.notify $p (local.get $p) (i32.const 1))) (atomic.fence)))
;;= func 0 $plain: params 12, frame 36
;;=  >   0  i32.add s0, 4 -> r0
;;=      3  i32.load16_s.shared r0, +8 -> r0
;;=      5  i32.store8.shared s0, +3, r0
;;=      8  i64.extend_i32_u s0 -> r0
;;=     10  f64.load.shared.far r0, memory 0, +70000 -> f0
;;=     16  f64.store.shared 16, f0
;;=     19  i64.const 3 -> r0
;;=     21  i64.load.shared.far r0, memory 1, +8 -> r0
;;=     27  i64.copy r0 -> s28
;;=     29  i64.copy s4 -> r0
;;=     31  i64.store.shared.far r0, memory 1, +0, s28
;;=     38  return header at that cell 12
;;= func 1 $bulk: params 4, frame 28
;;=  >   0  i32.const 3 -> s20
;;=      3  i32.const 2 -> s16
;;=      6  i32.const 1 -> s12
;;=      9  memory.copy.shared memory 0, memory 2, s12, s16, s20
;;=     15  i32.const 3 -> s24
;;=     18  i64.const 1 -> s12
;;=     21  memory.copy.shared.memory64.from32 memory 1, memory 0, s12, s0, s24
;;=     27  i32.const 9 -> s20
;;=     30  i32.const 0 -> s16
;;=     33  memory.fill.shared memory 0, s0, s16, s20
;;=     38  i32.const 1 -> s24
;;=     41  i32.const 0 -> s20
;;=     44  i64.const 0 -> s12
;;=     47  memory.init.shared.memory64 memory 1, data 0, s12, s20, s24
;;=     54  memory.size.shared memory 0 -> r0
;;=     56  memory.grow.shared memory 0, r0 -> r0
;;=     58  return header at that cell 4
;;= func 2 $atomic: params 12, frame 44
;;=  >   0  i32.const 1 -> s28
;;=      3  i64.const 8 -> r0
;;=      5  i32.atomic.rmw8.add_u r0, memory 0, +0, s28 -> r0
;;=     12  i32.copy r0 -> s24
;;=     14  i64.extend_i32_u s0 -> r0
;;=     16  i32.atomic.store r0, memory 0, +4, s24
;;=     23  i64.const 2 -> s36
;;=     26  i64.const 1 -> s28
;;=     29  i64.copy s4 -> r0
;;=     31  i64.atomic.rmw.cmpxchg r0, memory 1, +0, s28, s36 -> r0
;;=     39  i64.const -1 -> s28
;;=     42  i32.const 0 -> s24
;;=     45  i64.extend_i32_u s0 -> r0
;;=     47  memory.atomic.wait32 r0, memory 0, +0, s24, s28 -> r0
;;=     55  i32.const 1 -> s24
;;=     58  i64.extend_i32_u s0 -> r0
;;=     60  memory.atomic.notify r0, memory 2, +0, s24 -> r0
;;=     67  atomic.fence
;;=     68  return header at that cell 12
