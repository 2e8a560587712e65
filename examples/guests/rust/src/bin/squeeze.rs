//! `squeeze [-d | -t] [-1 … -9] [FILE]`: a zlib compressor around miniz_oxide, from the file or stdin to stdout; `-d` decompresses,
//! `-t` compresses at three levels, decompresses again, compares, and prints a table.
#![forbid(unsafe_code)]

use guests::{Args, fail, read_input, write_stdout};
use miniz_oxide::{deflate::compress_to_vec_zlib, inflate::decompress_to_vec_zlib_with_limit};
use std::process;

const USAGE: &str = "usage: squeeze [-d | -t] [-1 ... -9] [FILE]";

/// The longest output of `-d`, bytes: a small file may not fill the memory.
const OUTPUT_MAX_BYTES: usize = 64 << 20;

fn main() {
    let mut args = Args::from_env();
    let decompress = args.flag(&["-d"]);
    let test = args.flag(&["-t"]);
    let level = (1..=9).rev().find(|level| args.flag(&[&format!("-{level}")])).unwrap_or(6);
    let operands = args.operands(USAGE);
    let input = read_input(operands.first().map(String::as_str));
    if decompress {
        write_stdout(&expand(&input));
    } else if test {
        report(&input);
    } else {
        write_stdout(&compress_to_vec_zlib(&input, level));
    }
}

fn expand(input: &[u8]) -> Vec<u8> {
    decompress_to_vec_zlib_with_limit(input, OUTPUT_MAX_BYTES).unwrap_or_else(|error| {
        println!("not a zlib stream: {:?}", error.status);
        process::exit(1)
    })
}

fn report(input: &[u8]) {
    if input.is_empty() {
        fail("nothing to compress");
    }
    println!("level     bytes  ratio");
    println!("    -  {:>8}  100.0 %", input.len());
    for level in [1, 6, 9] {
        let packed = compress_to_vec_zlib(input, level);
        let permille = packed.len() * 1000 / input.len();
        println!("    {level}  {:>8}  {:>3}.{} %", packed.len(), permille / 10, permille % 10);
        if expand(&packed) != input {
            println!("level {level}: the output differs from the input");
            process::exit(1);
        }
    }
    println!("all levels give the input back");
}
