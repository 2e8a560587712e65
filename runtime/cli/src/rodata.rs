//! `--rodata`: which data segment of a module is read-only.

use crate::Failure;
use std::path::Path;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// What the linker calls constants.
const NAME: &str = ".rodata";

/// A data segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rodata {
    /// The first one whose name begins with `.rodata`.
    Named,
    /// That of this number.
    Segment(u32),
}

/// What follows `--rodata`.
///
/// # Errors
/// It is neither `.rodata` nor a number.
pub fn parse(text: &str) -> Result<Rodata, String> {
    if text == NAME {
        return Ok(Rodata::Named);
    }
    text.parse().map(Rodata::Segment).map_err(|_| format!("the number of a data segment, or {NAME}"))
}

/// The number of the segment.
///
/// # Errors
/// None has that name.
pub fn find(path: &Path, wasm: &[u8], rodata: Rodata) -> Result<u32, Failure> {
    let (mut count, mut found) = (0, None);
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::DataSection(section) => count = section.count(),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                let names = names.into_iter().map_while(Result::ok).filter_map(|name| match name {
                    Name::Data(names) => Some(names),
                    _ => None,
                });
                let mut names = names.flatten().map_while(Result::ok);
                found = found.or_else(|| names.find(|naming| naming.name.starts_with(NAME)).map(|naming| naming.index));
            }
            _ => {}
        }
    }
    match (rodata, found) {
        (Rodata::Segment(segment), _) | (Rodata::Named, Some(segment)) => Ok(segment),
        (Rodata::Named, None) => {
            let message = format!("{}: none of {count} data segments is named {NAME}", path.display());
            let hint = "link without --strip-all, which removes names; or say which it is: --rodata=0 is often the one";
            Err(Failure::module(message).hint(Some(hint.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u32>) {
        let wasm = wat::parse_str(text).expect("a module");
        assert_eq!(find(Path::new("a.wasm"), &wasm, Rodata::Named).ok(), expected, "{text}");
    }

    #[test]
    fn the_linkers_name_is_found() {
        check(r#"(module (memory 1) (data $.data (i32.const 0) "a") (data $.rodata.cst (i32.const 8) "b"))"#, Some(1));
        check(r#"(module (memory 1) (data $a (i32.const 0) "a"))"#, None);
        check("(module)", None);
    }

    #[test]
    fn a_number_is_taken() {
        assert_eq!(parse("3"), Ok(Rodata::Segment(3)));
        assert!(parse("x").is_err());
    }
}
