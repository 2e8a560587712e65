//! What `run --stats` prints.

use crate::{
    output,
    units::{show_bytes, show_duration},
};
use clap::ValueEnum;
use serde::Serialize;
use sheave::{FamilyStatistics, Statistics};
use std::time::Duration;

/// How figures are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For scripts: one line of JSON.
    Json,
}

/// Figures of a run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Stats {
    /// Whether the module came as an image, so that it was only verified.
    pub was_image: bool,
    /// Time to translate and verify.
    #[serde(rename = "translate_us", serialize_with = "microseconds")]
    pub translate: Duration,
    /// Bytes of the image.
    pub image_bytes: u64,
    /// Time from instantiation to the end.
    #[serde(rename = "run_us", serialize_with = "microseconds")]
    pub run: Duration,
    /// The most bytes of linear memory.
    pub memory_bytes: u64,
    /// The most bytes that the process had in RAM, where the system tells.
    pub process_bytes: Option<u64>,
    /// Fuel used, if it was metered: Wasm operators executed, roughly.
    pub fuel_used: Option<u64>,
    /// What was executed, if this build can count.
    #[serde(flatten)]
    pub executed: Option<Executed>,
    /// Why it was not counted.
    pub not_counted: Option<String>,
}

/// What a guest executed.
#[derive(Clone, Debug, Serialize)]
pub struct Executed {
    /// Instructions; a superinstruction counts as those it stands for.
    instructions: u64,
    /// Jumps from handler to handler; a superinstruction is one.
    dispatches: u64,
    /// Bytes of the guest stack that were used.
    stack_bytes: u64,
    families: Vec<Family>,
}

/// Executed instructions that are about the same thing.
#[derive(Clone, Debug, Serialize)]
struct Family {
    family: &'static str,
    instructions: u64,
    dispatches: u64,
}

impl From<Statistics> for Executed {
    fn from(statistics: Statistics) -> Executed {
        let family = |family: &FamilyStatistics| Family {
            family: family.family,
            instructions: family.instructions,
            dispatches: family.dispatches,
        };
        Executed {
            instructions: statistics.instructions,
            dispatches: statistics.dispatches,
            stack_bytes: statistics.stack_peak_bytes as u64,
            families: statistics.families.iter().map(family).collect(),
        }
    }
}

impl Executed {
    fn to_text(&self) -> String {
        let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
        let Executed { instructions, dispatches, stack_bytes, families } = self;
        let mut text = format!(
            "guest stack  {}\ninstructions {instructions} in {dispatches} dispatches\n\n{:<12} {:>16} {:>7} {:>16} {:>7}\n",
            show_bytes(*stack_bytes),
            "family",
            "instructions",
            "share",
            "dispatches",
            "share",
        );
        for family in families.iter().filter(|family| family.instructions > 0) {
            text += &format!(
                "{:<12} {:>16} {:>6.1}% {:>16} {:>6.1}%\n",
                family.family,
                family.instructions,
                percent(family.instructions, *instructions),
                family.dispatches,
                percent(family.dispatches, *dispatches),
            );
        }
        text
    }
}

fn microseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / 1e3)
}

impl Stats {
    /// Prints to stderr.
    pub fn print(&self, format: Format) {
        output::to_stderr(&match format {
            Format::Text => self.to_text(),
            Format::Json => output::json_line(self),
        });
    }

    fn to_text(&self) -> String {
        let loaded = if self.was_image { "verify" } else { "translate" };
        let process = self.process_bytes.map_or(String::new(), |bytes| format!(", process {}", show_bytes(bytes)));
        let fuel = match self.fuel_used {
            Some(used) => used.to_string(),
            None => "not metered (see --fuel)".into(),
        };
        let (run, executed) = match (&self.executed, &self.not_counted) {
            (Some(executed), _) => (" (while counting)", executed.to_text()),
            (None, reason) => ("", format!("instructions not counted: {}\n", reason.as_deref().unwrap_or_default())),
        };
        format!(
            "{loaded:<12} {}\nimage        {}\nrun          {}{run}\npeak memory  guest {}{process}\nfuel used    {fuel}\n{executed}",
            show_duration(self.translate),
            show_bytes(self.image_bytes),
            show_duration(self.run),
            show_bytes(self.memory_bytes),
        )
    }
}

/// The most bytes that this process had in RAM.
pub fn process_peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}
