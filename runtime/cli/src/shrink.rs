//! `sheave shrink`: a module's memory in pages of one byte, as many as it needs.
//!
//! `module` reads what matters, `bound` finds how far the code can reach (`function` by function, by `operator`, over the numbers of `value`),
//! `rewrite` writes the module anew; this file is the command. What counts as proof, and what as the user's word, stands in
//! docs/small-memories.md.

mod bound;
mod function;
mod module;
mod operator;
mod rewrite;
#[cfg(test)]
mod tests;
mod value;

use crate::{
    Failure, output,
    source::Source,
    translation,
    units::{self, show_bytes},
};
use bound::Reach;
use module::{Module, Unfit};
use rewrite::{Change, Rewritten, rewrite};
use serde::Serialize;
use sheave_interp::translate::{SUPPORTED, validate};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Shrink a module's memory to the bytes it needs
///
/// A memory comes in pages of 64 KiB, which is more than most microcontrollers have. This rewrites a module to pages of one byte, and to as many of them as it
/// needs. Nothing else changes: `memory.size` still gives the number of pages that it gave, `memory.grow` finds no more memory.
///
/// Without --memory-bytes the need must be provable: every address that the code computes must have a bound that the code itself shows, by
/// constants, masks, comparisons with bounds, counted loops, or a distance from the stack pointer. Then the module does what it did,
/// whatever it is called with. Addresses that come out of memory, as of lists and strings, have no such bound: then tell the need. An
/// access beyond it traps.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  sheave shrink crc.wasm -o small.wasm                        prove what it needs
  sheave shrink app.wasm                                      only say what would be done
  sheave shrink --memory-bytes 2KiB app.wasm -o small.wasm    take my word: no more is needed
  sheave shrink --stack-bytes 512 app.wasm -o small.wasm      a smaller stack than linked

Better than to shrink is to link for pages of one byte: docs/small-memories.md.")]
pub struct Args {
    /// Module, binary or text
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the module goes; without it, only the findings are printed
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// What it needs, such as 2048 or 2KiB, on your word: no proof is asked for
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    memory_bytes: Option<u64>,
    /// Move the stack right behind the data, with so many bytes; on your word that it needs no more, and that nothing lies behind
    ///
    /// For modules linked with the stack behind the data (--no-stack-first), which export __data_end. The memory ends with the stack, unless
    /// --memory-bytes says more.
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    stack_bytes: Option<u64>,
    /// Print the findings as JSON, on stdout
    #[arg(long)]
    json: bool,
}

/// What was done, or would be.
#[derive(Serialize)]
struct Findings {
    file: String,
    /// `proven` or `told`.
    basis: &'static str,
    memory_bytes_before: u64,
    memory_bytes: u64,
    /// Where active data segments end.
    data_end: Option<u64>,
    /// Instructions that touch the memory and can be executed, if they were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    accesses: Option<usize>,
    /// The most that a function takes of the stack, if the proof rests on a stack pointer: it holds while fewer than 2^30 bytes of frames are open.
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_bytes_max: Option<u64>,
    memory_size: usize,
    memory_grow: usize,
    exported_as: Option<String>,
    dropped_sections: Vec<String>,
    wasm_bytes_before: usize,
    wasm_bytes: usize,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let file = &args.file;
    let Source::Wasm(wasm) = Source::read(file)? else {
        let message = format!("{}: an image, whose code is no more that of the module", file.display());
        return Err(Failure::module(message).hint("shrink the module that it was made from".to_owned()));
    };
    validate(&wasm, SUPPORTED).map_err(|error| translation::rejected(file, &wasm, &error))?;
    let module = Module::read(&wasm).map_err(|unfit| refusal(file, &unfit))?;
    let (change, reach) = match (args.memory_bytes, args.stack_bytes) {
        (None, None) => {
            let reach = prove(file, &module)?;
            (Change { memory_bytes: reach.end, stack: None }, Some(reach))
        }
        _ => (told(args, &module)?, None),
    };
    let Rewritten { wasm: small, dropped } =
        rewrite(&wasm, &module, &change).map_err(|error| refusal(file, &Unfit::Parser(error)))?;
    validate(&small, SUPPORTED).map_err(|error| {
        Failure::module(format!("{}: what came out is not valid: {error}; this is a bug of Sheave", file.display()))
    })?;
    let findings = Findings {
        file: file.display().to_string(),
        basis: if reach.is_some() { "proven" } else { "told" },
        memory_bytes_before: module.memory.bytes(),
        memory_bytes: change.memory_bytes,
        data_end: module.data_end,
        accesses: reach.as_ref().map(|reach| reach.accesses.len()),
        frame_bytes_max: reach.as_ref().map(|reach| reach.frame_max).filter(|bytes| *bytes > 0),
        memory_size: module.sizes.len(),
        memory_grow: module.grows.len(),
        exported_as: module.memory.export.clone(),
        dropped_sections: dropped,
        wasm_bytes_before: wasm.len(),
        wasm_bytes: small.len(),
    };
    let mut text = findings.to_text();
    if let Some(out) = &args.output {
        crate::compile::write(out, &small)?;
        text += &format!(
            "{}: {} from {} of wasm\n",
            out.display(),
            show_bytes(small.len() as u64),
            show_bytes(wasm.len() as u64)
        );
    }
    if args.json {
        output::to_stdout(&output::json(&findings))?;
    } else {
        output::to_stderr(&text);
    }
    Ok(ExitCode::SUCCESS)
}

impl Findings {
    /// For people.
    fn to_text(&self) -> String {
        let Findings { file, basis, memory_bytes_before: before, memory_bytes: after, .. } = self;
        let mut text = format!("{file}: memory of {before} bytes to {after} ({basis})\n");
        let mut line = |content: String| text += &format!("  {content}\n");
        match self.accesses {
            Some(count) => line(format!(
                "proven: none of {count} accesses and no data segment reaches beyond, whatever the module is called with"
            )),
            None => line("told: an access beyond traps, where it did not before".to_owned()),
        }
        if let Some(bytes) = self.frame_bytes_max {
            let calls = bound::STACK_MAX / bytes;
            line(format!("frames of {bytes} bytes at most: it holds for fewer than {calls} calls open at once"));
        }
        if self.memory_size > 0 {
            line(format!("memory.size still gives what it gave ({} × in the code)", self.memory_size));
        }
        if self.memory_grow > 0 {
            line(format!("memory.grow finds no more memory, and gives -1 ({} × in the code)", self.memory_grow));
        }
        if let Some(name) = &self.exported_as {
            line(format!("exported as {name:?}: the host must stay inside it, too"));
        }
        if !self.dropped_sections.is_empty() {
            line(format!("left out, since code has moved: {}", self.dropped_sections.join(", ")));
        }
        text
    }
}

/// Why a module has no memory to shrink.
fn refusal(file: &Path, unfit: &Unfit) -> Failure {
    let file = file.display();
    match unfit {
        Unfit::Parser(error) => Failure::module(format!("{file}: {error}")),
        Unfit::NoMemory => Failure::module(format!("{file}: it has no memory: there is nothing to shrink")),
        Unfit::Memories(count) => {
            Failure::module(format!("{file}: it has {count} memories; only a single one is shrunk"))
        }
        Unfit::Imported(name) => Failure::module(format!("{file}: its memory is imported, as {name}"))
            .hint("who defines a memory decides its size: link without --import-memory".to_owned()),
        Unfit::Shared => Failure::module(format!("{file}: its memory is shared between threads")),
        Unfit::Memory64 => Failure::module(format!("{file}: its memory has 64-bit addresses")),
    }
}

/// How far the module can reach, if that is less than it has.
fn prove(file: &Path, module: &Module<'_>) -> Result<Reach, Failure> {
    let file = file.display();
    let advice = || {
        let known = module.symbol("__heap_base").filter(|end| u64::from(*end) < module.memory.bytes());
        let known = known.map(|end| format!("; by the linker's __heap_base, {end} hold its data and stack"));
        let is_small = module.memory.page_size_log2 == 0;
        let already = if is_small { "its pages are of one byte already; to take more off, " } else { "" };
        format!("{already}tell what it needs: --memory-bytes SIZE{}", known.unwrap_or_default())
    };
    if let Some(&place) = module.grows.first() {
        let message = format!("{file}: it grows its memory, at {}: what it needs has no bound", module.show(place));
        return Err(Failure::module(message).hint(advice()));
    }
    if module.data_end.is_none() {
        let message = format!("{file}: a data segment begins at an address that is known only when it is instantiated");
        return Err(Failure::module(message).hint(advice()));
    }
    let Some(mut reach) = bound::reach(module) else {
        return Err(Failure::module(format!("{file}: a proof of what it needs takes too long")).hint(advice()));
    };
    if let Some(&place) = reach.unbounded.first() {
        let (bad, all) = (reach.unbounded.len(), reach.accesses.len());
        let message = format!(
            "{file}: no proof of what it needs: {bad} of {all} accesses have no bound, the first at {}",
            module.show(place)
        );
        return Err(Failure::module(message).hint(advice()));
    }
    reach.end = reach.end.min(module.memory.bytes());
    Ok(reach)
}

/// What the user says, as far as it can be true.
fn told(args: &Args, module: &Module<'_>) -> Result<Change, Failure> {
    const ALIGNMENT: u64 = 16;
    let file = args.file.display();
    let before = module.memory.bytes();
    let stack = match args.stack_bytes {
        None => None,
        Some(bytes) => {
            let Some(data_end) = module.symbol("__data_end").map(u64::from) else {
                let message = format!("{file}: it does not say where its data ends");
                return Err(Failure::module(message).hint("link with --export=__data_end".to_owned()));
            };
            let pointer = module.stack_pointer();
            let start =
                pointer.and_then(|global| Some((global, u64::from(module.globals[global as usize].start? as u32))));
            let Some((global, start)) = start.filter(|(_, start)| *start >= data_end) else {
                let message =
                    format!("{file}: its stack is not behind its data: only by linking can it be made smaller");
                return Err(Failure::module(message).hint("-z stack-size=BYTES is the linker's option".to_owned()));
            };
            let top = (data_end + bytes).next_multiple_of(ALIGNMENT);
            if top > start {
                let message = format!("{file}: --stack-bytes {bytes}: it has {}", start - data_end);
                return Err(Failure::usage(message).hint("leave it out, or say less".to_owned()));
            }
            Some((global, top))
        }
    };
    let least = stack.map_or(0, |(_, top)| top).max(module.data_end.unwrap_or(0));
    let memory_bytes = args.memory_bytes.unwrap_or(least);
    if memory_bytes < least {
        let message = format!("{file}: --memory-bytes {memory_bytes}: its data and stack end at {least}");
        return Err(Failure::usage(message).hint(format!("say {least} or more")));
    }
    if memory_bytes > before {
        let message = format!("{file}: --memory-bytes {memory_bytes}: its memory has {before}");
        return Err(Failure::usage(message)
            .hint("this shrinks; a linker's option makes it larger: --initial-memory".to_owned()));
    }
    Ok(Change { memory_bytes, stack: stack.map(|(global, top)| (global, top as i32)) })
}
