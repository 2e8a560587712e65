//! The player in this process, on a thread of its own: the same code as on a device, without wasm.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use super::{Device, LastWords};
use crate::{
    player,
    stream::{Board, Link, VERSION},
};

/// A device that is a thread.
pub struct InProcess {
    board: Board,
    replies: Arc<Mutex<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl InProcess {
    /// With so much memory for guests.
    pub fn new(memory_bytes: u64) -> Self {
        let board = Board {
            version: VERSION,
            name: "in process".into(),
            pointer_bits: usize::BITS as u8,
            memory_bytes,
            stack_bytes: 1 << 20,
        };
        Self { board, replies: Arc::default(), thread: None }
    }
}

/// Reads from memory, writes to memory that others can see.
struct Memory {
    requests: Vec<u8>,
    read_bytes: usize,
    replies: Arc<Mutex<Vec<u8>>>,
}

impl Link for Memory {
    type Error = Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let rest = &self.requests[self.read_bytes..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read_bytes += count;
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(())
    }
}

impl Device for InProcess {
    fn start(&mut self, requests: Vec<u8>) -> Result<(), String> {
        self.replies = Arc::default();
        let mut link = Memory { requests, read_bytes: 0, replies: Arc::clone(&self.replies) };
        let board = self.board.clone();
        // A stream that the player refuses is one that it has answered so.
        let play = move || drop(player::play(&mut link, &board));
        let thread = thread::Builder::new().spawn(play).map_err(|error| format!("no thread to run on: {error}"))?;
        self.thread = Some(thread);
        Ok(())
    }

    fn poll(&mut self, replies: &mut Vec<u8>) -> Result<bool, String> {
        // In this order: what comes last is not missed.
        let is_running = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        replies.append(&mut self.replies.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(is_running)
    }

    fn stop(&mut self) -> LastWords {
        // One that does not end cannot be made to: it is left behind.
        let finished = self.thread.take().filter(JoinHandle::is_finished);
        let panicked = finished.and_then(|thread| thread.join().err());
        let text = panicked.map_or(String::new(), |payload| message(&*payload).to_string());
        LastWords { text, is_out_of_memory: false }
    }
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
