//! Runs a guest natively and prints its checksum: `check NAME N`.

use bench_guests::{deflate, image, json, lz4, maps, markdown, ray, regex, script, sha256};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("usage: check NAME N");
    let n: i32 = arguments.next().and_then(|n| n.parse().ok()).expect("usage: check NAME N");
    let checksum = match name.as_str() {
        "sha256" => sha256::run(n),
        "deflate" => deflate::run(n),
        "regex" => regex::run(n),
        "markdown" => markdown::run(n),
        "json" => json::run(n),
        "maps" => maps::run(n),
        "ray" => ray::run(n),
        "image" => image::run(n),
        "script" => script::run(n),
        "lz4" => lz4::run(n),
        _ => panic!("no program {name}"),
    };
    println!("{}", checksum as i64);
}
