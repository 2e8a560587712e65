//! Test inputs with their expected output in a comment block at the end, which `SHEAVE_BLESS=1` rewrites.
//!
//! A file is text in the WebAssembly text format; the block's lines begin with `;;=`. [`check_folder`] is the whole
//! harness: it runs each file of a folder and compares.

use std::fs;
use std::path::Path;

/// What begins a line of expected output.
const MARK: &str = ";;=";

/// Runs `run` on every `.wat` file of `folder`, which lies in this package, and compares what it returns with the file's
/// expected output; with `SHEAVE_BLESS` set, writes it there. Returns the number of files.
///
/// # Panics
/// If the folder cannot be read, or an output differs; all differences are listed.
pub fn check_folder(folder: &str, run: impl Fn(&str) -> String) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let is_blessing = std::env::var_os("SHEAVE_BLESS").is_some();
    let entries =
        fs::read_dir(&folder).expect("the folder is there").map(|entry| entry.expect("a readable entry").path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "wat")).collect();
    files.sort();
    let mut differences = String::new();
    for path in &files {
        let text = fs::read_to_string(path).expect("a text file");
        let (source, expected) = split(&text);
        let output = run(source);
        if is_blessing {
            let block: String =
                output.lines().map(|line| format!("{MARK} {line}").trim_end().to_owned() + "\n").collect();
            fs::write(path, format!("{source}{block}")).expect("a writable file");
        } else if let Some(difference) = difference(&expected, &output) {
            differences += &format!("{}: {difference}\n", path.file_name().unwrap_or_default().display());
        }
    }
    assert!(differences.is_empty(), "outputs differ (SHEAVE_BLESS=1 accepts them):\n{differences}");
    files.len()
}

/// The source, and the lines of expected output behind it.
fn split(text: &str) -> (&str, Vec<&str>) {
    let at = if text.starts_with(MARK) { 0 } else { text.find(&format!("\n{MARK}")).map_or(text.len(), |at| at + 1) };
    let (source, block) = text.split_at(at);
    (source, block.lines().map(|line| line.strip_prefix(MARK).unwrap_or(line).trim()).collect())
}

/// The first line that differs.
fn difference(expected: &[&str], output: &str) -> Option<String> {
    let output: Vec<&str> = output.lines().map(str::trim).collect();
    let lines = expected.len().max(output.len());
    let at = (0..lines).find(|&i| expected.get(i) != output.get(i))?;
    let show = |line: Option<&&str>| line.map_or("nothing".to_owned(), |line| format!("\"{line}\""));
    Some(format!("line {}: expected {}, found {}", at + 1, show(expected.get(at)), show(output.get(at))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_at_the_end_is_what_is_expected() {
        let (source, expected) = split("(module)\n;;= one\n;;=   two\n");
        assert_eq!((source, &expected[..]), ("(module)\n", &["one", "two"][..]));
        assert_eq!(split("(module)\n"), ("(module)\n", vec![]));
    }

    #[test]
    fn a_difference_is_found_and_named() {
        assert_eq!(difference(&["a", "b"], "a\n  b"), None);
        assert_eq!(difference(&["a", "b"], "a\nc").unwrap(), "line 2: expected \"b\", found \"c\"");
        assert_eq!(difference(&["a"], "a\nc").unwrap(), "line 2: expected nothing, found \"c\"");
        assert_eq!(difference(&["a"], "").unwrap(), "line 1: expected \"a\", found nothing");
    }
}
