;; Vectors: rotations of lanes, constants, loads and stores, a shared memory.
(module (memory 1) (memory $shared 1 1 shared)
  (func (param v128) (result v128)
    (v128.or (i32x4.shl (local.tee 0 (v128.not (local.get 0))) (i32.const 7)) (i32x4.shr_u (local.get 0) (i32.const 25))))
  (func (param v128) (local v128)
    (local.set 1 (v128.or (i32x4.shr_u (local.get 0) (i32.const 12)) (i32x4.shl (local.get 0) (i32.const 20)))))
  (func (param v128) (result v128)
    (v128.or (i32x4.shl (local.get 0) (i32.const 8)) (i32x4.shr_u (local.get 0) (i32.const 25))))
  (func (param i32 v128) (result v128)
    (v128.store offset=16 (local.get 0) (i32x4.add (local.get 1) (v128.load (local.get 0))))
    (v128.load32_splat (i32.add (local.get 0) (i32.const 4))))
  (func (param i32 v128) (result v128)
    (v128.store $shared (local.get 0) (local.get 1))
    (v128.load $shared (i32.add (local.get 0) (i32.const 4)))))
;;= func 0: params 16, frame 60
;;=  >   0  v128.not s0 -> s0+v0
;;=      3  i32x4.rotl v0, 7 -> v0
;;=      5  return header at that cell 16
;;= func 1: params 16, frame 76
;;=  >   0  i32x4.rotl s0, 20 -> s24+v0
;;=      4  return header at that cell 16
;;= func 2: params 16, frame 60
;;=  >   0  i32x4.shl s0, 8 -> s24+v0
;;=      4  i32x4.shr_u s0, 25 -> v0
;;=      7  v128.or v0, s24 -> v0
;;=      9  return header at that cell 16
;;= func 3: params 20, frame 64
;;=  >   0  v128.load s0, +0 -> v0
;;=      3  i32x4.add v0, s4 -> v0
;;=      5  v128.store s0, +16, v0
;;=      8  i32.add s0, 4 -> r0
;;=     11  v128.load32_splat r0, +0 -> v0
;;=     13  return header at that cell 20
;;= func 4: params 20, frame 48
;;=  >   0  i64.extend_i32_u s0 -> r0
;;=      2  i64.store.shared.far r0, memory 1, +8, s12
;;=      9  i64.extend_i32_u s0 -> r0
;;=     11  i64.store.shared.far r0, memory 1, +0, s4
;;=     18  i32.add s0, 4 -> s28+r0
;;=     22  i64.extend_i32_u s28 -> r0
;;=     24  i64.load.shared.far r0, memory 1, +8 -> r0
;;=     30  i64.copy r0 -> s36
;;=     32  i64.extend_i32_u s28 -> r0
;;=     34  i64.load.shared.far r0, memory 1, +0 -> r0
;;=     40  i64.copy r0 -> s28
;;=     42  return.v128 s28, header at that cell 20
