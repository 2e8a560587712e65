//! One board: its flash, its rings in RAM, its semihosting calls.

use std::io::Write as _;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use probe_rs::flashing::{self, DownloadOptions, ElfLoader, ElfOptions};
use probe_rs::rtt::{self, Rtt, ScanRegion};
use probe_rs::semihosting::SemihostingCommand;
use probe_rs::{Core, CoreStatus, HaltReason, Session};

use crate::files::Files;

/// How often a running board is asked what is new.
const POLL: Duration = Duration::from_millis(1);
/// How long a chip may take for a reset.
const RESET: Duration = Duration::from_secs(1);
/// The handle of everything that a program writes to by semihosting.
const CONSOLE: NonZeroU32 = NonZeroU32::MIN;
/// Exit code after a fault, as the programs have it themselves.
const EXIT_FAULT: u8 = 139;

/// Writes `elf` to the chip's flash; in a dry run only finds out whether and where it would.
pub fn flash(session: &mut Session, elf: &Path, dry_run: bool) -> Result<(), String> {
    let shown = elf.display();
    let loader = flashing::build_loader(session, elf, ElfLoader(ElfOptions::default()), None);
    let loader = loader.map_err(|error| format!("{shown} does not fit the chip: {}", text(error)))?;
    let bytes: usize = loader.data().map(|(_, data)| data.len()).sum();
    eprintln!("{} {bytes} bytes of flash", if dry_run { "would write" } else { "writing" });
    let mut options = DownloadOptions::new();
    options.dry_run = dry_run;
    options.verify = !dry_run;
    loader.commit(session, options).map_err(|error| format!("{shown} was not written: {}", text(error)))
}

/// Starts the program and serves it until it ends; gives its exit code.
pub fn run(session: &mut Session, elf: &Path) -> Result<u8, String> {
    let bytes = std::fs::read(elf).map_err(|error| format!("{}: {error}", elf.display()))?;
    let block = rtt::find_rtt_control_block_in_raw_file(&bytes).map_err(text)?;
    let mut files = Files::open().map_err(|error| format!("the files of the run: {}", text(error)))?;
    let mut core = session.core(0).map_err(text)?;
    core.reset_and_halt(RESET).map_err(text)?;
    if let Some(address) = block {
        // What RAM holds of the run before must not pass for rings.
        Rtt::clear_control_block(&mut core, &ScanRegion::Exact(address)).map_err(text)?;
    }
    core.run().map_err(text)?;
    let mut rings = None;
    loop {
        if let (None, Some(address)) = (&rings, block) {
            // They are there once the program has come to make them.
            rings = Rtt::attach_at(&mut core, address).ok();
        }
        let mut is_busy = false;
        if let Some(rings) = &mut rings {
            is_busy = exchange(&mut core, rings, &mut files)?;
        }
        match core.status().map_err(text)? {
            CoreStatus::Halted(HaltReason::Breakpoint(probe_rs::BreakpointCause::Semihosting(call))) => {
                if let Some(code) = answer(&mut core, call)? {
                    // What it wrote last.
                    while rings.as_mut().map_or(Ok(false), |rings| exchange(&mut core, rings, &mut files))? {}
                    return Ok(code);
                }
                core.run().map_err(text)?;
            }
            CoreStatus::Halted(reason) => return stopped(&format!("{reason:?}")),
            CoreStatus::LockedUp => return stopped("locked up"),
            _ if is_busy => {}
            _ => std::thread::sleep(POLL),
        }
    }
}

fn stopped(reason: &str) -> Result<u8, String> {
    eprintln!("the processor has stopped: {reason}");
    Ok(EXIT_FAULT)
}

/// Moves what there is in both directions; gives whether that was anything.
fn exchange(core: &mut Core<'_>, rings: &mut Rtt, files: &mut Files) -> Result<bool, String> {
    let mut is_busy = false;
    let mut buffer = [0; 1024];
    for channel in rings.up_channels() {
        let count = channel.read(core, &mut buffer).map_err(text)?;
        is_busy |= count > 0;
        files.received(channel.name().unwrap_or_default(), &buffer[..count]).map_err(text)?;
    }
    let requests = files.requests();
    if let (false, Some(channel)) = (requests.is_empty(), rings.down_channel(0)) {
        let count = channel.write(core, requests).map_err(text)?;
        is_busy |= count > 0;
        files.sent(count);
    }
    Ok(is_busy)
}

/// Answers a call; gives the exit code if it is the last.
fn answer(core: &mut Core<'_>, call: SemihostingCommand) -> Result<Option<u8>, String> {
    match call {
        SemihostingCommand::ExitSuccess => return Ok(Some(0)),
        SemihostingCommand::ExitError(details) => return Ok(Some(details.exit_status.map_or(1, |code| code as u8))),
        SemihostingCommand::Open(request) => request.respond_with_handle(core, CONSOLE).map_err(text)?,
        SemihostingCommand::Close(request) => request.success(core).map_err(text)?,
        SemihostingCommand::Write(request) => {
            let bytes = request.read(core).map_err(text)?;
            // A reader that went away is no reason to stop.
            let _ = std::io::stdout().write_all(&bytes);
            request.write_status(core, 0).map_err(text)?;
        }
        SemihostingCommand::Unknown(details) => details.write_status(core, -1).map_err(text)?,
        // Programs of boards make no other calls.
        _ => {}
    }
    Ok(None)
}

/// An error and what caused it: probe-rs's own lines say little without.
pub fn text(error: impl std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use probe_rs::Permissions;
    use probe_rs::architecture::arm::FullyQualifiedApAddress;
    use probe_rs::integration::{FakeProbe, Operation};

    /// A session with a chip that is not there.
    fn session(chip: &str) -> Session {
        let probe = FakeProbe::with_mocked_core();
        if chip.starts_with("nRF52") {
            // It is asked whether it is locked (register 12 of access port 1), and is not.
            let ap = FullyQualifiedApAddress::v1_with_default_dp(1);
            probe.expect_operation(Operation::ReadRawApRegister { ap, address: 12, result: 1 });
        }
        probe.into_probe().attach(chip, Permissions::new()).expect("a chip that probe-rs knows")
    }

    /// An ELF file for Arm with one segment of `length` bytes at `address`, which is its section `.text`.
    fn elf(name: &str, address: u32, length: u32) -> std::path::PathBuf {
        const NAMES: &[u8; 16] = b"\0.text\0.names\0\0\0";
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let halves = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
        let (names_at, sections_at) = (84 + length, 84 + length + 16);
        let file = [
            b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(),
            halves(&[2, 40]),
            words(&[1, address, 52, sections_at, 0x0500_0000]),
            halves(&[52, 32, 1, 40, 3, 2]),
            words(&[1, 84, address, address, length, length, 5, 4]),
            vec![0xaa; length as usize],
            NAMES.to_vec(),
            words(&[0; 10]),
            words(&[1, 1, 6, address, 84, length, 0, 0, 4, 0]),
            words(&[7, 3, 0, 0, names_at, 16, 0, 0, 1, 0]),
        ];
        let path = std::env::temp_dir().join(format!("sheave-probe-{}-{name}", std::process::id()));
        std::fs::write(&path, file.concat()).expect("a folder for temporary files");
        path
    }

    #[test]
    fn a_program_is_laid_out_in_the_flash_of_the_chip() {
        flash(&mut session("nRF52840_xxAA"), &elf("fits", 0, 300_000), true).unwrap();
    }

    #[test]
    fn a_program_beyond_the_chip_s_flash_is_refused() {
        // The first micro:bit has a quarter of the flash.
        let refused = |chip, file: &Path| flash(&mut session(chip), file, true).unwrap_err();
        let error = refused("nRF51822_xxAA", &elf("large", 0, 300_000));
        assert!(error.contains("memory range 0x00000000..0x000493E0"), "{error}");
        let error = refused("nRF52840_xxAA", &elf("nowhere", 0x4000_0000, 16));
        assert!(error.contains("memory range 0x40000000..0x40000010"), "{error}");
    }
}
