//! Load time (validate and compile everything) per byte of wasm, size of the translated code, and the peak of memory while loading;
//! for an engine with images of its own, load time (verifying everything) per byte of image.
//!
//! Two inputs: the committed modules together, where an engine's cost per module counts, and one generated module of
//! more than 5 MB (`large.rs`), where only the cost per byte does. The peak is the growth of resident memory of a child
//! process that does nothing else: so it holds for engines that map code pages as well as for those that allocate.

use crate::engine::{self, Engine};
use crate::stats::{median, minimum};
use crate::{large, programs};
use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use serde::Serialize;
use std::process::Command;
use wasmparser::{Parser, Payload};

/// Load figures of all engines on one input.
#[derive(Serialize)]
pub struct Load {
    /// What was loaded.
    pub input: String,
    /// How many bytes of wasm.
    pub wasm_bytes: usize,
    /// How many of them are contents of code sections.
    pub wasm_code_bytes: usize,
    /// In the order of the engines.
    pub cells: Vec<LoadCell>,
}

/// Load figures of one engine.
#[derive(Serialize)]
pub struct LoadCell {
    /// CPU nanoseconds per byte of wasm: median of the rounds.
    pub median: f64,
    /// The same: minimum.
    pub minimum: f64,
    /// Bytes of translated code; none where the engine does not tell.
    pub code_bytes: Option<usize>,
    /// Growth of resident memory while loading, in bytes; none where the system does not tell.
    pub peak_bytes: Option<u64>,
    /// The modules as images; none where the engine has no images.
    pub images: Vec<ImageLoad>,
}

/// Load figures of one kind of images.
#[derive(Serialize)]
pub struct ImageLoad {
    /// Which kind.
    pub kind: &'static str,
    /// How many bytes they have.
    pub bytes: usize,
    /// CPU nanoseconds per byte of image: median of the rounds.
    pub median: f64,
    /// The same: minimum.
    pub minimum: f64,
}

/// Measures both inputs.
///
/// # Errors
/// A module that cannot be read, made or loaded.
pub fn measure(engines: &[Box<dyn Engine>], rounds: usize) -> Result<Vec<Load>> {
    let committed = programs::modules()?;
    let large = vec![("large".to_owned(), large::module()?)];
    let count = committed.len();
    Ok(vec![
        measure_input(engines, &format!("{count} committed modules"), &committed, rounds, false)?,
        measure_input(engines, "one generated module", &large, rounds.min(3), true)?,
    ])
}

fn measure_input(
    engines: &[Box<dyn Engine>],
    input: &str,
    modules: &[(String, Vec<u8>)],
    rounds: usize,
    peak: bool,
) -> Result<Load> {
    let wasm_bytes: usize = modules.iter().map(|(_, wasm)| wasm.len()).sum();
    eprintln!("[load]  {input}, {wasm_bytes} bytes");
    let wasm_code_bytes = modules.iter().map(|(_, wasm)| code_section_bytes(wasm)).sum::<Result<usize>>()?;
    let mut code_bytes = vec![Some(0); engines.len()];
    let mut nanoseconds = vec![Vec::with_capacity(rounds); engines.len()];
    for round in 0..rounds {
        for step in 0..engines.len() {
            let at = (round + step) % engines.len();
            let mut total = 0.0;
            for (name, wasm) in modules {
                let start = ProcessTime::now();
                let module = engines[at].load(wasm);
                total += start.elapsed().as_secs_f64() * 1e9;
                let module = module.with_context(|| format!("{} refuses module {name}", engines[at].name()))?;
                if round == 0 {
                    code_bytes[at] = code_bytes[at].zip(module.code_bytes()).map(|(sum, bytes)| sum + bytes);
                }
            }
            nanoseconds[at].push(total / wasm_bytes as f64);
        }
    }
    let cells = engines
        .iter()
        .zip(nanoseconds)
        .zip(code_bytes)
        .map(|((engine, values), code_bytes)| {
            let peak_bytes = if peak { peak_in_child(engine.name())? } else { None };
            let images = measure_images(&**engine, modules, rounds)?;
            Ok(LoadCell { median: median(&values), minimum: minimum(&values), code_bytes, peak_bytes, images })
        })
        .collect::<Result<_>>()?;
    Ok(Load { input: input.to_owned(), wasm_bytes, wasm_code_bytes, cells })
}

/// Loads the images of all modules, kind by kind.
fn measure_images(engine: &dyn Engine, modules: &[(String, Vec<u8>)], rounds: usize) -> Result<Vec<ImageLoad>> {
    let mut kinds: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
    for (_, wasm) in modules {
        for (at, (kind, image)) in engine.images(wasm)?.into_iter().enumerate() {
            if at == kinds.len() {
                kinds.push((kind, Vec::new()));
            }
            kinds[at].1.push(image);
        }
    }
    let measure = |(kind, images): (&'static str, Vec<Vec<u8>>)| {
        let bytes = images.iter().map(Vec::len).sum();
        let nanoseconds = (0..rounds).map(|_| {
            let start = ProcessTime::now();
            images.iter().try_for_each(|image| engine.load_image(image).map(drop))?;
            Ok(start.elapsed().as_secs_f64() * 1e9 / bytes as f64)
        });
        let nanoseconds = nanoseconds.collect::<Result<Vec<_>>>()?;
        Ok(ImageLoad { kind, bytes, median: median(&nanoseconds), minimum: minimum(&nanoseconds) })
    };
    kinds.into_iter().map(measure).collect()
}

/// Length of a module's code section.
fn code_section_bytes(wasm: &[u8]) -> Result<usize> {
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionStart { unchecked_range, .. } = payload? {
            return Ok((unchecked_range.end - unchecked_range.start) as usize);
        }
    }
    Ok(0)
}

/// Starts this program again to load the large module once with one engine, and reads what it prints.
fn peak_in_child(name: &str) -> Result<Option<u64>> {
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    let output = Command::new(std::env::current_exe()?)
        .args(["--peak-of", name])
        .output()
        .context("cannot start the child process")?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim().parse() {
        Ok(bytes) if output.status.success() => Ok(Some(bytes)),
        _ => bail!("the child process that measures memory failed: {}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// The child's side: how far resident memory rises, in bytes, while an engine loads the large module.
///
/// # Errors
/// An unknown engine, a refused module, a system without `/proc/self/status`.
pub fn peak_of(name: &str) -> Result<u64> {
    let [engines, _] = engine::select(Some(&[name.to_owned()]))?;
    let wasm = large::module()?;
    engines[0].load(EMPTY_MODULE)?;
    // The kernel keeps the peak of the whole life, and making the large module peaks as well: reset it.
    std::fs::write("/proc/self/clear_refs", "5").context("cannot reset the peak of resident memory")?;
    let before = resident("VmRSS")?;
    let module = engines[0].load(&wasm)?;
    let peak = resident("VmHWM")?;
    drop(module);
    Ok(peak.saturating_sub(before))
}

const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// A size in bytes from `/proc/self/status`.
fn resident(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .with_context(|| format!("no {field} in /proc/self/status"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1).context("a size")?.parse()?;
    Ok(kibibytes * 1024)
}
