;; options: canonicalize-nans
(module (func $f (param $a f32) (param $b f64) (result f64)
    (local.set $a (f32.add (local.get $a) (local.get $a))) (f64.min (local.get $b) (f64.promote_f32 (local.get $a)))))
;;= func 0 $f: params 12, frame 36
;;=  >   0  f32.add s0, s0 -> f0
;;=      3  f32.canonicalize_nan f0 -> f0
;;=      4  f32.copy f0 -> s0
;;=      6  f64.promote_f32 f0 -> f0
;;=      7  f64.canonicalize_nan f0 -> f0
;;=      8  f64.min s4, f0 -> f0
;;=     10  f64.canonicalize_nan f0 -> f0
;;=     11  return header at that cell 12
