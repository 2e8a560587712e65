//! The guests of `examples/guests/small`: what each is, and what it prints and ends with.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::process::root;

const FOLDER: &str = "examples/guests/small";

/// A guest.
pub struct Guest {
    pub wasm: PathBuf,
    pub wasm_bytes: u64,
    pub exit_code: i32,
    /// What it prints.
    pub text: String,
    /// The data segment that stays in flash.
    pub rodata: Option<u32>,
}

/// `guests.toml`, as far as a board's test needs it.
#[derive(Deserialize)]
struct Table {
    guest: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    exit_code: i32,
    rodata: Option<u32>,
}

/// The guest of a name.
///
/// # Errors
/// There is none, or a file of it cannot be read.
pub fn find(name: &str) -> Result<Guest> {
    let folder = root().join(FOLDER);
    let cannot = |file: &Path, error: std::io::Error| Error::new(format!("cannot read {}: {error}", file.display()));
    let read = |file: PathBuf| std::fs::read_to_string(&file).map_err(|error| cannot(&file, error));
    let table: Table = toml::from_str(&read(folder.join("guests.toml"))?)
        .map_err(|error| Error::new(format!("{FOLDER}/guests.toml: {error}")))?;
    let Some(Row { exit_code, rodata, .. }) = table.guest.iter().find(|row| row.name == name) else {
        let names: Vec<&str> = table.guest.iter().map(|row| &*row.name).collect();
        return Err(Error::new(format!("no guest of {FOLDER}")).hint(format!("one of {}", names.join(", "))));
    };
    let wasm = folder.join(format!("{name}.wasm"));
    let wasm_bytes = std::fs::metadata(&wasm).map_err(|error| cannot(&wasm, error))?.len();
    let text = read(folder.join(format!("expect/{name}.txt")))?;
    Ok(Guest { wasm, wasm_bytes, exit_code: *exit_code, text, rodata: *rodata })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_that_boards_name_are_there() {
        let boards = crate::board::manifest::all().unwrap();
        let names: Vec<&String> = boards.iter().flat_map(|board| &board.guests).collect();
        assert!(!names.is_empty());
        for name in names {
            let guest = find(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!guest.text.is_empty(), "{name} prints nothing: nothing would be compared");
        }
        assert!(find("tetris").err().unwrap().to_string().contains("thermometer"));
    }
}
