;; Constants of floats are immediates on either side; a comparison with one on the left is turned round.
(module (memory 1) (func $f (param $a f64) (param $b f32) (param $p i32) (result f64)
    (local.set $a (f64.sub (f64.const 1) (f64.mul (local.get $a) (f64.const 0.5))))
    (local.set $b (f32.div (f32.const -2) (f32.add (local.get $b) (f32.const 0.25))))
    (local.set $a (f64.add (f64.const 1) (f64.const 2)))
    (if (f64.lt (f64.const 3) (local.get $a)) (then (return (f64.min (local.get $a) (f64.const 1)))))
    (if (f32.eq (f32.const 3) (local.get $b)) (then (return (f64.const 7))))
    ;; The sum of the address is taken back, and the product before it writes its home itself.
    (f64.add (f64.mul (local.get $a) (local.get $a)) (f64.load (i32.add (local.get $p) (i32.const 8))))))
;;= func 0 $f: params 16, frame 48
;;=  >   0  f64.mul s0, 0.5 -> f0
;;=      6  f64.sub 1.0, f0 -> s0+f0
;;=     12  f32.add s8, 0.25 -> f0
;;=     16  f32.div -2.0, f0 -> s8+f0
;;=     20  i64.const 4611686018427387904 -> s32
;;=     26  f64.add 1.0, s32 -> s0+f0
;;=     33  br_unless.f64.gt f0, 3.0, @60
;;=     39  i64.const 4607182418800017408 -> s32
;;=     45  f64.min f0, s32 -> f0
;;=     47  return header at that cell 16
;;=  >  48  br_if.f32.ne s8, 3.0, @73
;;=     53  i64.const 4619567317775286272 -> s24
;;=     59  return.f64 s24, header at that cell 16
;;=  >  61  f64.mul s0, s0 -> s24+f0
;;=     65  f64.load.sum s12, 8, +0 -> f0
;;=     69  f64.add s24, f0 -> f0
;;=     71  return header at that cell 16
