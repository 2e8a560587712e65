//! What the translator makes of each module in `translate/`: the listing stands at the end of the file, `SHEAVE_BLESS=1` rewrites it.
//!
//! A first line `;; options: fuel signal` switches those on. Every image is verified too.

use sheave_interp::image::{Image, OwnedImage, verify};
use sheave_interp::isa::{decode, disassemble};
use sheave_interp::translate::{Config, translate};
use sheave_tests::blessed::check_folder;
use std::fmt::Write as _;

/// Translates and verifies.
fn image(text: &str) -> OwnedImage {
    let wasm = wat::parse_str(text).expect("a module in text");
    let options = text.lines().next().and_then(|line| line.strip_prefix(";; options:")).unwrap_or("");
    let is_on = |name| options.split_whitespace().any(|option| option == name);
    let config = Config {
        fuel: is_on("fuel"),
        signal: is_on("signal"),
        canonicalize_nans: is_on("canonicalize-nans"),
        ..Config::default()
    };
    OwnedImage::new(&translate(&wasm, &config).expect("a module that can be translated")).expect("memory")
}

/// Each function's frame and instructions. Places are units from the function's entry.
fn listing(image: &Image<'_>) -> String {
    let mut text = String::new();
    for func in image.code_funcs() {
        let name = image.func_name(func.index).map_or(String::new(), |name| format!(" ${name}"));
        let cells = func.frame_bytes / 4;
        let references: Vec<_> =
            (0..cells).filter(|cell| func.cell_map.is_reference(*cell)).map(|cell| format!("s{}", cell * 4)).collect();
        let _ = write!(text, "func {}{name}: params {}, frame {}", func.index.0, func.params_bytes, func.frame_bytes);
        let _ = writeln!(
            text,
            "{}",
            if references.is_empty() { String::new() } else { format!(", references {}", references.join(" ")) }
        );
        let code = image.code();
        let mut at = func.entry as usize;
        while at < func.end as usize {
            let instruction = decode(code, at).expect("a valid instruction");
            let mark = if func.block_starts.contains(at as u32) { '>' } else { ' ' };
            let _ = writeln!(text, " {mark}{:>4}  {}", at - func.entry as usize, disassemble(&instruction));
            at += instruction.len;
        }
    }
    text
}

#[test]
fn listings_are_as_expected() {
    let files = check_folder("translate", |text| {
        let owned = image(text);
        let image = Image::parse(owned.as_bytes()).expect("an image");
        verify(&image).expect("what the translator makes is valid");
        listing(&image)
    });
    assert!(files >= 12, "{files} files");
}

#[test]
fn branches_farther_than_a_short_field_reaches_are_valid_and_work() {
    let filler = "(local.set 1 (i32.add (i32.mul (local.get 1) (i32.const 100003)) (local.get 0)))\n".repeat(10_000);
    let text = format!(
        r#"(module (func (export "far") (param i32) (result i32) (local i32)
            (block $over (br_if $over (i32.eq (local.get 0) (i32.const 5)))
                (block $inner (br_table $inner $over (i32.sub (local.get 0) (i32.const 6)))) {filler})
            (loop $back (if (i32.lt_u (local.get 0) (i32.const 100)) (then (local.set 0 (i32.const 100)) {filler} (br $back))))
            (local.get 1)))"#
    );
    let owned = image(&text);
    let parsed = Image::parse(owned.as_bytes()).expect("an image");
    verify(&parsed).expect("what the translator makes is valid");
    assert!(parsed.code().len() > 1 << 16, "{} units", parsed.code().len());

    let engine = sheave::Engine::default();
    let module = sheave::Module::new(&engine, &text).expect("a module");
    let mut store = sheave::Store::new(&engine, ());
    let instance = sheave::Instance::new(&mut store, &module, &[]).expect("an instance");
    let far = instance.get_typed_func::<i32, i32>(&store, "far").expect("the function");
    let filled =
        |value: i32, start: i32| (0..10_000).fold(start, |sum: i32, _| sum.wrapping_mul(100_003).wrapping_add(value));
    for n in [5, 6, 7, 200] {
        let first = if n == 5 || n >= 7 { 0 } else { filled(n, 0) };
        let expected = if n < 100 { filled(100, first) } else { first };
        assert_eq!(far.call(&mut store, n).expect("a result"), expected, "{n}");
    }
}
