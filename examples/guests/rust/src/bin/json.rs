//! `json [--compact | --indent N] [--sort] [--colour] [--get PATH] [FILE]`: checks JSON with serde_json and prints it again, indented or
//! in one line; `--get` picks a part by a path like `.users[0].name`. Bad input leaves with code 1 and the place of the error.
#![forbid(unsafe_code)]

use guests::{Args, fail, read_input, write_stdout};
use serde_json::Value;
use std::process;

const USAGE: &str = "usage: json [--compact | --indent N] [--sort] [--colour] [--get PATH] [FILE]";

fn main() {
    let mut args = Args::from_env();
    let compact = args.flag(&["--compact"]);
    let sort = args.flag(&["--sort"]);
    let colour = args.flag(&["--colour", "--color"]);
    let indent = args.number("--indent").unwrap_or(2);
    let path = args.value("--get");
    let operands = args.operands(USAGE);
    let name = operands.first().map(String::as_str);
    let mut document: Value = serde_json::from_slice(&read_input(name)).unwrap_or_else(|error| {
        println!("{}: {error}", name.unwrap_or("stdin"));
        process::exit(1)
    });
    if sort {
        document.sort_all_objects();
    }
    let part = match &path {
        Some(path) => get(&document, path).unwrap_or_else(|at| {
            println!("nothing at {at}");
            process::exit(1)
        }),
        None => &document,
    };
    let mut writer = Writer { out: String::new(), indent: (!compact).then_some(indent), colour };
    writer.value(part, 0);
    writer.out.push('\n');
    write_stdout(writer.out.as_bytes());
}

/// Follows `.key` and `[index]` steps; the error is the path up to the step that leads nowhere.
fn get<'a>(document: &'a Value, path: &'a str) -> Result<&'a Value, &'a str> {
    let (mut value, mut rest) = (document, path);
    while !rest.is_empty() {
        let (step, after) = split_step(rest).unwrap_or_else(|| fail(&format!("bad path: {path}")));
        let next = match step {
            Step::Key("") => Some(value),
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        };
        value = next.ok_or(&path[..path.len() - after.len()])?;
        rest = after;
    }
    Ok(value)
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

fn split_step(path: &str) -> Option<(Step<'_>, &str)> {
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        return Some((Step::Index(index.parse().ok()?), rest));
    }
    let rest = path.strip_prefix('.')?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    Some((Step::Key(&rest[..end]), &rest[end..]))
}

struct Writer {
    out: String,
    /// Blanks per level, or none for one line.
    indent: Option<usize>,
    colour: bool,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Array(items) => {
                let count = items.len();
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.new_line(depth + 1);
                    self.value(item, depth + 1);
                    self.comma(index + 1 < count);
                }
                self.close(count, depth, ']');
            }
            Value::Object(members) => {
                let count = members.len();
                self.out.push('{');
                for (index, (key, item)) in members.iter().enumerate() {
                    self.new_line(depth + 1);
                    self.paint(&Value::from(key.as_str()).to_string(), "1;34");
                    self.out.push_str(if self.indent.is_some() { ": " } else { ":" });
                    self.value(item, depth + 1);
                    self.comma(index + 1 < count);
                }
                self.close(count, depth, '}');
            }
            Value::String(_) => self.paint(&value.to_string(), "32"),
            Value::Number(_) => self.paint(&value.to_string(), "36"),
            Value::Bool(_) | Value::Null => self.paint(&value.to_string(), "35"),
        }
    }

    fn comma(&mut self, more: bool) {
        if more {
            self.out.push(',');
        }
    }

    fn close(&mut self, count: usize, depth: usize, bracket: char) {
        if count > 0 {
            self.new_line(depth);
        }
        self.out.push(bracket);
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(indent) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }

    fn paint(&mut self, text: &str, code: &str) {
        if self.colour {
            self.out.push_str(&format!("\x1b[{code}m{text}\x1b[0m"));
        } else {
            self.out.push_str(text);
        }
    }
}
