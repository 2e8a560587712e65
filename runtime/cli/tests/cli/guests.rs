//! Small guests in text.

/// Exports for `--invoke`.
pub const MATH: &str = r#"(module $math
    (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
    (func (export "same") (param f32) (result f32) (local.get 0))
    (func $inner (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $div (export "div") (param i32 i32) (result i32) (call $inner (local.get 0) (local.get 1)))
    (func (export "forever") (loop (br 0)))
    (func $deep (export "deep") (call $deep))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (global (export "number") i32 (i32.const 1))
    (memory (export "memory") 1))"#;

/// A program that exits with this code.
pub fn exit(code: i32) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const {code}))))"#
    )
}

/// A program that prints its arguments, or its environment, each with a zero byte behind.
pub fn strings(which: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "{which}_sizes_get" (func $sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "{which}_get" (func $get (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start")
                (drop (call $sizes (i32.const 0) (i32.const 12)))
                (drop (call $get (i32.const 64) (i32.const 1024)))
                (i32.store (i32.const 8) (i32.const 1024))
                (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20)))))"#
    )
}

/// A program that copies stdin to stdout.
pub const CAT: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (loop $next
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const 4096))
            (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
            (if (i32.load (i32.const 4)) (then
                (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                (br $next))))))"#;

/// A program that opens the file that its first argument names, in the first granted directory, and exits with the errno.
pub const OPEN: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $length i32)
        (drop (call $args (i32.const 0) (i32.const 1024)))
        (loop $next
            (if (i32.load8_u (i32.add (i32.load (i32.const 4)) (local.get $length))) (then
                (local.set $length (i32.add (local.get $length) (i32.const 1)))
                (br $next))))
        ;; Following a symbolic link at the end, as programs do.
        (call $exit (call $open (i32.const 3) (i32.const 1) (i32.load (i32.const 4)) (local.get $length) (i32.const 0)
            (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 512)))))"#;
