;; Read-only data that stay in the image (`sheave compile --rodata=0`): reads of all widths below, in and above them, and what traps.
;; The segment begins and ends off multiples of eight: what is in flash is from 64 up to 1056.
(module
  (import "board" "wrong" (func $wrong))
  (memory (export "memory") 1400 1500 (pagesize 1))
  (global $end (mut i32) (i32.const 1400))
  (data (i32.const 61)
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345"
    "abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz012345\80\81\82\83\84\85")
  (data (i32.const 1064) "above")
  (func $equal (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then (call $wrong))))
  (func $equal64 (param i64 i64) (if (i64.ne (local.get 0) (local.get 1)) (then (call $wrong))))
  ;; The sum of bytes, by computed addresses.
  (func $sum (param $at i32) (param $end i32) (result i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (local.get $sum))
  (func $run (export "run") (result i32)
    ;; Before, in and behind what is in flash.
    (call $equal (i32.load8_u (i32.const 61)) (i32.const 97))
    (call $equal (i32.load8_u (i32.const 63)) (i32.const 99))
    (call $equal (i32.load8_u (i32.const 64)) (i32.const 100))
    (call $equal (i32.load8_u offset=40 (i32.const 24)) (i32.const 100))
    (call $equal (i32.load16_u (i32.const 64)) (i32.const 0x6564))
    (call $equal (i32.load (i32.const 1052)) (i32.const 0x82818035))
    (call $equal64 (i64.load (i32.const 1048)) (i64.const 0x8281803534333231))
    (call $equal64 (i64.load16_s (i32.const 64)) (i64.const 0x6564))
    (call $equal64 (i64.load offset=1000 (i32.const 48)) (i64.const 0x8281803534333231))
    (call $equal (i32.load8_s (i32.const 1058)) (i32.const -123))
    (call $equal (i32.reinterpret_f32 (f32.load (i32.const 64))) (i32.const 0x67666564))
    (call $equal64 (i64.reinterpret_f64 (f64.load (i32.const 64))) (i64.const 0x6b6a696867666564))
    (call $equal (call $sum (i32.const 61) (i32.const 1059)) (i32.const 98433))
    (call $equal (i32.load8_u (i32.const 1064)) (i32.const 97))
    (call $equal (i32.load8_u (i32.const 1399)) (i32.const 0))
    ;; Writes below and above.
    (i32.store8 (i32.const 63) (i32.const 9))
    (i32.store (i32.const 1060) (i32.const 0x04030201))
    (i64.store offset=8 (i32.const 1384) (i64.const 0x0807060504030201))
    (call $equal (i32.load8_u (i32.const 63)) (i32.const 9))
    (call $equal (i32.load16_u (i32.const 1062)) (i32.const 0x0403))
    (call $equal (i32.load16_u (i32.const 1398)) (i32.const 0x0807))
    ;; Bulk operators, from flash to both parts of RAM.
    (memory.copy (i32.const 0) (i32.const 64) (i32.const 61))
    (call $equal (i32.load8_u (i32.const 60)) (i32.const 53))
    (memory.copy (i32.const 1100) (i32.const 96) (i32.const 32))
    (call $equal (i32.load (i32.const 1100)) (i32.const 0x67666564))
    (memory.fill (i32.const 1100) (i32.const 7) (i32.const 300))
    (call $equal (i32.load8_u (i32.const 1399)) (i32.const 7))
    (memory.copy (i32.const 10) (i32.const 1396) (i32.const 4))
    (call $equal (i32.load (i32.const 10)) (i32.const 0x07070707))
    (call $equal (memory.size) (i32.const 1400))
    ;; The arena has no room to grow, where it is as small as can be.
    (if (i32.eq (memory.grow (i32.const 100)) (i32.const 1400)) (then
      (call $equal (memory.size) (i32.const 1500))
      (call $equal (i32.load8_u (i32.const 1399)) (i32.const 7))
      (i32.store (i32.const 1496) (i32.const 5))
      (call $equal (i32.load (i32.const 1496)) (i32.const 5))
      (global.set $end (i32.const 1500))))
    ;; Nothing has changed in flash.
    (call $equal (call $sum (i32.const 64) (i32.const 1056)) (i32.const 97743))
    (i32.const 7))
  ;; The same where there is room.
  (func (export "grown") (call $equal (call $run) (i32.const 7)) (call $equal (global.get $end) (i32.const 1500)))
  (func (export "rodata written") (i32.store8 (i32.const 64) (i32.const 1)))
  (func (export "rodata written, last") (i64.store32 (i32.const 1052) (i64.const 1)))
  (func (export "rodata written, across") (i32.store16 (i32.const 63) (i32.const 1)))
  (func (export "rodata filled") (memory.fill (i32.const 60) (i32.const 1) (i32.const 8)))
  (func (export "rodata copied to") (memory.copy (i32.const 1000) (i32.const 0) (i32.const 8)))
  (func (export "rodata read, across") (drop (i32.load16_u (i32.const 63))))
  (func (export "rodata read, across its end") (drop (i64.load (i32.const 1050))))
  (func (export "beyond memory") (drop (i32.load8_u (global.get $end))))
  (func (export "beyond memory, across") (i32.store (i32.sub (global.get $end) (i32.const 3)) (i32.const 0)))
  (func (export "beyond memory, far") (drop (i32.load offset=65000 (i32.const -4)))))
