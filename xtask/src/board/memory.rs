//! Judges what a board's program `memory` prints: what the engine takes of RAM and of the native stack, for guests of every kind.

use super::{TEST_LIMIT, emulator, firmware, manifest::Manifest};
use crate::error::Result;
use std::path::PathBuf;

/// The most of native stack that a call may take, whatever the guest does.
const CALL_BYTES_MAX: u64 = 512;
/// The same in builds with objects, which collect and unwind: what is measured, in bytes, and not to grow.
const COMPLETE_CALL_BYTES_MAX: u64 = 1152;
/// The most that an instance may take beside its frames, linear memory, globals and table elements.
const RECORDS_BYTES_MAX: u64 = 1024;

/// What `least` ends with.
const LEAST_CODE: i32 = 42;

/// Runs `memory` and `least` on a board that has them, and notes what is wrong.
///
/// # Errors
/// One does not build, or does not end.
pub fn test(board: &Manifest, problems: &mut Vec<String>) -> Result<()> {
    test_memory(board, firmware::memory(board)?, 7, CALL_BYTES_MAX, problems)?;
    test_memory(board, firmware::memory_complete(board)?, 5, COMPLETE_CALL_BYTES_MAX, problems)?;
    if let Some(elf) = firmware::least(board)? {
        let code = emulator::run(board, &elf, TEST_LIMIT)?.code;
        if code != LEAST_CODE {
            problems.push(format!("`least` ended with exit code {code}, not {LEAST_CODE}"));
        }
    }
    Ok(())
}

/// Runs one build of `memory`, which has to tell of so many guests at least.
fn test_memory(
    board: &Manifest,
    elf: Option<PathBuf>,
    guests_min: usize,
    call_max: u64,
    problems: &mut Vec<String>,
) -> Result<()> {
    let Some(elf) = elf else { return Ok(()) };
    let outcome = emulator::run(board, &elf, TEST_LIMIT)?;
    if outcome.code != 0 {
        problems.push(format!("`memory` ended with exit code {}", outcome.code));
    }
    let figures: Vec<Figures> = outcome.text.lines().filter_map(read).collect();
    if figures.len() < guests_min {
        problems.push(format!("`memory` told of {} guests", figures.len()));
    }
    for Figures { name, records, call } in &figures {
        if *call > call_max {
            problems.push(format!("{name}: a call takes {call} bytes of native stack, more than {call_max}"));
        }
        if *records > RECORDS_BYTES_MAX {
            problems
                .push(format!("{name}: an instance takes {records} bytes of records, more than {RECORDS_BYTES_MAX}"));
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Figures {
    name: String,
    records: u64,
    call: u64,
}

/// A line `name: 1 arena, 2 records, 3 load, 4 instantiate, 5 call (returned)`.
fn read(line: &str) -> Option<Figures> {
    let (name, rest) = line.split_once(": ")?;
    let figure = |what: &str| {
        let word = rest.split(", ").find_map(|part| part.split_once(&format!(" {what}")))?.0;
        word.parse().ok()
    };
    Some(Figures { name: name.into(), records: figure("records")?, call: figure("call")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_the_program_prints() {
        let figures = Figures { name: "a".into(), records: 2, call: 5 };
        assert_eq!(read("a: 1 arena, 2 records, 3 load, 4 instantiate, 5 call (returned)"), Some(figures));
        assert_eq!(read("a: needs 1 bytes, there are 2"), None);
    }
}
