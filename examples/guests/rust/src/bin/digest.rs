//! `digest [-a sha256|sha512|blake3|crc32] [FILE…]`: prints sums as sha256sum does; `digest -c SUMS` checks the files a list of sums names
//! (the algorithm by the sum's length) and leaves with code 1 if one differs. Crates sha2, blake3, crc32fast.
#![forbid(unsafe_code)]

use guests::{Args, fail, read_input, read_text, write_stdout};
use sha2::{Digest, Sha256, Sha512};
use std::fmt::Write;
use std::process;

const USAGE: &str = "usage: digest [-a sha256|sha512|blake3|crc32] [FILE...] | digest [-a ...] -c SUMS";

fn main() {
    let mut args = Args::from_env();
    let algorithm = args.value("-a").unwrap_or_else(|| "sha256".to_string());
    let sums = args.value("-c");
    let mut files = args.operands(USAGE);
    if let Some(sums) = sums {
        return check(&algorithm, &read_text(Some(&sums)));
    }
    if files.is_empty() {
        files.push("-".to_string());
    }
    let mut out = String::new();
    for file in &files {
        let sum = digest(&algorithm, &read_input(Some(file)));
        writeln!(out, "{sum}  {file}").expect("a String takes any text");
    }
    write_stdout(out.as_bytes());
}

fn digest(algorithm: &str, bytes: &[u8]) -> String {
    match algorithm {
        "sha256" => hex(&Sha256::digest(bytes)),
        "sha512" => hex(&Sha512::digest(bytes)),
        "blake3" => blake3::hash(bytes).to_hex().to_string(),
        "crc32" => format!("{:08x}", crc32fast::hash(bytes)),
        _ => fail(USAGE),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

fn check(algorithm: &str, sums: &str) {
    let mut failures = 0;
    for line in sums.lines().filter(|line| !line.is_empty()) {
        let (expected, file) = line.split_once("  ").unwrap_or_else(|| fail(&format!("not a line of sums: {line}")));
        let algorithm = match expected.len() {
            8 => "crc32",
            128 => "sha512",
            _ => algorithm,
        };
        let good = digest(algorithm, &read_input(Some(file))) == expected;
        println!("{file}: {}", if good { "OK" } else { "FAILED" });
        failures += usize::from(!good);
    }
    if failures > 0 {
        println!("{failures} of the sums did NOT match");
        process::exit(1);
    }
}
