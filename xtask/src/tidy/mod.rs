//! What a tool can check of docs/CONVENTIONS.md: `rust` holds the rules for Rust sources (on text prepared by
//! `source`), `markdown` those for documents. A rule is a function from a file's text to findings, each with a line;
//! this file walks the tree and prints them as `path:line: message`.

mod markdown;
mod rust;
mod source;

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::process::root;

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl Finding {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// Checks every file of the tree and prints what it finds; gives whether there is nothing.
///
/// # Errors
/// The tree cannot be read.
pub fn run() -> Result<bool> {
    let root = root();
    let paths: Vec<PathBuf> =
        files(&root)?.into_iter().filter(|path| is_rust(path) || is_document(&root, path)).collect();
    let mut count = 0;
    for path in &paths {
        let name = path.strip_prefix(&root).unwrap_or(path).display();
        for finding in check(&root, path)? {
            println!("{name}:{}: {}", finding.line, finding.message);
            count += 1;
        }
    }
    println!("{} files, {count} findings", paths.len());
    Ok(count == 0)
}

/// Applies the rules for the kind of file.
fn check(root: &Path, path: &Path) -> Result<Vec<Finding>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("cannot read {}: {error}", path.display())))?;
    if is_rust(path) {
        return Ok(rust::check(&text));
    }
    let exists = |link: &str| markdown::find_link(root, path, link);
    Ok(markdown::check(&text, exists))
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Whether a Markdown file is a document of the project: a README, or one at the root or in docs/. Others are data, such
/// as the input of a guest program.
fn is_document(root: &Path, path: &Path) -> bool {
    let is_readme = path.file_name().is_some_and(|name| name == "README.md");
    is_readme || path.parent().is_some_and(|folder| folder == root || folder == root.join("docs"))
}

/// The Rust and Markdown files below `folder`, in order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |error: std::io::Error| Error::new(format!("cannot read {}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        paths.push(entry.map_err(cannot)?.path());
    }
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "target" && name != ".git" && !path.is_symlink() {
                found.extend(files(&path)?);
            }
        } else if is_rust(&path) || path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_from_data() {
        let is = |path: &str| is_document(Path::new("/p"), Path::new(path));
        assert!(is("/p/README.md") && is("/p/docs/isa.md") && is("/p/hal/README.md"));
        assert!(!is("/p/tests/bench/programs/inputs/article.md"));
    }
}
