//! Which instructions this build has handlers for: by cargo features, and by the lists of `SHEAVE_HANDLERS`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    ops::Range,
};

use crate::{
    instruction_name, instructions,
    table::{Row, group},
};

/// Which instructions this build has handlers for.
pub struct Available {
    /// Bits of [`group`].
    groups: u32,
    has_level_full: bool,
    /// Instructions as `row:form`, if only those of a list are wanted.
    listed: Option<BTreeSet<String>>,
    /// Instructions that share their arm of the match with no other row.
    hot: BTreeSet<String>,
}

/// The list of instructions that are executed most, one a line, the hottest first.
const HOT: &str = "src/isa/hot.txt";
/// How many of them have arms in builds of level base, which are to be as small as can be: as many as leave what has i64 below 16 KiB.
const HOT_AT_BASE: usize = 8;

/// The instructions in that list that are wanted, the hottest first.
fn hot(is_wanted: impl Fn(&Row, usize) -> bool) -> Vec<String> {
    let text = fs::read_to_string(HOT).expect("the list is there");
    let all: BTreeMap<String, (&Row, usize)> =
        instructions().iter().map(|(row, form)| (instruction_name(row, *form), (*row, *form))).collect();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let is_wanted = |line: &&str| {
        let (row, form) = all.get(*line).unwrap_or_else(|| panic!("{HOT}: no instruction of this version: {line}"));
        is_wanted(row, *form)
    };
    lines.filter(is_wanted).map(str::to_owned).collect()
}

/// The environment variable with the paths, separated as those of `PATH` are, of lists of handlers to keep: a line for each, `row:form`;
/// `#` begins a line that is a comment. `sheave compile --handlers` writes one. A build without the variable keeps all.
pub const HANDLERS: &str = "SHEAVE_HANDLERS";

/// What every image has before its functions.
const PRELUDE: [&str; 2] = ["exit:", "return.cross:"];

/// The instructions in the lists that [`HANDLERS`] names.
fn listed() -> Option<BTreeSet<String>> {
    // The build of the macro that verifies images runs nothing and has to know all instructions.
    env::var_os("CARGO_FEATURE_EXEC")?;
    let paths = env::var_os(HANDLERS).filter(|paths| !paths.is_empty())?;
    let known: BTreeSet<String> = instructions().iter().map(|(row, form)| instruction_name(row, *form)).collect();
    let mut listed: BTreeSet<String> = PRELUDE.map(str::to_owned).into();
    for path in env::split_paths(&paths) {
        let path = path.display();
        println!("cargo::rerun-if-changed={path}");
        let text = fs::read_to_string(path.to_string()).unwrap_or_else(|error| {
            panic!("{HANDLERS}: {path}: {error}; relative paths begin at the package of sheave-interp, so give an absolute one")
        });
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(known.contains(line), "{HANDLERS}: {path}: no instruction of this version: {line}");
            listed.insert(line.to_owned());
        }
    }
    Some(listed)
}

/// Whether several stores, in several threads, can have a memory: where there are threads, and atomics of all widths.
pub fn are_memories_shared() -> bool {
    let has_feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    let has_atomics = env::var("CARGO_CFG_TARGET_HAS_ATOMIC").is_ok_and(|widths| widths.split(',').any(|w| w == "64"));
    has_feature("THREADS") && has_feature("STD") && has_atomics
}

impl Available {
    pub fn of_features() -> Available {
        let has = |feature: &str| {
            env::var_os(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_"))).is_some()
        };
        let groups = group::NAMES.iter().enumerate().filter(|(_, name)| has(name));
        let mut available = Available {
            groups: groups.fold(0, |groups, (bit, _)| groups | 1 << bit),
            has_level_full: has("level-full"),
            listed: listed(),
            hot: BTreeSet::new(),
        };
        let hot = hot(|row, form| available.lack(row, form).is_none());
        available.hot = hot.into_iter().take(if available.has_level_full { usize::MAX } else { HOT_AT_BASE }).collect();
        available
    }

    /// What the build lacks for an instruction, by name.
    pub fn lack(&self, row: &Row, form: usize) -> Option<&'static str> {
        let is_left_out = || self.listed.as_ref().is_some_and(|listed| !listed.contains(&instruction_name(row, form)));
        self.lack_of_features(row, form)
            .or_else(|| is_left_out().then_some("a handler that SHEAVE_HANDLERS leaves out"))
    }

    /// Whether an instruction of a group shares its arm with others of it.
    pub fn shares(&self, row: &Row, form: usize) -> bool {
        self.lack(row, form).is_none() && !self.hot.contains(&instruction_name(row, form))
    }

    /// Whether instructions are to be found fast, at the price of a jump table over all tokens.
    pub fn is_for_speed(&self) -> bool {
        self.has_level_full
    }

    /// Whether there is a handler for any of these forms of a row.
    pub fn any(&self, row: &Row, mut forms: Range<usize>) -> bool {
        forms.any(|form| self.lack(row, form).is_none())
    }

    /// The feature that the build lacks for an instruction.
    pub fn lack_of_features(&self, row: &Row, form: usize) -> Option<&'static str> {
        if form >= row.shape.base.len() && !self.has_level_full {
            return Some("level full");
        }
        // The last one: floats of 64 bits are floats.
        let lacking = row.groups() & !self.groups;
        (0..group::NAMES.len()).rev().find(|bit| lacking >> bit & 1 != 0).map(|bit| group::NAMES[bit])
    }

    /// The tokens without a handler, as ranges with the name of what they need.
    pub fn text(&self) -> String {
        let mut ranges: Vec<(usize, usize, &str)> = Vec::new();
        for (token, (row, form)) in instructions().iter().enumerate() {
            let Some(name) = self.lack(row, *form) else { continue };
            match ranges.last_mut() {
                Some((_, end, last)) if *end == token && *last == name => *end += 1,
                _ => ranges.push((token, token + 1, name)),
            }
        }
        format!(
            "/// Bits of `group`.\npub const GROUPS: u32 = {};\n/// Tokens that this build has no handlers for: the first, the one behind the last, the name of what they need.\npub static LACKING: [(u16, u16, &str); {}] = {ranges:?};\n",
            self.groups,
            ranges.len()
        )
    }
}
