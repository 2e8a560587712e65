//! `sheave bound`: what memory an instance takes on a microcontroller, before it runs.

use crate::{
    Failure,
    needs::Needs,
    output,
    source::Source,
    stack_depth::{self, Depth},
    translation::{self, Translation},
    units,
};
use serde::Serialize;
use sheave_interp::store::{
    bound::{Bound, Sizes},
    limits::Limits,
};
use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

/// Say how large an arena has to be for an instance, to the byte
///
/// On a microcontroller a store lives in memory that the program hands over (`sheave::arena`). This prints how much it needs for one
/// instance, and of what: exactly, so that one byte less is too little. A module is translated first, as `sheave compile` would.
///
/// How much guest stack a program needs can be computed if no function calls itself, by way of others or through a table; then that is what
/// is taken. Otherwise it has to be chosen. So has the room for structs, arrays and exceptions, which is none unless you say how much: it
/// depends on how many are alive at once.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave bound app.image                          computes the guest stack, if it can be computed
  sheave bound app.wasm --stack-bytes 2KiB        with a guest stack of that size
  sheave bound app.wasm --calls-depth 10          with room for ten calls of the function with the largest frame
  sheave bound app.wasm --objects-bytes 4KiB      with room for structs, arrays and exceptions
  sheave bound --rodata app.wasm                  with read-only data left in flash
  sheave bound --json app.image | jq .microcontroller.arena_bytes

In a program, `Bound::of(IMAGE, STACK_BYTES)` of `sheave::arena` is the same, at compile time.")]
pub struct Args {
    /// Module, binary or text, or image
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The guest stack: as in `Limits::stack_bytes`
    #[arg(long, value_name = "BYTES", value_parser = units::bytes, conflicts_with = "calls_depth")]
    stack_bytes: Option<u64>,
    /// A guest stack for so many calls, one in the other, of the function with the largest frame
    #[arg(long, value_name = "CALLS")]
    calls_depth: Option<u32>,
    /// Room for structs, arrays and exceptions: as in `Limits::objects_bytes`
    #[arg(long, value_name = "BYTES", value_parser = units::bytes, default_value = "0")]
    objects_bytes: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    how: Translation,
}

/// What is printed.
#[derive(Serialize)]
struct Report {
    file: String,
    stack_bytes: u64,
    /// Where that figure comes from.
    stack: &'static str,
    /// Why the stack that the program needs is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_unknown: Option<String>,
    largest_frame_bytes: u64,
    /// What goes wrong for want of room for objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    objects_missing: Option<&'static str>,
    microcontroller: Machine,
    host: Machine,
}

/// The bound on a kind of machine.
#[derive(Serialize)]
struct Machine {
    arena_bytes: usize,
    arena_align: usize,
    stack_bytes: usize,
    memory_bytes: usize,
    /// Data of the memory that stay in flash.
    rodata_bytes: usize,
    elements_bytes: usize,
    globals_bytes: usize,
    objects_bytes: usize,
    records_bytes: usize,
    /// So much more for all that the memory may grow; nothing if that has no limit, or several things grow.
    growth_bytes: Option<u64>,
}

/// Of a guest that makes objects, and has no room for any.
const OBJECTS_MISSING: &str = "structs, arrays and exceptions have no room, and the first one traps (out of heap memory); choose with --objects-bytes";

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let image = translation::image(&args.file, Source::read(&args.file)?, args.how)?;
    let parsed = image.parse().map_err(|error| translation::bad_image(&args.file, &error))?;
    let Depth { deepest, largest_frame } = stack_depth::of(&parsed);
    let default = if cfg!(target_pointer_width = "64") { 16 << 10 } else { Limits::DEFAULT.stack_bytes as u64 };
    let (stack_bytes, stack) = match (args.stack_bytes, args.calls_depth, &deepest) {
        (Some(bytes), ..) => (bytes, "given"),
        (None, Some(calls), _) => (largest_frame.saturating_mul(calls.into()), "that many of the largest frame"),
        (None, None, Ok(bytes)) => (*bytes, "computed: the deepest calls"),
        (None, None, Err(_)) => (default, "the default of a microcontroller"),
    };
    let stack_bytes = stack_bytes.next_multiple_of(8);
    let bound = |sizes: &Sizes| {
        let bytes = usize::try_from(stack_bytes).ok()?;
        let objects_bytes = usize::try_from(args.objects_bytes).ok()?;
        let bound = Bound::with_objects(sizes, image.as_bytes(), bytes, objects_bytes)?;
        Some(Machine {
            arena_bytes: bound.bytes,
            arena_align: sizes.arena_align,
            stack_bytes: bound.stack_bytes,
            memory_bytes: bound.memory_bytes,
            rodata_bytes: bound.rodata_bytes,
            elements_bytes: bound.elements_bytes,
            globals_bytes: bound.globals_bytes,
            objects_bytes: bound.objects_bytes,
            records_bytes: bound.records_bytes,
            growth_bytes: bound.growth_bytes,
        })
    };
    let is_objects_missing = args.objects_bytes == 0 && Needs::of(&parsed).makes_objects();
    // Such images are for builds with that feature.
    let board = if parsed.has_read_only_data() { &Sizes::MICROCONTROLLER_RODATA } else { &Sizes::MICROCONTROLLER };
    let (Some(microcontroller), Some(host)) = (bound(board), bound(&Sizes::HERE)) else {
        return Err(Failure::module(format!("{}: an instance takes more than 4 GiB", args.file.display())));
    };
    let report = Report {
        file: args.file.display().to_string(),
        stack_bytes,
        stack,
        stack_unknown: deepest.err(),
        largest_frame_bytes: largest_frame,
        objects_missing: is_objects_missing.then_some(OBJECTS_MISSING),
        microcontroller,
        host,
    };
    output::to_stdout(&if args.json { output::json(&report) } else { report.to_text(args) })?;
    if let (Some(why), "the default of a microcontroller") = (&report.stack_unknown, report.stack) {
        output::to_stderr(&format!(
            "note: how deep calls go is not known: {why}; choose with --stack-bytes or --calls-depth\n"
        ));
    }
    if let Some(what) = report.objects_missing {
        output::to_stderr(&format!("note: {what}\n"));
    }
    Ok(ExitCode::SUCCESS)
}

impl Report {
    fn to_text(&self, args: &Args) -> String {
        let (board, host) = (&self.microcontroller, &self.host);
        let without = if self.objects_missing.is_some() { ", without room for objects" } else { "" };
        let mut text =
            format!("{}: an arena of {} bytes on a microcontroller{without}\n\n", self.file, board.arena_bytes);
        let _ = writeln!(text, "  {:28} {:>15} {:>12}", "bytes", "microcontroller", "this host");
        let mut line = |what: &str, of: fn(&Machine) -> usize| {
            let _ = writeln!(text, "  {what:28} {:>15} {:>12}", of(board), of(host));
        };
        line("guest stack", |machine| machine.stack_bytes);
        line("linear memory, at first", |machine| machine.memory_bytes);
        if board.rodata_bytes != 0 {
            line("beside it, in flash", |machine| machine.rodata_bytes);
        }
        line("elements of tables", |machine| machine.elements_bytes);
        line("globals", |machine| machine.globals_bytes);
        if args.objects_bytes != 0 || self.objects_missing.is_some() {
            line("structs, arrays, exceptions", |machine| machine.objects_bytes);
        }
        line("records of store, instance", |machine| machine.records_bytes);
        line("arena", |machine| machine.arena_bytes);
        line("alignment of the arena", |machine| machine.arena_align);
        let _ =
            writeln!(text, "\nguest stack: {}; the largest frame has {} bytes", self.stack, self.largest_frame_bytes);
        if board.rodata_bytes != 0 {
            let _ = writeln!(text, "in firmware built with feature `rodata`; others copy what is in flash");
        }
        let _ = match board.growth_bytes {
            Some(0) => writeln!(text, "nothing in it grows"),
            Some(bytes) => writeln!(text, "{bytes} bytes more, and the memory can grow to its maximum"),
            None => writeln!(
                text,
                "what the guest may grow has no limit, or is more than one thing: more room is up to you"
            ),
        };
        text
    }
}
