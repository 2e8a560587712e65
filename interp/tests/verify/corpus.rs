//! Modules that the tests of the verifier start from.

use sheave_interp::translate::Config;

/// Modules with every shape of instruction that the translator makes.
pub const CORPUS: &[(&str, &str)] = &[
    (
        "numeric",
        r#"(module
        (func (param i32 i64 f32 f64) (result i32)
          (local i32 i64 f32 f64)
          (local.set 4 (i32.add (local.get 0) (i32.const 7)))
          (local.set 5 (i64.mul (local.get 1) (i64.extend_i32_u (local.get 4))))
          (local.set 6 (f32.add (local.get 2) (f32.const 1.5)))
          (local.set 7 (f64.max (local.get 3) (f64.promote_f32 (local.get 6))))
          (local.set 4 (select (local.get 4) (i32.const 3) (f64.lt (local.get 7) (local.get 3))))
          (i32.wrap_i64 (i64.add (local.get 5) (i64.trunc_sat_f64_s (local.get 7))))
          (i32.const 123456) i32.xor local.get 4 i32.sub)
        (func (param i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (i64.const 1) (i64.const 0)))
        (func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (i64.const 99))))"#,
    ),
    (
        "control",
        r#"(module
        (func (param i32) (result i32) (local i32)
          (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.lt_s (local.get 1) (local.get 0))))
          (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (local.get 1)))
          (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (loop (br 0)) (unreachable))))
        (func (param f32) (result i32) (block (br_if 0 (f32.lt (local.get 0) (f32.const 0))) (return (i32.const 1)))
          (i32.const 0))
        (func (result f32) (f32.const 1)) (func (result f64) (f64.const 1)) (func (result i64) (i64.const 5)))"#,
    ),
    (
        "memory",
        r#"(module (memory 1 4) (memory 1) (data "abc") (data (i32.const 8) "active")
        (func (param i32 i64 f64) (result i32)
          (i32.store (local.get 0) (i32.load offset=4 (local.get 0)))
          (i64.store8 (local.get 0) (local.get 1)) (f64.store (i32.const 16) (local.get 2))
          (f64.store (local.get 0) (f64.neg (local.get 2)))
          (i32.store 1 (local.get 0) (i32.load16_s offset=100000 (i32.const 3)))
          (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))
          (memory.copy 1 0 (i32.const 0) (i32.const 1) (i32.const 9))
          (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 2)) (data.drop 0)
          (drop (memory.grow (i32.const 1))) (memory.size)))"#,
    ),
    (
        "exceptions",
        r#"(module (tag $t (param i32 externref f64)) (tag $e) (table 3 exnref) (global $g (mut exnref) (ref.null exn))
        (func $throw (param i32 externref)
          (if (i32.eqz (local.get 0)) (then (throw $e)))
          (throw $t (local.get 0) (local.get 1) (f64.const 2)))
        (func (export "catch") (param i32 externref) (result i32 externref f64) (local i64 exnref)
          (block $all
            (block $ref (result i32 externref f64 exnref)
              (try_table (catch_ref $t $ref) (catch_all $all)
                (try_table (catch $t 3) (call $throw (i32.const 0) (local.get 1)))
                (call $throw (local.get 0) (local.get 1)))
              (unreachable))
            (global.set $g) (return))
          (loop $l (try_table (catch_all $l) (throw_ref (table.get 0 (i32.const 1)))))
          (throw_ref (global.get $g))))"#,
    ),
    (
        "memory64",
        r#"(module (memory $m i64 1 4) (memory $n 1) (data $d "abc") (data (i64.const 8) "active")
        (table $t i64 4 10 funcref) (table $u 4 funcref) (elem $e func $f) (type $v (func))
        (func $f (param i64 f64) (result i32)
          (i32.store (local.get 0) (i32.load offset=4 (local.get 0)))
          (i64.store8 (i64.const 9) (local.get 0)) (f64.store (i64.const 16) (local.get 1))
          (f64.store (local.get 0) (f64.neg (local.get 1)))
          (i64.store offset=0x100000000 (local.get 0) (i64.load offset=0xffffffffffffffff (local.get 0)))
          (drop (i64.load16_s (i64.add (local.get 0) (i64.const 3))))
          (memory.fill (i64.const 0) (i32.const 1) (i64.const 9))
          (memory.copy $m $m (i64.const 0) (i64.const 1) (i64.const 9))
          (memory.copy $m $n (i64.const 0) (i32.const 1) (i32.const 9))
          (memory.copy $n $m (i32.const 0) (i64.const 1) (i32.const 9))
          (memory.init $d (i64.const 0) (i32.const 0) (i32.const 2))
          (drop (memory.grow (memory.size)))
          (table.set $t (local.get 0) (table.get $t (i64.const 1)))
          (drop (table.grow $t (ref.null func) (table.size $t))) (table.fill $t (i64.const 0) (ref.func $f) (i64.const 1))
          (table.copy $t $t (i64.const 0) (i64.const 1) (i64.const 1))
          (table.copy $t $u (i64.const 0) (i32.const 1) (i32.const 1))
          (table.copy $u $t (i32.const 0) (i64.const 1) (i32.const 1))
          (table.init $t $e (i64.const 0) (i32.const 0) (i32.const 1))
          (call_indirect $t (type $v) (local.get 0)) (i32.const 1))
        (func (param i64) (return_call_indirect $t (type $v) (local.get 0))))"#,
    ),
    // Nothing waits here: what is damaged is run, and might wait without end.
    (
        "threads",
        r#"(module (memory $s 1 4 shared) (memory $w i64 1 4 shared) (memory $p 1) (data $d "abc") (data (i32.const 8) "active")
        (func (param i32 i64 f64) (result i32)
          (i32.store (local.get 0) (i32.load offset=4 (local.get 0)))
          (i64.store8 (i32.const 9) (local.get 1)) (f64.store (local.get 0) (f64.neg (local.get 2)))
          (i64.store offset=0x10000 (local.get 0) (i64.load offset=0x10000 (local.get 0)))
          (f64.store $w (local.get 1) (f64.load $w (local.get 1)))
          (memory.fill $s (i32.const 0) (i32.const 1) (i32.const 9)) (memory.fill $w (i64.const 0) (i32.const 1) (i64.const 9))
          (memory.copy $s $p (i32.const 0) (i32.const 1) (i32.const 9)) (memory.copy $w $s (i64.const 0) (i32.const 1) (i32.const 9))
          (memory.copy $s $w (i32.const 0) (i64.const 1) (i32.const 9)) (memory.copy $w $w (i64.const 0) (i64.const 1) (i64.const 9))
          (memory.init $s $d (i32.const 0) (i32.const 0) (i32.const 2)) (memory.init $w $d (i64.const 0) (i32.const 0) (i32.const 2))
          (drop (memory.grow $s (memory.size $s))) (drop (memory.grow $w (memory.size $w)))
          (atomic.fence) (i32.atomic.store (local.get 0) (i32.atomic.load8_u (local.get 0)))
          (drop (i64.atomic.rmw32.add_u $w (local.get 1) (i64.atomic.load $p (local.get 0))))
          (drop (memory.atomic.notify (local.get 0) (i32.const 1)))
          (i32.atomic.rmw16.cmpxchg_u offset=8 (local.get 0) (i32.const 1) (i32.const 2))))"#,
    ),
    (
        "globals",
        r#"(module (global (import "a" "b") i32) (global (import "a" "c") (mut f64))
        (global $i (mut i32) (i32.const 4)) (global $f (mut f32) (f32.const 4)) (global $r (mut funcref) (ref.null func))
        (global $k i64 (i64.add (i64.const 4) (i64.const 5))) (elem declare func 0)
        (func (result i64) (global.set $i (i32.add (global.get 0) (global.get $i)))
          (global.set 1 (f64.add (global.get 1) (f64.const 3))) (global.set $f (f32.const 2)) (global.set $r (ref.func 0))
          (drop (global.get $r)) (global.get $k)))"#,
    ),
    (
        "calls",
        r#"(module (import "h" "f" (func $host (param i32) (result i32))) (import "h" "r" (func $refs (param externref i64) (result funcref i32)))
        (type $t (func (param i32) (result i32))) (table $funcs 4 funcref) (elem (i32.const 0) $fib $host)
        (func $fib (param i32) (result i32)
          (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
        (func (param i32) (result i32) (call $host (call_indirect (type $t) (local.get 0) (i32.const 1))))
        (func (param i32) (result i32) (return_call $fib (local.get 0)))
        (func (param i32) (result i32) (return_call $host (local.get 0)))
        (func (param i32) (result i32) (return_call_indirect (type $t) (local.get 0) (local.get 0)))
        (func (param i32) (result i32 i64) (i32.const 1) (i64.const 2))
        (func (param externref i64) (result funcref i32) (return_call $refs (local.get 0) (local.get 1)))
        (func (param externref i64) (result i32) (local funcref)
          (i32.add (i32.const 2) (i32.wrap_i64 (local.get 1)))
          (call $refs (local.get 0) (local.get 1)) (local.get 1) (i32.wrap_i64) (i32.mul) (local.set 1 (i64.const 2))
          (drop) (local.set 2)))"#,
    ),
    (
        "vectors",
        r#"(module (global (import "a" "b") (mut v128)) (memory 1) (memory 1) (global $k v128 (v128.const i32x4 1 2 3 4))
        (func $f (param v128 i32) (result v128) (local v128)
          (local.set 2 (i32x4.add (local.get 0) (global.get $k)))
          (global.set 0 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (local.get 2) (local.get 0)))
          (v128.store offset=4 (local.get 1) (v128.bitselect (local.get 0) (local.get 2) (v128.load (local.get 1))))
          (v128.store 1 (local.get 1) (v128.load8_splat 1 (i32.const 0)))
          (local.set 2 (i32x4.shl (local.get 2) (i32x4.extract_lane 3 (local.get 0))))
          (local.set 0 (i16x8.replace_lane 7 (local.get 0) (i8x16.extract_lane_s 15 (local.get 2))))
          (local.set 0 (v128.load32_lane 1 (local.get 1) (local.get 0)))
          (v128.store8_lane 3 (local.get 1) (local.get 0))
          (if (v128.any_true (local.get 2)) (then (return (f32x4.mul (local.get 0) (local.get 2)))))
          (select (f64x2.splat (f64.const 1)) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 2)) (local.get 1)))
        (func (result v128 i32) (call $f (v128.const i64x2 5 6) (i32.const 7)) (i32.const 8))
        (func (param v128) (result v128) (local.get 0)) (func (result v128) (return_call $f (v128.const i64x2 5 6) (i32.const 7))))"#,
    ),
    (
        "references",
        r#"(module (table $e 3 10 externref) (table $f 3 funcref) (table $g 5 funcref) (elem $s func $a $b) (elem declare func $a)
        (func $a (param externref) (result externref) (local.get 0))
        (func $b (param i32 externref) (result externref i32 externref)
          (table.set $e (local.get 0) (local.get 1))
          (drop (table.grow $e (local.get 1) (local.get 0)))
          (table.fill $e (i32.const 0) (local.get 1) (i32.const 1))
          (table.copy $f $g (i32.const 0) (i32.const 0) (i32.const 1))
          (table.init $f $s (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $s)
          (table.set $f (i32.const 0) (ref.func $a))
          (i32.add (local.get 0) (i32.const 1))
          (call $a (table.get $e (local.get 0))) (local.set 1) (local.set 0)
          (select (result externref) (local.get 1) (ref.null extern) (ref.is_null (local.get 1)))
          (table.size $e) (local.get 1))
        (func (param i32 externref) (result externref) (call $b (local.get 0) (local.get 1)) (local.set 1) (drop))
        (func (param i32 externref) (result externref i32 externref) (return_call $b (local.get 0) (local.get 1))))"#,
    ),
    (
        "typed references",
        r#"(module
        (type $t (func (param i32 externref) (result externref)))
        (table $f 3 (ref null $t)) (elem $s (ref null $t) (ref.func $f) (ref.null $t)) (global $g (mut (ref null $t)) (ref.null $t))
        (func $f (type $t) (local.get 1))
        (func (param externref (ref null $t)) (result externref) (local (ref null $t))
          (global.set $g (local.get 1)) (table.set $f (i32.const 1) (global.get $g))
          (table.init $f $s (i32.const 0) (i32.const 0) (i32.const 2)) (local.set 2 (table.get $f (i32.const 0)))
          (call_ref $t (i32.const 1) (local.get 0) (ref.as_non_null (local.get 2))))
        (func (param externref (ref null $t) i32) (result externref)
          (block $null (block $some (result (ref $t)) (br_on_non_null $some (local.get 1)) (br $null))
            (return (call_indirect $f (type $t) (i32.const 3) (local.get 0) (local.get 2))))
          (block (return_call_ref $t (i32.const 2) (local.get 0) (br_on_null 0 (local.get 1)))) (ref.null extern)))"#,
    ),
    (
        "objects",
        r#"(module
        (type $t (sub (func (param i32) (result i32)))) (type $u (sub $t (func (param i32) (result i32))))
        (rec (type $node (sub (struct (field $x (mut i32)) (field $next (mut (ref null $node))) (field $all (mut (ref null $nodes))))))
          (type $nodes (array (mut (ref null $node)))))
        (type $wide (sub $node (struct (field (mut i32)) (field (mut (ref null $node))) (field (mut (ref null $nodes))) (field (mut f64)) (field (mut i8)))))
        (type $bytes (array (mut i8))) (type $longs (array (mut i64))) (data "0123456789") (elem $none (ref null $node) (ref.null $node))
        (global $g (mut (ref null $node)) (struct.new $node (i32.const 5) (ref.null $node) (ref.null $nodes)))
        (elem declare func $f) (func $f (type $u) (local.get 0))
        (func (param (ref null $node) i32) (result i32) (local (ref null $nodes) anyref)
          (local.set 2 (array.new $nodes (local.get 0) (i32.const 3)))
          (array.set $nodes (local.get 2) (local.get 1) (struct.new $node (local.get 1) (local.get 0) (local.get 2)))
          (struct.set $node $all (local.get 0) (local.get 2)) (global.set $g (struct.get $node $next (local.get 0)))
          (local.set 3 (struct.new $wide (i32.const 1) (local.get 0) (local.get 2) (f64.const 2) (i32.const 3)))
          (array.fill $nodes (local.get 2) (i32.const 0) (global.get $g) (i32.const 2))
          (array.copy $nodes $nodes (local.get 2) (i32.const 1) (local.get 2) (i32.const 0) (i32.const 1))
          (array.init_elem $nodes $none (local.get 2) (i32.const 0) (i32.const 0) (i32.const 1))
          (block $is (result (ref $wide)) (br_on_cast $is anyref (ref $wide) (local.get 3)) (return (i32.const 7)))
          (i32.add (struct.get_u $wide 4) (array.len (local.get 2))))
        (func (param i32 i64) (result i64) (local (ref null $bytes) (ref null $longs))
          (local.set 2 (array.new_data $bytes 0 (i32.const 1) (i32.const 4))) (array.init_data $bytes 0 (local.get 2) (i32.const 0) (i32.const 2) (i32.const 3))
          (local.set 3 (array.new_fixed $longs 2 (local.get 1) (i64.const 4))) (array.set $longs (local.get 3) (i32.const 1) (local.get 1))
          (i64.add (array.get $longs (local.get 3) (local.get 0)) (i64.extend_i32_u (array.get_s $bytes (local.get 2) (i32.const 0)))))
        (func (param anyref externref) (result i32)
          (call_ref $t (i31.get_s (ref.cast i31ref (local.get 0))) (ref.func $f))
          (i32.add (ref.eq (ref.i31 (i32.const 4)) (ref.cast eqref (any.convert_extern (local.get 1)))))))"#,
    ),
];

/// The options that change code.
pub fn configs() -> [Config; 4] {
    let base = Config::default();
    [
        base,
        Config { signal: true, ..base },
        Config { fuel: true, ..base },
        Config { signal: true, fuel: true, canonicalize_nans: true, ..base },
    ]
}
