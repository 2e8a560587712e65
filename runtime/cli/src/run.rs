//! `sheave run`: a module or image, with what it is granted.

use crate::{
    Failure,
    guest::{Guest, Options},
    stats::{self, Format, Stats},
};
use std::{process::ExitCode, time::Instant};

/// Run a module: a WASI program, or one of its functions
///
/// FILE is a module, binary or text, or an image that `sheave compile` made; `-` stands for stdin. What follows it goes to
/// the program, also what begins with `-`.
///
/// The program has stdin, stdout, stderr, clocks and random numbers. Directories and environment variables it has only
/// if they are granted here. It exits with its own exit code; 134 stands for a trap, or an exception that nobody caught, whose
/// backtrace is printed.
#[derive(clap::Args)]
#[command(
    override_usage = "sheave run [OPTIONS] FILE [ARGS]...",
    after_help = "\
Examples:
  sheave run hello.wasm
  sheave run --dir . --env LANG=C grep.wasm -r TODO .         may see this directory
  sheave run --dir /srv/data::/data report.wasm /data/in.csv  sees it as /data
  sheave run --invoke add math.wat 2 -3                       prints the sum
  sheave run --timeout 2s --max-memory 64MiB plugin.wasm      as much and no more
  sheave run --stats app.wasm                                 counts what it does"
)]
pub struct Args {
    /// Print times, sizes and executed instructions to stderr in the end
    ///
    /// The program takes many times as long, because each instruction is counted.
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    stats: Option<Format>,
    #[command(flatten)]
    guest: Options,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut guest = Guest::load(&args.guest)?;
    let Some(format) = args.stats else { return guest.run() };
    let refusal = guest.store.start_counting().err();
    let began = Instant::now();
    let done = guest.run();
    let stats = Stats {
        was_image: guest.was_image,
        translate: guest.loading,
        image_bytes: guest.image_bytes(),
        run: began.elapsed(),
        memory_bytes: guest.store.data().memory.bytes,
        process_bytes: stats::process_peak_bytes(),
        fuel_used: args.guest.fuel().and_then(|fuel| Some(fuel - guest.store.get_fuel().ok()?)),
        executed: guest.store.statistics().map(Into::into),
        not_counted: refusal.map(|refusal| refusal.to_string()),
    };
    stats.print(format);
    done
}
