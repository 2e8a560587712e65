//! Modules from files: binary, text or image, told apart by their first bytes and not by their names.

use crate::Failure;
use std::{
    fs,
    io::{self, Read},
    path::Path,
};

/// The bytes of a module and what they are. Text has become binary.
#[derive(Debug)]
pub enum Source {
    /// The Wasm binary format.
    Wasm(Vec<u8>),
    /// A translated module.
    Image(Vec<u8>),
}

impl Source {
    /// Reads a file, or stdin if the path is `-`.
    ///
    /// # Errors
    /// It cannot be read, or its text does not parse, or it is something else, which the hint names if it can.
    pub fn read(path: &Path) -> Result<Source, Failure> {
        let mut bytes = Vec::new();
        let read = if path == Path::new("-") {
            io::stdin().read_to_end(&mut bytes).map(drop)
        } else {
            fs::read(path).map(|content| bytes = content)
        };
        read.map_err(|error| unreadable(path, &error))?;
        Source::from_bytes(path, bytes)
    }

    fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Source, Failure> {
        if bytes.starts_with(&sheave_interp::image::format::MAGIC) {
            return Ok(Source::Image(bytes));
        }
        if bytes.starts_with(b"\0asm") {
            // A component has the layer 1 where a module has 0.
            if bytes.get(6..8) == Some(&[1, 0]) {
                let message = format!("{}: a WebAssembly component, not a module", path.display());
                return Err(Failure::module(message).hint(Some(
                    "components are not supported yet: build for wasm32-wasip1, which gives a module".to_owned(),
                )));
            }
            return Ok(Source::Wasm(bytes));
        }
        if let Some(hint) = foreign(&bytes) {
            let message = format!("{}: neither a module in binary or text nor an image", path.display());
            return Err(Failure::module(message).hint(Some(hint.to_owned())));
        }
        match wat::parse_bytes(&bytes) {
            Ok(wasm) => Ok(Source::Wasm(wasm.into_owned())),
            Err(mut error) => {
                error.set_path(path);
                Err(Failure::module(error))
            }
        }
    }
}

/// What bytes are that cannot be text, in words of advice.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"\x7fELF", "it is a program or object of this machine (ELF): build for a wasm target, such as wasm32-wasip1"),
        (b"\xcf\xfa\xed\xfe", "it is a program of this machine (Mach-O): build for a wasm target"),
        (b"MZ", "it is a program for Windows: build for a wasm target"),
        (b"\x1f\x8b", "it is compressed by gzip: unpack it first"),
        (b"PK\x03\x04", "it is a zip archive: unpack it first"),
        (b"BC\xc0\xde", "it is LLVM bitcode: link it to a wasm module first"),
    ];
    if bytes.is_empty() {
        return Some("the file is empty");
    }
    let known = KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, hint)| *hint);
    known.or_else(|| {
        let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0'));
        (!is_text)
            .then_some("a module begins with the bytes 00 61 73 6d, text with `(module`, an image with 93 73 68 65")
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::module(format!("{}: {}", path.display(), plain(error)));
    match error.kind() {
        io::ErrorKind::NotFound => failure.hint(missing(path)),
        io::ErrorKind::IsADirectory => failure.hint(Some("FILE comes after the options: a module".to_owned())),
        _ => failure,
    }
}

/// Advice on a file that is not there: its directory, or the file most like it.
fn missing(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Some(format!("there is no directory {}", folder.display()));
    }
    let names: Vec<_> =
        fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let close = crate::failure::closest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean {}?", path.with_file_name(close).display()))
}

/// The error in lower case, without the number that std appends.
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// That a file can be read, for those who read it elsewhere.
///
/// # Errors
/// It cannot.
pub fn check_readable(path: &Path) -> Result<(), Failure> {
    let check = fs::File::open(path)
        .and_then(|file| file.metadata())
        .and_then(|metadata| if metadata.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(()) });
    check.map_err(|error| unreadable(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        let found = format!("{:?}", Source::from_bytes(Path::new("any.name"), bytes.to_vec()));
        assert!(found.contains(expected), "{expected:?} in {found}");
    }

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        check(b"\0asm\x01\0\0\0", "Ok(Wasm");
        check(b"(module)", "Ok(Wasm");
        check(b"\x93sheave\n", "Ok(Image");
        check(b"\0asm\x0d\0\x01\0", "component");
        check(b"\x7fELF\x02", "ELF");
        check(b"", "empty");
        check(b"\xff\xfe", "begins with");
        check(b"(module (func", "any.name:1:");
    }
}
