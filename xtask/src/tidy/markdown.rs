//! Rules for Markdown: links to files and headings of the project resolve, and no path of somebody's machine is left
//! in the text. Links to the web are not followed. What stands in a code block is no link.

use std::path::Path;

use super::Finding;

/// Folders that exist on somebody's machine, not in the project.
const PRIVATE: [&str; 4] = ["/home/", "/root/", "/Users/", "C:\\Users"];

/// What a link of the project points to.
pub enum Target {
    /// It is there.
    Found,
    /// No such file.
    NoFile,
    /// The file has no such heading.
    NoHeading,
}

/// All rules; `find` looks up a link that is not to the web.
pub fn check(text: &str, find: impl Fn(&str) -> Target) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in text.lines().enumerate().map(|(index, text)| (index + 1, text)) {
        if let Some(private) = PRIVATE.iter().find(|&&private| has_path(text, private)) {
            findings.push(Finding::new(line, format!("a path of one machine: `{private}`")));
        }
    }
    for (line, text) in prose(text) {
        for link in links(&text).filter(|link| !is_external(link)) {
            match find(link) {
                Target::Found => {}
                Target::NoFile => findings.push(Finding::new(line, format!("link to `{link}`: no such file"))),
                Target::NoHeading => findings.push(Finding::new(line, format!("link to `{link}`: no such heading"))),
            }
        }
    }
    findings
}

/// Looks up a link that stands in the file `from`.
pub fn find_link(root: &Path, from: &Path, link: &str) -> Target {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let path = match file.strip_prefix('/') {
        Some(file) => root.join(file),
        None if file.is_empty() => from.to_path_buf(),
        None => from.with_file_name(file),
    };
    if !path.exists() {
        return Target::NoFile;
    }
    if heading.is_empty() || path.extension().is_none_or(|extension| extension != "md") {
        return Target::Found;
    }
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    if headings(&text).iter().any(|found| found == heading) { Target::Found } else { Target::NoHeading }
}

/// Whether the path starts in the line as a path does, not in the middle of a longer one.
fn has_path(line: &str, path: &str) -> bool {
    let mut matches = line.match_indices(path);
    matches.any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || ".-_/*".contains(before)))
}

fn is_external(link: &str) -> bool {
    link.starts_with("http://") || link.starts_with("https://") || link.starts_with("mailto:")
}

/// The lines outside code blocks, numbered from 1, with inline code blanked.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> + '_ {
    let mut in_block = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        let parts = line.split('`').enumerate();
        let kept = parts.map(|(part, text)| if part % 2 == 0 { text } else { "" });
        (!in_block && !is_fence).then(|| (index + 1, kept.collect()))
    })
}

/// The addresses of `[text](address)` and `[name]: address`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, address)| address.trim());
    inline.chain(definition)
}

/// The names under which the headings of a document can be linked to, as GitHub makes them.
fn headings(text: &str) -> Vec<String> {
    let mut in_block = false;
    let mut names = Vec::new();
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if !in_block && line.starts_with('#') && title.starts_with(' ') {
            let kept = title.trim().chars().filter(|&c| c.is_alphanumeric() || "-_ ".contains(c));
            names.push(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let find = |link: &str| if link == "there.md" { Target::Found } else { Target::NoFile };
        check(text, find).into_iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn links_resolve() {
        assert_eq!(lines("[a](there.md) and [b](there.md \"title\")\n[c]: there.md\n"), [0; 0]);
        assert_eq!(lines("[a](there.md) and [b](gone.md)\n\n[c]: gone.md\n"), [1, 3]);
        assert_eq!(lines("[a](https://example.org/x) [b](mailto:a@example.org)\n"), [0; 0]);
    }

    #[test]
    fn code_holds_no_links() {
        assert_eq!(lines("```\n[a](gone.md)\n```\n`x[i](y)` and [b](gone.md)\n"), [4]);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        assert_eq!(lines("see /home/ann/x\n```\ncd /root/x\n```\n"), [1, 3]);
        assert_eq!(lines("the guest sees ./root/x, target/home/ and https://example.org/home/x\n"), [0; 0]);
    }

    #[test]
    fn headings_are_named_as_on_github() {
        let text = "# One two\n## 3. `x` & Y\n```\n# no heading\n```\n#no heading\n";
        assert_eq!(headings(text), ["one-two", "3-x--y"]);
    }

    #[test]
    fn a_link_is_looked_up_from_its_file() {
        let root = crate::process::root();
        let from = root.join("xtask/README.md");
        assert!(matches!(find_link(&root, &from, "Cargo.toml"), Target::Found));
        assert!(matches!(find_link(&root, &from, "/Cargo.toml"), Target::Found));
        assert!(matches!(find_link(&root, &from, "src/gone.rs"), Target::NoFile));
        let from = root.join("docs/CONVENTIONS.md");
        assert!(matches!(find_link(&root, &from, "CONVENTIONS.md#names"), Target::Found));
        assert!(matches!(find_link(&root, &from, "#no-such-heading"), Target::NoHeading));
    }
}
