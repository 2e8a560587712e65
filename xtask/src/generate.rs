//! Generated documents: each is a file and what makes its text. `gen` writes them, `gen --check` fails if one is not what
//! would be written, so that no list is kept twice.
//!
//! Text about a crate comes from a program in that crate, not from a link to it: `cargo xtask` must work while the crate
//! does not compile.

use std::path::Path;

use crate::board;
use crate::error::{Error, Result};
use crate::process::{cargo, output, root};

/// A document and what makes its text.
struct Document {
    path: &'static str,
    text: fn() -> Result<String>,
}

const DOCUMENTS: [Document; 2] = [
    Document {
        path: "docs/isa.md",
        text: || output(&mut cargo(&["run", "--quiet", "--package", "sheave-interp", "--example", "isa-doc"])),
    },
    Document { path: "targets/README.md", text: board::readme },
];

/// Writes the documents, or only compares them.
///
/// # Errors
/// A document cannot be printed or written; with `check`, a document is stale.
pub fn run(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for document in &DOCUMENTS {
        let text = (document.text)()?;
        let path = root().join(document.path);
        if is_same(&path, &text) {
            println!("{}: up to date", document.path);
        } else if check {
            stale.push(document.path);
        } else {
            std::fs::write(&path, text)
                .map_err(|error| Error::new(format!("cannot write {}: {error}", document.path)))?;
            println!("{}: written", document.path);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Error::new(format!("not up to date: {}", stale.join(", "))).hint("cargo xtask gen"))
}

/// Whether the file holds `text`; line ends are compared as a checkout on any system may have them.
fn is_same(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|found| found.lines().eq(text.lines()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_compared_line_by_line() {
        let path = std::env::temp_dir().join(format!("sheave-xtask-generate-{}", std::process::id()));
        std::fs::write(&path, "one\r\ntwo\r\n").unwrap();
        let verdicts = ["one\ntwo\n", "one\n", "one\ntwo\nthree\n"].map(|text| is_same(&path, text));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(verdicts, [true, false, false]);
        assert!(!is_same(&path, "one\ntwo\n"), "a missing document is stale");
    }
}
