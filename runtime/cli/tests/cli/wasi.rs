//! What programs see of the outside: arguments, environment, streams, directories.

use crate::{Bench, guests};

#[test]
fn everything_after_the_file_is_the_guests() {
    let bench = Bench::with("bin/args.wat", guests::strings("args"));
    bench
        .sheave(&["run", "bin/args.wat", "--dir", "x", "-h", "--", "--fuel=1", "-", "é"])
        .prints("args.wat\0--dir\0x\0-h\0--\0--fuel=1\0-\0é\0");
    bench.sheave(&["run", "bin/args.wat"]).prints("args.wat\0");
}

#[test]
fn the_environment_is_what_is_granted() {
    let bench = Bench::with("env.wat", guests::strings("environ"));
    bench.sheave(&["run", "env.wat"]).prints("");
    bench.sheave(&["run", "--env", "A=1=2", "--env", "B=", "env.wat"]).prints("A=1=2\0B=\0");
    let mut command = bench.command(&["run", "--env", "PASSED", "env.wat"]);
    let output = command.env("PASSED", "on").env("HIDDEN", "x").output().expect("the command runs");
    assert_eq!(output.stdout, b"PASSED=on\0");
}

#[test]
fn stdin_and_stdout_pass_through() {
    let bench = Bench::with("cat.wat", guests::CAT);
    let text = "line\n".repeat(20_000);
    let done = bench.sheave_with_input(&["run", "cat.wat"], text.as_bytes());
    assert!(done.code == 0 && done.out == text, "{} bytes of {}: {}", done.out.len(), text.len(), done.err);
    // A module from stdin leaves none of it to the guest.
    bench.sheave_with_input(&["run", "-"], guests::CAT.as_bytes()).prints("");
}

#[test]
fn no_path_leads_out_of_a_granted_directory() {
    // WASI's numbers: of the descriptor, of the file, of what is not permitted, and of capabilities.
    const OK: i32 = 0;
    const BADF: i32 = 8;
    const NOENT: i32 = 44;
    const REFUSED: [i32; 2] = [63, 76];
    let bench = Bench::with("open.wat", guests::OPEN);
    bench.write("inside/file", "public");
    bench.write("secret", "secret");
    let open = |path: &str| bench.sheave(&["run", "--dir", "inside", "open.wat", path]).code;
    assert_eq!(open("file"), OK);
    assert_eq!(open("other"), NOENT);
    let absolute = bench.path("secret").display().to_string();
    let mut escapes = vec!["../secret", "./../secret", "file/../../secret", "..", absolute.as_str()];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../secret", bench.path("inside/link")).expect("a link");
        std::os::unix::fs::symlink("..", bench.path("inside/up")).expect("a link");
        escapes.extend(["link", "up/secret"]);
    }
    for path in escapes {
        // `file/..` may also fail since a file is no directory.
        let code = open(path);
        assert!(REFUSED.contains(&code) || (path.starts_with("file/") && code == 54), "{path}: {code}");
    }
    assert_eq!(bench.sheave(&["run", "open.wat", "file"]).code, BADF, "nothing is granted without --dir");
}

#[test]
fn a_directory_can_have_another_name_inside() {
    let bench = Bench::with("open.wat", guests::OPEN);
    bench.write("host/file", "");
    assert_eq!(bench.sheave(&["run", "--dir", "host::/guest", "open.wat", "file"]).code, 0);
    let name = r#"(module
        (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 0) "\00\01\00\00\06\00\00\00")
        (func (export "_start")
            (if (call $name (i32.const 3) (i32.const 256) (i32.const 6)) (then unreachable))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    bench.write("name.wat", name);
    bench.sheave(&["run", "--dir", "host::/guest", "name.wat"]).prints("/guest");
}

#[test]
fn a_guest_that_waits_for_input_is_stopped_too() {
    let bench = Bench::with("cat.wat", guests::CAT);
    let mut command = bench.command(&["run", "--timeout", "50ms", "cat.wat"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    command.stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // The pipe stays open and empty until the command has ended.
    let input = child.stdin.take();
    let done = crate::done(child.wait_with_output().expect("the command ends"));
    drop(input);
    done.fails(134, &["interrupt", "host function", "--timeout 50ms is over"]);
}
