//! `sheave profile`: runs a guest under the sampler; a flame graph, and a table of functions.

use crate::{
    Failure,
    guest::{Guest, Options},
    output,
    units::{self, show_duration},
};
use inferno::flamegraph;
use serde::Serialize;
use sheave::GuestProfile;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Find out where a module spends its time: a flame graph of its functions
///
/// Runs FILE as `sheave run` does, with the same options, and looks once an interval which functions it is in. The graph is an
/// SVG for a browser: each box is a function, as wide as the time in it, above the one that called it; click to zoom. The
/// functions with most time of their own are printed to stderr too.
///
/// Names are those of the module's name section: build with debug names, or without stripping. Time in a host function is that
/// of a box <host> above its caller. The exit code is the program's own.
#[derive(clap::Args)]
#[command(
    override_usage = "sheave profile [OPTIONS] FILE [ARGS]...",
    after_help = "\
Examples:
  sheave profile app.wasm                                     writes app.svg
  sheave profile -o out.svg --dir . grep.wasm -r TODO .       what follows FILE goes to the program
  sheave profile --invoke fib math.wat 30                     one function
  sheave profile --json app.wasm 2>profile.json               all stacks as data"
)]
pub struct Args {
    /// Where the flame graph goes [default: the name of FILE with .svg, in this directory]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Time between two samples, such as 500us or 10ms
    #[arg(long, value_name = "DUR", value_parser = units::duration, default_value = "2ms")]
    interval: Duration,
    /// Functions in the table
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Print functions and stacks as a line of JSON to stderr, not the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    guest: Options,
}

/// The profile as data.
#[derive(Serialize)]
struct Report<'a> {
    interval_us: f64,
    samples: u64,
    /// Most own samples first.
    functions: Vec<Function>,
    stacks: Vec<Stack<'a>>,
}

#[derive(Serialize)]
struct Function {
    name: String,
    own_samples: u64,
    samples: u64,
}

#[derive(Serialize)]
struct Stack<'a> {
    /// Outermost first.
    frames: &'a [Box<str>],
    samples: u64,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut guest = Guest::load(&args.guest)?;
    guest.store.start_sampling(args.interval).map_err(|error| {
        Failure::module(error).hint("builds for x86-64 and AArch64 can, with optimisation".to_owned())
    })?;
    let done = guest.run();
    let profile = guest.store.finish_sampling().expect("begun above");
    let path = args.output.clone().unwrap_or_else(|| graph_name(args.guest.file()));
    // A trap is told in the end, beside what led to it.
    let written = write_graph(&profile, args.guest.file(), &path);
    let report = Report::new(&profile);
    output::to_stderr(&if args.json { output::json_line(&report) } else { report.to_text(args.top, &path) });
    written.and(done)
}

/// `dir/app.wasm` becomes `app.svg`.
fn graph_name(file: &Path) -> PathBuf {
    let name = file.file_stem().filter(|name| *name != "-").unwrap_or("profile".as_ref());
    Path::new(name).with_added_extension("svg")
}

/// Writes the flame graph; none if there are no samples.
fn write_graph(profile: &GuestProfile, file: &Path, path: &Path) -> Result<(), Failure> {
    if profile.samples() == 0 {
        return Ok(());
    }
    let mut options = flamegraph::Options::default();
    options.title = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    options.subtitle = Some(format!("{} samples, one in {}", profile.samples(), show_duration(profile.interval())));
    // The same functions in the same colours each time.
    options.deterministic = true;
    let (folded, mut svg) = (profile.folded(), Vec::new());
    flamegraph::from_lines(&mut options, folded.lines(), &mut svg)
        .and_then(|()| fs::write(path, svg))
        .map_err(|error| Failure::module(format!("{}: {}", path.display(), crate::source::plain(&error))))
}

impl<'a> Report<'a> {
    fn new(profile: &'a GuestProfile) -> Report<'a> {
        let functions = profile.functions().into_iter().map(|function| Function {
            name: function.name.into(),
            own_samples: function.own_samples,
            samples: function.samples,
        });
        let stacks = profile.stacks().iter().map(|stack| Stack { frames: &stack.frames, samples: stack.samples });
        Report {
            interval_us: profile.interval().as_nanos() as f64 / 1e3,
            samples: profile.samples(),
            functions: functions.collect(),
            stacks: stacks.collect(),
        }
    }

    fn to_text(&self, top: usize, path: &Path) -> String {
        if self.samples == 0 {
            return format!("no samples, no graph: the guest ran for less than {} µs\n", self.interval_us);
        }
        let percent = |samples: u64| 100.0 * samples as f64 / self.samples as f64;
        let mut text = format!("{} samples, {}\n{:>7} {:>7}  function\n", self.samples, path.display(), "own", "all");
        for Function { name, own_samples, samples } in self.functions.iter().take(top) {
            text += &format!("{:>6.1}% {:>6.1}%  {name}\n", percent(*own_samples), percent(*samples));
        }
        if self.functions.len() > top {
            text += &format!("and {} more; --top N shows them, --json all\n", self.functions.len() - top);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graph_is_named_after_the_module() {
        for (file, expected) in [("a/app.wasm", "app.svg"), ("math.v2.wat", "math.v2.svg"), ("-", "profile.svg")] {
            assert_eq!(graph_name(Path::new(file)), Path::new(expected));
        }
    }
}
