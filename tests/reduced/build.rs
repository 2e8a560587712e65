//! Makes an image of each module in `guests/`, and a list of them: what this build lacks of what each needs.
//!
//! The first line of a module names the features that it needs, those that they need included.

use sheave_interp::{
    isa::Level,
    translate::{Config, translate},
};
use std::{env, fmt::Write, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=guests");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let mut guests: Vec<_> =
        fs::read_dir("guests").expect("a folder").map(|file| file.expect("a file").path()).collect();
    guests.sort();
    let mut list = "&[\n".to_owned();
    for guest in guests {
        let name = guest.file_stem().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let text = fs::read_to_string(&guest).expect("a guest in UTF-8");
        let first = text.lines().next().and_then(|line| line.strip_prefix(";; needs:")).expect("a line of features");
        let needs: Vec<&str> = first.split_whitespace().collect();
        let variable = |feature: &&&str| format!("CARGO_FEATURE_{}", feature.replace('-', "_").to_uppercase());
        let lacking: Vec<_> = needs.iter().filter(|feature| env::var_os(variable(feature)).is_none()).collect();
        let level = if needs.contains(&"level-full") { Level::Full } else { Level::Base };
        let config = Config { signal: needs.contains(&"metering"), level, ..Config::default() };
        let wasm = wat::parse_str(&text).expect("a guest is WebAssembly");
        let image = translate(&wasm, &config).expect("a guest is valid");
        let path = Path::new(&out).join(format!("{name}.image"));
        fs::write(&path, image).expect("OUT_DIR is writable");
        writeln!(list, "    ({name:?}, &{lacking:?}, include_image!({path:?})),").expect("memory");
    }
    fs::write(Path::new(&out).join("guests.rs"), list + "]\n").expect("OUT_DIR is writable");
}
