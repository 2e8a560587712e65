//! What an image needs of the firmware that is to run it: `sheave compile --profile` and `--handlers`.
//!
//! Both count the instructions of the image as it was written. Builds leave the others out, by cargo features or one by one.

use crate::output;
use sheave_interp::{
    image::{Image, for_each_instruction, needed_groups},
    isa::{self, table::group},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// The instructions of an image, and how often each stands in the code.
pub struct Needs {
    counts: BTreeMap<u16, usize>,
    /// Bits of [`group`] that the records need.
    groups: u32,
    /// Whether data are to stay in flash.
    has_rodata: bool,
}

impl Needs {
    /// Those of this image, which was verified.
    pub fn of(image: &Image<'_>) -> Needs {
        let mut counts = BTreeMap::new();
        let counted = for_each_instruction(image, |_, token| {
            *counts.entry(token).or_insert(0) += 1;
            Ok(())
        });
        debug_assert!(counted.is_ok(), "a verified image is a sequence of instructions");
        Needs { counts, groups: needed_groups(image), has_rodata: image.has_read_only_data() }
    }

    /// The features of crate `sheave` without which a build refuses the image, or copies data that it need not, in the order of its manifest.
    fn features(&self) -> Vec<&'static str> {
        let mut groups = self.groups;
        let mut is_full = false;
        for (row, form) in self.counts.keys().filter_map(|token| isa::row_of(*token)) {
            groups |= row.get().groups();
            is_full |= form >= row.get().shape.base.len();
        }
        let named = group::NAMES.iter().enumerate().filter(|(bit, _)| groups >> bit & 1 != 0).map(|(_, name)| *name);
        let rodata = self.has_rodata.then_some("rodata");
        is_full.then_some("level-full").into_iter().chain(named).chain(rodata).collect()
    }

    /// Whether it makes structs, arrays or exceptions, which take room of their own.
    pub fn makes_objects(&self) -> bool {
        let names = self.counts.keys().filter_map(|token| isa::row_of(*token)).map(|(row, _)| row.get().name);
        names.into_iter().any(|name| name.contains("struct.new") || name.contains("array.new") || name == "throw")
    }

    /// What to write into a manifest, for people.
    pub fn print(&self) {
        let quoted: Vec<String> = self.features().iter().map(|name| format!("{name:?}")).collect();
        let mut text = String::new();
        let _ = writeln!(text, "features  {}", if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") });
        let _ = writeln!(
            text,
            "          sheave = {{ version = \"{}\", default-features = false, features = [{}] }}",
            env!("CARGO_PKG_VERSION"),
            quoted.join(", ")
        );
        let _ = writeln!(text, "handlers  {} of {}: --handlers FILE lists them", self.counts.len(), isa::TOKENS);
        if self.makes_objects() {
            text += "objects   structs, arrays or exceptions: `Limits::objects_bytes` has to give them room, which is none by default\n";
        }
        output::to_stderr(&text);
    }

    /// The list that the environment variable `SHEAVE_HANDLERS` names to a build: a line for each instruction, sorted.
    pub fn list(&self) -> String {
        let names: BTreeSet<String> = self.counts.keys().map(|token| isa::name(*token)).collect();
        let mut text = format!(
            "# Handlers that an image needs, by `sheave compile --handlers`, version {}. ",
            env!("CARGO_PKG_VERSION")
        );
        text += "SHEAVE_HANDLERS=<path of this file> builds a sheave with these only.\n";
        for name in names {
            text += &name;
            text.push('\n');
        }
        text
    }
}
