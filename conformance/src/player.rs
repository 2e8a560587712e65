//! What a device runs: takes requests from a link, runs their commands, answers each with its outcome.
//!
//! It needs an allocator: scripts import memories, tables and globals and pass references, which the embedding API
//! without one ([`sheave::arena`]) does not do. How much guests may take is bounded all the same: what does not fit into
//! [`Board::memory_bytes`] is skipped and says so. The heap needs room for the engine, one message and its module beside that.

use alloc::{string::ToString, vec::Vec};

use crate::{
    ModuleSource, Outcome,
    engine::{Compiled, Session, Size},
    runner::{self, Modules, Runner},
    stream::{self, Board, Link, Reply, Request, StreamError, Tally, VERSION},
};

/// Runs what comes over the link, up to the request `End` or the end of the stream.
///
/// # Errors
///
/// The link fails, or what comes is no request; where that is possible, the host has been told so.
pub fn play<L: Link>(link: &mut L, board: &Board) -> Result<Tally, StreamError<L::Error>> {
    let mut tally = Tally::default();
    match play_requests(link, board, &mut tally) {
        Ok(()) => Ok(tally),
        Err(error @ StreamError::Link(_)) => Err(error),
        Err(error) => {
            stream::write(link, &Reply::Refused(error.to_string()))?;
            Err(error)
        }
    }
}

fn play_requests<L: Link>(link: &mut L, board: &Board, tally: &mut Tally) -> Result<(), StreamError<L::Error>> {
    let size = Size { stack_bytes: board.stack_bytes as usize, memory_bytes: board.memory_bytes };
    let mut runner: Option<Runner<Images>> = None;
    let mut buffer = Vec::new();
    while let Some(request) = stream::read(link, &mut buffer)? {
        let reply = match request {
            Request::Hello { version: VERSION } => Reply::Hello(board.clone()),
            Request::Hello { .. } => return Err(StreamError::Unknown),
            Request::Script { .. } => {
                // The old store goes before the new one comes: there may be room for one only.
                drop(runner.take());
                runner = Some(Runner::new(Session::new(size), Images));
                Reply::Ready
            }
            Request::Step(step) => {
                let Some(runner) = &mut runner else { return Err(StreamError::Unknown) };
                let outcome = runner.step(step.line, &step.command);
                match &outcome {
                    Outcome::Passed | Outcome::TextOnly | Outcome::HostOnly(_) => tally.passed += 1,
                    Outcome::Failed(_) => tally.failed += 1,
                    Outcome::Skipped(_) => tally.skipped += 1,
                }
                Reply::Outcome(outcome)
            }
            Request::End => {
                drop(runner.take());
                return stream::write(link, &Reply::End(*tally));
            }
        };
        stream::write(link, &reply)?;
    }
    Ok(())
}

/// Loads images; there is no translator here.
struct Images;

impl Modules for Images {
    fn define(&self, session: &Session, module: &ModuleSource) -> Result<Compiled, Outcome> {
        match module {
            ModuleSource::Image(image) => session.load(image).map_err(|failure| Outcome::Failed(runner::got(&failure))),
            ModuleSource::Refused(outcome) => Err(outcome.clone()),
            ModuleSource::Binary(_) | ModuleSource::RejectedText(_) => {
                Err(Outcome::Failed("a device takes images".into()))
            }
        }
    }

    fn assert_rejected(&self, _: &Session, _: &ModuleSource, _: &str) -> Outcome {
        Outcome::Failed("a device judges no wasm".into())
    }
}
