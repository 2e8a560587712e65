(module (memory $near i64 1) (memory $far 1) (data $d "abc") (table $t i64 2 funcref) (table $u 2 funcref) (type $v (func))
  (func $access (param $p i64) (param $q i64)
    (i32.store8 offset=3 (local.get $p) (i32.load16_s offset=0x123456789 (local.get $p)))
    (i64.store (local.get $p) (i64.load offset=8 (i64.add (local.get $p) (local.get $q))))
    (f64.store offset=70000 (local.get $p) (f64.load (i64.const 16)))
    (drop (i32.load (i64.add (local.get $p) (i64.const 0x123456789)))))
  (func $bulk (param $p i64)
    (memory.copy $near $far (i64.const 1) (i32.const 2) (i32.const 3)) (memory.copy $far $near (i32.const 1) (local.get $p) (i32.const 3))
    (memory.copy $near $near (local.get $p) (i64.const 2) (i64.const 3)) (memory.fill (local.get $p) (i32.const 0) (i64.const 9))
    (memory.init $near $d (i64.const 0) (i32.const 0) (i32.const 1)) (drop (memory.grow (memory.size))))
  (func $tables (param $p i64)
    (table.set $t (local.get $p) (table.get $t (i64.const 1))) (table.copy $t $u (local.get $p) (i32.const 0) (i32.const 1))
    (call_indirect $t (type $v) (local.get $p)) (return_call_indirect $t (type $v) (i64.const 1))))
;;= func 0 $access: params 16, frame 48
;;=  >   0  i64.copy s0 -> r0
;;=      2  i32.load16_s.far.memory64 r0, memory 0, +4886718345 -> r0
;;=      8  i32.store8.memory64 s0, +3, r0
;;=     11  i64.load.sum.memory64 s0, s8, +8 -> r0
;;=     15  i64.store.memory64 s0, +0, r0
;;=     18  f64.load.memory64 16 -> s32+f0
;;=     22  i64.store.far.memory64 s0, memory 0, +70000, s32
;;=     30  i64.add s0, 4886718345 -> r0
;;=     36  i32.load.memory64 r0, +0 -> r0
;;=     38  return header at that cell 16
;;= func 1 $bulk: params 8, frame 40
;;=  >   0  i32.const 3 -> s28
;;=      3  i32.const 2 -> s24
;;=      6  i64.const 1 -> s16
;;=      9  memory.copy.memory64.from32 memory 0, memory 1, s16, s24, s28
;;=     15  i32.const 3 -> s28
;;=     18  i32.const 1 -> s16
;;=     21  memory.copy.memory64.to32 memory 1, memory 0, s16, s0, s28
;;=     27  i64.const 3 -> s32
;;=     30  i64.const 2 -> s24
;;=     33  memory.copy.memory64 memory 0, memory 0, s0, s24, s32
;;=     39  i64.const 9 -> s28
;;=     42  i32.const 0 -> s24
;;=     45  memory.fill.memory64 memory 0, s0, s24, s28
;;=     50  i32.const 1 -> s28
;;=     53  i32.const 0 -> s24
;;=     56  i64.const 0 -> s16
;;=     59  memory.init.memory64 memory 0, data 0, s16, s24, s28
;;=     66  memory.size.memory64 memory 0 -> r0
;;=     68  memory.grow.memory64 memory 0, r0 -> r0
;;=     70  return header at that cell 8
;;= func 2 $tables: params 8, frame 48, references s16 s20 s24 s28
;;=  >   0  i64.const 1 -> s40
;;=      3  table.get.table64 table 0, s40 -> s16
;;=      7  table.set.table64 table 0, s0, s16
;;=     11  i32.const 1 -> s44
;;=     14  i32.const 0 -> s40
;;=     17  table.copy.table64.from32 table 0, table 1, s0, s40, s44
;;=     23  call_indirect.table64 s0, table 0, type 0, delta 32
;;=     29  i64.const 1 -> s32
;;=     32  return_call_indirect.table64 s32, table 0, type 0, header 8, delta 32
