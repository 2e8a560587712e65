//! Runs a program natively and prints its checksum: `check NAME N`.

use bench_vectors::{blake3, dot, utf8};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("usage: check NAME N");
    let n: i32 = arguments.next().and_then(|n| n.parse().ok()).expect("usage: check NAME N");
    let checksum = match name.as_str() {
        "dot" => dot::run(n),
        "blake3" => blake3::run(n),
        "utf8" => utf8::run(n),
        _ => panic!("no program {name}"),
    };
    println!("{}", checksum as i64);
}
