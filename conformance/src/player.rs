//! What a device runs: takes requests from a link, runs their commands, answers each with its outcome.
//!
//! It needs an allocator: scripts import memories, tables and globals and pass references, which the embedding API
//! without one ([`sheave::arena`]) does not do. How much guests may take is bounded all the same: what does not fit into
//! [`Board::memory_bytes`] is skipped and says so. The heap needs room for the engine, one message and its module beside that; a
//! message for which there is none is not read, and counts as one whose module does not fit.

use alloc::{string::ToString, vec::Vec};
use core::cell::Cell;

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
    while let Some(pending) = stream::read_head(link)? {
        if let Some(runner) = &mut runner
            && !pending.fits()
            && !runner.make_room(|| pending.fits())
        {
            let outcome = runner.lose_module(pending.length());
            pending.skip(link)?;
            tally.skipped += 1;
            stream::write(link, &Reply::Outcome(outcome))?;
            continue;
        }
        let reply = match pending.read(link)? {
            Request::Hello { version: VERSION } => Reply::Hello(board.clone()),
            Request::Hello { .. } => return Err(StreamError::Unknown),
            Request::Script { .. } => {
                // The old store goes before the new one comes: there may be room for one only.
                drop(runner.take());
                runner = Some(Runner::new(Session::new(size), Images::default()));
                Reply::Ready
            }
            Request::Step(mut step) => {
                let Some(runner) = &mut runner else { return Err(StreamError::Unknown) };
                runner.modules().image.set(step.command.take_image());
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
#[derive(Default)]
struct Images {
    /// That of the command, which the module takes over: there is room for it once.
    image: Cell<Vec<u8>>,
}

impl Modules for Images {
    fn define(&self, session: &Session, module: &ModuleSource) -> Result<Compiled, Outcome> {
        match module {
            ModuleSource::Image(_) => session.load(self.image.take()).map_err(runner::not_made),
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

#[cfg(all(test, feature = "host"))]
mod tests {
    use super::*;
    use crate::{
        engine::Settings,
        features::FeatureSet,
        images::{self, Place},
        stream::{frame, unframe},
        wast,
    };
    use alloc::{format, vec};

    struct Pipe<'a> {
        requests: &'a [u8],
        replies: Vec<u8>,
    }

    impl Link for Pipe<'_> {
        type Error = ();

        fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
            let count = buffer.len().min(self.requests.len());
            let (now, later) = self.requests.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.requests = later;
            Ok(count)
        }

        fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
            self.replies.extend(bytes);
            Ok(())
        }
    }

    fn replies(requests: &[u8]) -> Vec<Reply> {
        let board =
            Board { version: VERSION, name: "b".into(), pointer_bits: 8, memory_bytes: 100_000, stack_bytes: 4096 };
        let mut pipe = Pipe { requests, replies: Vec::new() };
        // What it refuses it has answered.
        let _ = play(&mut pipe, &board);
        let (mut rest, mut replies) = (&pipe.replies[..], Vec::new());
        while let Some((reply, used)) = unframe(rest).expect("sound frames") {
            replies.push(reply);
            rest = &rest[used..];
        }
        replies
    }

    /// Checks the outcome of a script's last command by a part of its debug form.
    fn check(script: &str, last: &str) {
        let script = wast::parse(script).expect("a script");
        let mut requests = frame(&Request::Script { name: "s".into() });
        for place in images::places(
            &script,
            Settings { features: FeatureSet::all(), fuel: None, lazy: false, collects_always: false },
        ) {
            let Place::Device(step) = place else { panic!("a step for the host") };
            requests.extend(frame(&Request::Step(step)));
        }
        let outcome = format!("{:?}", replies(&requests).last().expect("a reply"));
        assert!(outcome.contains(last), "expected {last}, got {outcome}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let module = "(module $m (func (export \"f\") (result i32) (i32.const 3)) (func (export \"t\") unreachable))";
        check(&format!("{module} (assert_return (invoke $m \"f\") (i32.const 3))"), "Passed");
        check(
            &format!("{module} (assert_return (invoke $m \"f\") (i32.const 4))"),
            "Failed(\"expected [I32(4)], got [I32(3)]",
        );
        check(&format!("{module} (assert_trap (invoke $m \"t\") \"unreachable\")"), "Passed");
        check(&format!("{module} (assert_trap (invoke $m \"t\") \"integer overflow\")"), "Failed");
        check(&format!("{module} (module (import \"m\" \"f\" (func)))"), "Failed(\"UnknownImport");
        check("(module (type $f (func)) (type (cont $f)))", "Skipped(\"needs stack-switching\")");
        check("(module (memory 2))", "Skipped(\"needs 131072 bytes of memory, the board has 100000");
    }

    #[test]
    fn a_call_for_which_the_stack_is_too_small_is_skipped() {
        let module = "(module (func $f (export \"f\") (call $f)))";
        let invoke = "(invoke \"f\")";
        check(
            &format!("{module} (assert_return {invoke})"),
            "Skipped(\"needs more guest stack than the board's 4096 bytes",
        );
        check(&format!("{module} (assert_exhaustion {invoke} \"call stack exhausted\")"), "Passed");
        let other = "(assert_return (invoke \"g\"))";
        check(&format!("{module} (assert_exhaustion {invoke} \"call stack exhausted\") {other}"), "Failed");
    }

    #[test]
    fn what_needs_a_module_that_was_not_read_is_skipped() {
        let mut runner =
            Runner::new(Session::new(Size { stack_bytes: 4096, memory_bytes: 100_000 }), Images::default());
        let register = crate::Command::Register { import_name: "m".into(), instance: Some("m".into()) };
        assert!(matches!(runner.step(1, &register), Outcome::Failed(_)));
        let lost = runner.lose_module(5000);
        assert_eq!(lost, Outcome::Skipped("needs 5000 bytes in one piece for its module, more than is left".into()));
        assert_eq!(runner.step(2, &register), lost);
        assert!(!runner.make_room(|| false) && runner.make_room(|| true));
    }

    #[test]
    fn a_script_knows_nothing_of_the_one_before() {
        let step = |command| frame(&Request::Step(crate::Step { line: 1, command }));
        let script = || frame(&Request::Script { name: "s".into() });
        let image = images::places(
            &wast::parse("(module $m)").expect("a script"),
            Settings { features: FeatureSet::all(), fuel: None, lazy: false, collects_always: false },
        );
        let [Place::Device(module)] = &image[..] else { panic!("one step") };
        let register = || step(crate::Command::Register { import_name: "m".into(), instance: Some("m".into()) });
        let requests = [script(), step(module.command.clone()), register(), script(), register()].concat();
        let replies = replies(&requests);
        assert_eq!(replies[2], Reply::Outcome(Outcome::Passed));
        assert_eq!(replies[4], Reply::Outcome(Outcome::Failed("no instance $m".into())));
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        let refuses = |requests: &[u8]| matches!(replies(requests).last(), Some(Reply::Refused(_)));
        assert!(refuses(&frame(&Request::Hello { version: VERSION + 1 })));
        assert!(refuses(&frame(&Request::Step(crate::Step {
            line: 1,
            command: crate::Command::Register { import_name: "m".into(), instance: None }
        }))));
        assert!(refuses(&[1, 2, 3]));
        assert_eq!(replies(&frame(&Request::End)), vec![Reply::End(Tally::default())]);
    }
}
