(module (import "env" "g" (global $i (mut i64))) (global $a (mut i32) (i32.const 1)) (global $f (mut f32) (f32.const 1))
  (func $f (global.set $a (i32.add (global.get $a) (i32.const 1))) (global.set $i (i64.add (global.get $i) (i64.const 1)))
    (global.set $f (f32.sqrt (global.get $f)))))
;;= func 0 $f: params 0, frame 24
;;=  >   0  i32.global.get own-global 0 -> r0
;;=      2  i32.add r0, 1 -> r0
;;=      4  i32.global.set own-global 0, r0
;;=      6  i64.global.get.far global 0 -> s8
;;=     10  i64.add s8, 1 -> s8+r0
;;=     14  i64.global.set.far global 0, s8
;;=     18  f32.global.get own-global 1 -> f0
;;=     20  f32.sqrt f0 -> f0
;;=     21  f32.global.set own-global 1, f0
;;=     23  return header at that cell 0
