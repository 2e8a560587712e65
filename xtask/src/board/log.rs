//! Logs of boards: frames of defmt, which a program appends to a file while it runs. The texts are in the program's ELF file; here
//! they come together, and every line is shown as it comes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use defmt_decoder::{DecodeError, StreamDecoder, Table};

use crate::error::{Error, Result};

/// The file's name: the programs know it.
const FILE: &str = "log.defmt";

/// The texts of a program's log.
pub struct Texts(Option<Table>);

impl Texts {
    /// Those of an ELF file.
    ///
    /// # Errors
    /// It cannot be read, or its log is in another version's format.
    pub fn read(elf: &Path) -> Result<Self> {
        let cannot = |error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", elf.display()));
        let bytes = std::fs::read(elf).map_err(|error| cannot(&error))?;
        Table::parse(&bytes).map(Self).map_err(|error| cannot(&error))
    }
}

/// A log under way.
pub struct Log<'t> {
    decoder: Option<Box<dyn StreamDecoder + Send + Sync + 't>>,
    file: PathBuf,
    read_bytes: u64,
    /// What has come so far: `INFO text`.
    pub lines: Vec<String>,
}

impl<'t> Log<'t> {
    /// A log that a program writes in `folder`; one that is there is forgotten.
    pub fn new(texts: &'t Texts, folder: &Path) -> Self {
        let file = folder.join(FILE);
        // Mostly there is none.
        let _ = std::fs::remove_file(&file);
        Log { decoder: texts.0.as_ref().map(Table::new_stream_decoder), file, read_bytes: 0, lines: Vec::new() }
    }

    /// Shows the lines that have come since the last time.
    pub fn poll(&mut self) {
        let mut bytes = Vec::new();
        // A file that is not there yet has no lines.
        let Ok(mut file) = File::open(&self.file) else { return };
        let read = file.seek(SeekFrom::Start(self.read_bytes)).and_then(|_| file.read_to_end(&mut bytes));
        self.read_bytes += read.unwrap_or(0) as u64;
        self.take(&bytes);
    }

    fn take(&mut self, bytes: &[u8]) {
        let Some(decoder) = &mut self.decoder else { return };
        decoder.received(bytes);
        loop {
            let line = match decoder.decode() {
                Ok(frame) => {
                    let level = frame.level().map_or("", |level| level.as_str()).to_uppercase();
                    format!("{level:5} {}", frame.display_message())
                }
                Err(DecodeError::UnexpectedEof) => return,
                // The next frame begins with its own mark.
                Err(DecodeError::Malformed) => "a damaged frame".into(),
            };
            println!("log: {line}");
            self.lines.push(line);
        }
    }
}
