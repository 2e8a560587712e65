;; A branch on whether two values have a bit in common; a conjunction that is used otherwise stays.
(module (func $f (param $a i32) (param $b i32) (result i32)
    (block $out
      (br_if $out (i32.and (local.get $a) (i32.const 4)))
      (br_if $out (i32.eqz (i32.and (local.get $a) (local.get $b))))
      (br_if $out (i32.eqz (i32.eqz (i32.and (local.get $b) (i32.const 70000)))))
      (if (i32.and (i32.add (local.get $a) (i32.const 1)) (local.get $b)) (then (return (i32.const 1))))
      (br_if $out (local.tee $a (i32.and (local.get $a) (local.get $b))))
      (br_if $out (i64.eqz (i64.extend_i32_u (i32.and (local.get $a) (i32.const 1))))))
    (i32.const 0)))
;;= func 0 $f: params 8, frame 24
;;=  >   0  br_if.i32.and s0, 4, @45
;;=      4  br_unless.i32.and s0, s4, @45
;;=      8  i32.and s4, 70000 -> r0
;;=     12  br_unless.i32.eqz r0, @45
;;=     14  i32.add+and s0, 1, s4 -> r0
;;=     18  br_if.i32.eqz r0, @34
;;=     20  return.i32 1, header at that cell 8
;;=  >  22  i32.and s0, s4 -> s0+r0
;;=     26  br_unless.i32.eqz r0, @45
;;=     28  i32.and r0, 1 -> r0
;;=     30  i64.extend_i32_u r0 -> r0
;;=     31  br_if.i64.eqz r0, @45
;;=  >  33  return.i32 0, header at that cell 8
