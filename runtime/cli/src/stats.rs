//! What `run --stats` prints.

use crate::{
    output,
    units::{show_bytes, show_duration},
};
use clap::ValueEnum;
use serde::Serialize;
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
}

fn microseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_nanos() as f64 / 1e3)
}

impl Stats {
    /// Prints to stderr.
    pub fn print(&self, format: Format) {
        output::to_stderr(&match format {
            Format::Text => self.to_text(),
            Format::Json => serde_json::to_string(self).expect("plain data with string keys") + "\n",
        });
    }

    fn to_text(&self) -> String {
        let loaded = if self.was_image { "verify" } else { "translate" };
        let process = self.process_bytes.map_or(String::new(), |bytes| format!(", process {}", show_bytes(bytes)));
        let fuel = match self.fuel_used {
            Some(used) => used.to_string(),
            None => "not metered (see --fuel)".into(),
        };
        format!(
            "{loaded:<12} {}\nimage        {}\nrun          {}\npeak memory  guest {}{process}\nfuel used    {fuel}\n",
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
