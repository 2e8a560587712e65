//! Keeps the README's table of functions equal to the one in the code. `SHEAVE_BLESS=1` rewrites it.

use std::{env, fmt::Write, fs};

use sheave_hal::wasi::p1::FUNCTIONS;

/// The line after which the table stands.
const MARK: &str = "SHEAVE_BLESS=1 cargo test -p sheave-hal --test readme` rewrites it. -->\n";

#[test]
fn the_readme_lists_every_function() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).expect("the README can be read");
    let (text, found) = readme.split_once(MARK).expect("the README has the mark");

    let mut wanted = String::from("\n| function | needs a granted | note |\n|---|---|---|\n");
    for function in FUNCTIONS {
        writeln!(wanted, "| `{}` | {} | {} |", function.name, function.needs, function.note).unwrap();
    }
    if env::var_os("SHEAVE_BLESS").is_some() {
        fs::write(path, format!("{text}{MARK}{wanted}")).expect("the README can be written");
    } else {
        assert!(found == wanted, "the README's table is old; run again with SHEAVE_BLESS=1");
    }
}
