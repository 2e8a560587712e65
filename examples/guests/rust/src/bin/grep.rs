//! `grep [-i] [-v] [-n] [-c] [-o] [-r] [--colour] PATTERN [FILE…]`: prints the lines that match a regular expression (crate regex-lite), from
//! files, folders (`-r`, in name order) or stdin. Leaves with code 1 if no line matches, as the original does.
#![forbid(unsafe_code)]

use guests::{Args, describe, fail, read_input, write_stdout};
use regex_lite::{Regex, RegexBuilder};
use std::fs;
use std::process;

const USAGE: &str = "usage: grep [-i] [-v] [-n] [-c] [-o] [-r] [--colour] PATTERN [FILE...]";

struct Grep {
    regex: Regex,
    invert: bool,
    numbers: bool,
    count: bool,
    only: bool,
    colour: bool,
    with_name: bool,
    out: String,
    matches: usize,
}

fn main() {
    let mut args = Args::from_env();
    let ignore_case = args.flag(&["-i"]);
    let (invert, numbers, count, only) =
        (args.flag(&["-v"]), args.flag(&["-n"]), args.flag(&["-c"]), args.flag(&["-o"]));
    let recursive = args.flag(&["-r"]);
    let colour = args.flag(&["--colour", "--color"]);
    let mut operands = args.operands(USAGE).into_iter();
    let pattern = operands.next().unwrap_or_else(|| fail(USAGE));
    let regex = RegexBuilder::new(&pattern).case_insensitive(ignore_case).build();
    let regex = regex.unwrap_or_else(|error| fail(&format!("{pattern}: {error}")));
    let mut files = Vec::new();
    for operand in operands {
        if recursive { walk(&operand, &mut files) } else { files.push(operand) }
    }
    let with_name = recursive || files.len() > 1;
    if files.is_empty() {
        files.push("-".to_string());
    }
    let mut grep = Grep { regex, invert, numbers, count, only, colour, with_name, out: String::new(), matches: 0 };
    for file in &files {
        let bytes = read_input(Some(file));
        grep.file(file, &String::from_utf8_lossy(&bytes));
    }
    write_stdout(grep.out.as_bytes());
    process::exit(i32::from(grep.matches == 0));
}

/// Adds `path`, or every file below it in the order of names.
fn walk(path: &str, files: &mut Vec<String>) {
    let is_dir = fs::metadata(path).unwrap_or_else(|error| fail(&format!("{path}: {}", describe(&error)))).is_dir();
    if !is_dir {
        files.push(path.to_string());
        return;
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| fail(&format!("{path}: {}", describe(&error))));
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names {
        walk(&format!("{}/{name}", path.trim_end_matches('/')), files);
    }
}

impl Grep {
    fn file(&mut self, name: &str, text: &str) {
        let mut count = 0;
        for (index, line) in text.lines().enumerate() {
            if self.regex.is_match(line) == self.invert {
                continue;
            }
            count += 1;
            if self.count {
                continue;
            }
            if self.only && !self.invert {
                let found: Vec<&str> = self.regex.find_iter(line).map(|found| found.as_str()).collect();
                for found in found {
                    self.print(name, index + 1, found);
                }
            } else {
                self.print(name, index + 1, line);
            }
        }
        if self.count {
            let head = if self.with_name { format!("{name}:") } else { String::new() };
            self.out.push_str(&format!("{head}{count}\n"));
        }
        self.matches += count;
    }

    fn print(&mut self, name: &str, number: usize, line: &str) {
        if self.with_name {
            self.out.push_str(&self.paint(name, "35"));
            self.out.push(':');
        }
        if self.numbers {
            self.out.push_str(&self.paint(&number.to_string(), "32"));
            self.out.push(':');
        }
        if self.colour && !self.invert {
            let marked = self.regex.replace_all(line, "\x1b[1;31m$0\x1b[0m").into_owned();
            self.out.push_str(&marked);
        } else {
            self.out.push_str(line);
        }
        self.out.push('\n');
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}
