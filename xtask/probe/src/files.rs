//! The files of a run, in the folder that the program is started in, and how far they are read or written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};

/// The files.
pub struct Files {
    log: File,
    stream: Option<Stream>,
}

struct Stream {
    requests: Vec<u8>,
    sent_bytes: usize,
    replies: File,
}

impl Files {
    /// Opens them; without a `requests.bin` there is no stream.
    pub fn open() -> io::Result<Files> {
        let append = |name| OpenOptions::new().create(true).append(true).open(name);
        let stream = match fs::read("requests.bin") {
            Ok(requests) => Some(Stream { requests, sent_bytes: 0, replies: append("replies.bin")? }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Files { log: append("log.defmt")?, stream })
    }

    /// What of the stream is still to be sent.
    pub fn requests(&self) -> &[u8] {
        self.stream.as_ref().map_or(&[], |stream| &stream.requests[stream.sent_bytes..])
    }

    /// So many bytes of that are sent.
    pub fn sent(&mut self, count: usize) {
        if let Some(stream) = &mut self.stream {
            stream.sent_bytes += count;
        }
    }

    /// Takes what came over the channel of this name.
    pub fn received(&mut self, channel: &str, bytes: &[u8]) -> io::Result<()> {
        match (channel, &mut self.stream) {
            ("defmt", _) => self.log.write_all(bytes),
            ("stream", Some(stream)) => stream.replies.write_all(bytes),
            _ => Ok(()),
        }
    }
}
