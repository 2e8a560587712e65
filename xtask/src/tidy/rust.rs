//! Rules for Rust sources: a file says what it is, nothing is left half-done, a skipped test says why, and every
//! `unsafe` block has its reason beside it.

use super::Finding;
use super::source::code_only;

/// How far above an `unsafe` block its `SAFETY:` comment may start.
const SAFETY_LINES: usize = 8;
/// Macros that mark code as unfinished or as being looked at.
const UNFINISHED: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

/// All rules.
pub fn check(text: &str) -> Vec<Finding> {
    let code = code_only(text);
    let mut findings = Vec::new();
    findings.extend(check_opening(text));
    for (index, line) in code.lines().enumerate() {
        for name in UNFINISHED {
            if has_word(line, name) {
                findings.push(Finding::new(index + 1, format!("`{name}` is left in the code")));
            }
        }
        if line.contains("#[ignore]") {
            findings.push(Finding::new(index + 1, "a test is ignored without a reason: `#[ignore = \"…\"]`"));
        }
    }
    findings.extend(check_unsafe(text, &code));
    findings
}

/// The first thing after plain comments and inner attributes is the module's documentation.
fn check_opening(text: &str) -> Option<Finding> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("//!") {
            return None;
        }
        if !(line.is_empty() || line.starts_with("//") || line.starts_with("#!")) {
            return Some(Finding::new(index + 1, "the file does not open with `//!` that says what it is"));
        }
    }
    Some(Finding::new(1, "the file has no `//!` that says what it is"))
}

/// Every `unsafe` block or impl has a `SAFETY:` comment on its line or shortly above.
fn check_unsafe(text: &str, code: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut safety: Option<usize> = None;
    for (index, (line, code)) in text.lines().zip(code.lines()).enumerate() {
        if line.contains("SAFETY:") {
            safety = Some(index);
        }
        let starts = has_word(code, "unsafe {") || has_word(code, "unsafe impl");
        if starts && safety.is_none_or(|found| index - found > SAFETY_LINES) {
            let message = format!("`unsafe` without a `SAFETY:` comment in the {SAFETY_LINES} lines above");
            findings.push(Finding::new(index + 1, message));
        }
    }
    findings
}

/// Whether `word` stands in the line and does not continue an identifier.
fn has_word(line: &str, word: &str) -> bool {
    let mut matches = line.match_indices(word);
    matches.any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check(text).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn a_file_opens_with_its_documentation() {
        assert_eq!(lines("//! What it is.\nfn f() {}\n"), [0; 0]);
        assert_eq!(lines("#![no_std]\n// a licence\n\n//! What it is.\n"), [0; 0]);
        assert_eq!(lines("fn f() {}\n//! Too late.\n"), [1]);
        assert_eq!(lines(""), [1]);
    }

    #[test]
    fn unfinished_code_is_found_but_not_in_text() {
        assert_eq!(lines("//! x\nfn f() { todo!() }\n"), [2]);
        assert_eq!(lines("//! x\nfn f() {\n    unimplemented!(\"x\")\n}\nfn g() { dbg!(1); }\n"), [3, 5]);
        assert_eq!(lines("//! No todo!() here.\nconst S: &str = \"dbg!(1)\"; // todo!()\nnot_todo!();\n"), [0; 0]);
    }

    #[test]
    fn an_ignored_test_says_why() {
        assert_eq!(lines("//! x\n#[ignore]\nfn f() {}\n"), [2]);
        assert_eq!(lines("//! x\n#[ignore = \"slow: 10 minutes\"]\nfn f() {}\n"), [0; 0]);
    }

    #[test]
    fn unsafe_has_its_reason_nearby() {
        assert_eq!(lines("//! x\n// SAFETY: checked by `f`.\nunsafe { g() }\n"), [0; 0]);
        assert_eq!(lines("//! x\nunsafe { g() }\n"), [2]);
        assert_eq!(lines("//! x\nunsafe impl Send for X {}\n"), [2]);
        assert_eq!(lines("//! x\nunsafe fn f() {}\n#[allow(unsafe_code)]\nstruct X; // unsafe { }\n"), [0; 0]);
        let far = format!("//! x\n// SAFETY: far.\n{}unsafe {{ g() }}\n", "f();\n".repeat(SAFETY_LINES));
        assert_eq!(lines(&far), [SAFETY_LINES + 3]);
    }
}
