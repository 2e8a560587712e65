//! Runs a board's program on real hardware, through a debug probe: writes it to flash, starts it, and stands where an emulator would.
//! In the folder it is started in it appends the program's log to `log.defmt`; if there is a `requests.bin` it plays that stream
//! (docs/device-stream.md) over RTT and appends replies to `replies.bin`. It ends with the program's exit code.
//!
//! `cargo xtask board run --probe` and `cargo xtask conformance --probe` start it. `board.rs` is one board, `files.rs` the folder.

mod board;
mod files;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use probe_rs::{Permissions, Session, probe::list::Lister};

/// Write a program to the flash of a board and run it there, through a debug probe.
///
/// Whatever the flash held before is overwritten. The program's exit code is this one's; 2 means that there is no probe, or no board.
#[derive(Parser)]
#[command(after_help = "Examples:\n  \
    sheave-probe --list\n  \
    sheave-probe --chip nRF52840_xxAA target/boards/thumbv7em-none-eabihf/release/hello\n  \
    sheave-probe --chip nRF52840_xxAA --dry-run hello     what would be written, and where")]
struct Args {
    /// List the probes that are plugged in, and stop
    #[arg(long)]
    list: bool,
    /// The chip, as probe-rs names it
    #[arg(long, value_name = "NAME", required_unless_present = "list")]
    chip: Option<String>,
    /// The probe, as VENDOR:PRODUCT or VENDOR:PRODUCT:SERIAL in hexadecimal; without it there must be one only
    #[arg(long, value_name = "PROBE")]
    probe: Option<String>,
    /// Look at the program and the chip's memory, write nothing
    #[arg(long)]
    dry_run: bool,
    /// The program
    #[arg(value_name = "ELF", required_unless_present = "list")]
    elf: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<u8, String> {
    let lister = Lister::new();
    let (Some(chip), Some(elf), false) = (&args.chip, &args.elf, args.list) else {
        let probes = lister.list_all();
        probes.iter().for_each(|probe| println!("{probe}"));
        return if probes.is_empty() { Err(NO_PROBE.into()) } else { Ok(0) };
    };
    let mut session = open(&lister, args.probe.as_deref(), chip)?;
    board::flash(&mut session, elf, args.dry_run)?;
    if args.dry_run { Ok(0) } else { board::run(&mut session, elf) }
}

const NO_PROBE: &str = "no debug probe is plugged in\nhint: on Linux a probe needs a udev rule: https://probe.rs/docs/getting-started/probe-setup";

/// A session with the chip behind the probe.
fn open(lister: &Lister, probe: Option<&str>, chip: &str) -> Result<Session, String> {
    let probe = match probe {
        Some(name) => {
            let selector = name.parse::<probe_rs::probe::DebugProbeSelector>();
            lister.open(selector.map_err(|error| format!("--probe {name}: {}", board::text(error)))?)
        }
        None => match &lister.list_all()[..] {
            [] => return Err(NO_PROBE.into()),
            [one] => one.open(),
            more => {
                let names: Vec<String> = more.iter().map(ToString::to_string).collect();
                return Err(format!(
                    "{} probes are plugged in\nhint: --probe says which:\n{}",
                    more.len(),
                    names.join("\n")
                ));
            }
        },
    };
    let probe = probe.map_err(|error| format!("the probe cannot be opened: {}", board::text(error)))?;
    // To erase a locked chip takes a permission that is not given here: what is on it may be somebody's.
    probe.attach(chip, Permissions::new()).map_err(|error| format!("{chip}: {}", board::text(error)))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Args::command().debug_assert();
    }
}
