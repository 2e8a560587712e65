//! `profile`: which instructions stand and run one behind the other, in a corpus; `cargo xtask profile` starts it.
//!
//! The corpus: what the programs of `tests/bench/programs.toml` execute, and what stands in the code of modules, by default the
//! guests of `examples/guests`. With `--mine` it writes the list of superinstructions, with `--held-out` it judges mining.

use clap::Parser;
use serde::{Deserialize, Serialize};
use sheave_interp::isa::{Ty, row_of};
use sheave_tests::{
    corpus::{self, Program},
    mine::{Sequence, dispatches_left, mine},
};
use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What the modules' code weighs beside what programs execute, each program and each module.
const CODE_WEIGHT: f64 = 0.3;
/// Of how many parts of the programs each is held out once.
const PARTS: usize = 6;
/// The list of superinstructions, below the root.
const LIST: &str = "interp/src/isa/superinstructions.txt";

/// The list of instructions that are executed most, below the root.
const HOT: &str = "interp/src/isa/hot.txt";
/// The kernels of the boards, whose code is part of that list's corpus.
const KERNELS: &str = "targets/common/kernels/kernels.wasm";

/// Count sequences of instructions in a corpus, or mine superinstructions from it.
#[derive(Parser)]
struct Options {
    /// Modules whose code is looked at [default: examples/guests/*.wasm]
    files: Vec<PathBuf>,
    /// Longest sequences that are counted
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=8))]
    length: u8,
    /// How many of each length are printed
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the list of superinstructions, at most so many
    #[arg(long, value_name = "N")]
    mine: Option<usize>,
    /// Write at most so many superinstructions with vectors behind the others in that list, mined from the programs with vectors
    #[arg(long, value_name = "N", conflicts_with = "mine")]
    mine_vectors: Option<usize>,
    /// Write the list of instructions that have an arm of their own where the dispatch is a match for small code, at most so many
    #[arg(long, value_name = "N", conflicts_with = "mine")]
    hot: Option<usize>,
    /// Mine so many superinstructions without a sixth of the programs, six times, and say how many dispatches are left for those
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "2000", conflicts_with = "mine")]
    held_out: Option<usize>,
}

/// A row of `programs.toml`, as far as it matters here.
#[derive(Deserialize)]
struct Row {
    name: String,
    file: String,
    n: i32,
    checksum: i64,
}

#[derive(Deserialize)]
struct Manifest {
    program: Vec<Row>,
    vectors: Vec<Row>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the tests lie below the root")?;
    let vectors =
        if options.mine_vectors.is_some() { executed(root, |manifest| manifest.vectors)? } else { Vec::new() };
    if let Some(count) = options.mine_vectors {
        let text = fs::read_to_string(root.join(LIST))?;
        let (text, list) = with_vectors(&text, &vectors, count);
        fs::write(root.join(LIST), text)?;
        println!("{LIST}: {} superinstructions with vectors; {}", list.len(), share_left(&vectors, &list));
        return Ok(());
    }
    let (executed, in_code) = (executed(root, |manifest| manifest.program)?, in_code(root, &options.files)?);
    if let Some(count) = options.mine {
        let list = mine(&weighted(&executed, &in_code), count);
        // What has vectors stays behind the others.
        let text = fs::read_to_string(root.join(LIST))?;
        let vectors = text.find(VECTORS).map_or("", |at| &text[at..]);
        fs::write(root.join(LIST), listing(&list) + vectors)?;
        println!("{LIST}: {} superinstructions; {}", list.len(), share_left(&executed, &list));
        return Ok(());
    }
    if let Some(count) = options.hot {
        let kernels = fs::read(root.join(KERNELS))?;
        let kernels = [corpus::in_code("kernels", &kernels)?, corpus::in_base_code("kernels", &kernels)?];
        let (text, covered) = hot(&executed, &in_code, &kernels, count);
        fs::write(root.join(HOT), text)?;
        println!("{HOT}: written; {:.1} % of what the programs execute, mean", 100.0 * covered);
        return Ok(());
    }
    if let Some(count) = options.held_out {
        return held_out(&executed, &in_code, count);
    }
    let report = Report { executed: tables(&executed, &options), in_code: tables(&in_code, &options) };
    print!("{}", if options.json { serde_json::to_string_pretty(&report)? + "\n" } else { report.to_text() });
    Ok(())
}

/// What programs of the benchmark execute.
fn executed(root: &Path, which: fn(Manifest) -> Vec<Row>) -> Result<Vec<Program>, Box<dyn Error>> {
    let folder = root.join("tests/bench");
    let manifest: Manifest = toml::from_str(&fs::read_to_string(folder.join("programs.toml"))?)?;
    let read = |row: &Row| -> Result<Program, Box<dyn Error>> {
        let wasm = fs::read(folder.join("programs/wasm").join(&row.file))?;
        let (program, result) = corpus::executed(&row.name, &wasm, row.n)?;
        eprintln!("{:14} {:>14} instructions executed", program.name, program.instructions);
        if result == row.checksum { Ok(program) } else { Err(format!("{}: {result} is wrong", row.name).into()) }
    };
    which(manifest).iter().map(read).collect()
}

/// What stands in modules.
fn in_code(root: &Path, files: &[PathBuf]) -> Result<Vec<Program>, Box<dyn Error>> {
    let mut files = files.to_vec();
    if files.is_empty() {
        let folder = fs::read_dir(root.join("examples/guests"))?;
        files = folder.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        files.sort();
    }
    let read = |path: &PathBuf| -> Result<Program, Box<dyn Error>> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let wasm = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(corpus::in_code(&name, &wasm)?)
    };
    files.iter().map(read).collect()
}

/// All programs with the weights that they have in mining.
fn weighted<'a>(executed: &'a [Program], in_code: &'a [Program]) -> Vec<(&'a Program, f64)> {
    let executed = executed.iter().map(|program| (program, 1.0));
    executed.chain(in_code.iter().map(|program| (program, CODE_WEIGHT))).collect()
}

/// The list as a file.
fn listing(list: &[Sequence]) -> String {
    let mut text = format!(
        "\
# Superinstructions: sequences of instructions, `row:form`, with a handler of their own; see superinstruction.rs.
# Mined by pairs, as byte-pair encoding does: again and again the two neighbours whose joining saves most dispatches become one.
# Corpus: executed instructions of the programs in tests/bench/programs.toml, each program weighted 1, and the instructions in the
# code of examples/guests/*.wasm, each module weighted {CODE_WEIGHT}. Written by `cargo xtask profile --mine {}`.
# Afterwards, those whose handlers save a machine register are taken out by hand: `cargo xtask asm` names them.
",
        list.len()
    );
    for sequence in list {
        let names: Vec<String> = sequence.iter().map(|token| corpus::name(*token)).collect();
        let _ = writeln!(text, "{}", names.join(" "));
    }
    text
}

/// What stands before superinstructions with vectors.
const VECTORS: &str = "# With vectors, mined from the [[vectors]] of that file: `cargo xtask profile --mine-vectors";

/// The list with others behind it that have vectors in them: so code without vectors is what it is without those.
fn with_vectors(text: &str, programs: &[Program], count: usize) -> (String, Vec<Sequence>) {
    let has_vectors = |sequence: &Sequence| {
        let mut rows = sequence.iter().filter_map(|token| row_of(*token));
        rows.any(|(row, _)| row.get().types.contains(&Ty::V128))
    };
    let programs: Vec<(&Program, f64)> = programs.iter().map(|program| (program, 1.0)).collect();
    let mut list = mine(&programs, count);
    list.retain(has_vectors);
    let mut text =
        text.lines().take_while(|line| !line.starts_with(VECTORS)).fold(String::new(), |text, line| text + line + "\n");
    let _ = writeln!(text, "{VECTORS} {count}`.");
    for sequence in &list {
        let names: Vec<String> = sequence.iter().map(|token| corpus::name(*token)).collect();
        let _ = writeln!(text, "{}", names.join(" "));
    }
    (text, list)
}

/// The list of the hottest instructions as a file, and which share of what programs execute it is.
fn hot(executed: &[Program], in_code: &[Program], kernels: &[Program; 2], count: usize) -> (String, f64) {
    let mut weights: HashMap<u16, f64> = HashMap::new();
    let mut add = |program: &Program, weight: f64| {
        program.runs.iter().flatten().for_each(|(token, share)| {
            *weights.entry(*token).or_default() += weight * *share as f64 / corpus::WEIGHT as f64;
        });
    };
    executed.iter().for_each(|program| add(program, 1.0 / executed.len() as f64));
    in_code.iter().for_each(|program| add(program, CODE_WEIGHT / in_code.len() as f64));
    add(&kernels[0], 1.0);
    let wanted: HashSet<u16> =
        kernels.iter().flat_map(|kernel| &kernel.runs).flatten().map(|(token, _)| *token).collect();
    for token in &wanted {
        weights.entry(*token).or_default();
    }
    let mut sorted: Vec<_> = weights.into_iter().collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut room = count.saturating_sub(wanted.len());
    sorted.retain(|(token, _)| {
        let is_in = wanted.contains(token) || room > 0;
        room -= usize::from(is_in && !wanted.contains(token));
        is_in
    });
    let is_hot = |token: &u16| sorted.iter().any(|(hot, _)| hot == token);
    let runs = executed.iter().flat_map(|program| &program.runs).flatten();
    let covered: f64 = runs.filter(|(token, _)| is_hot(token)).map(|(_, share)| *share as f64).sum();
    let names: Vec<String> = sorted.iter().map(|(token, _)| corpus::name(*token)).collect();
    let text = format!(
        "\
# Instructions, `row:form`, that have an arm of their own in the match of builds for size (`Available::shares` in build/available.rs); one arm serves the others.
# Those with the largest share, the largest first, mean of programs, in: what the programs in tests/bench/programs.toml execute (weight 1), the code of
# targets/common/kernels/kernels.wasm (1) and of examples/guests/*.wasm ({CODE_WEIGHT}); and all of the kernels, at level full and base. Written by `cargo xtask profile --hot {count}`.
{}
",
        names.join("\n")
    );
    (text, covered / (corpus::WEIGHT as f64 * executed.len() as f64))
}

/// What a list leaves of the programs' dispatches, in words.
fn share_left(programs: &[Program], list: &[Sequence]) -> String {
    let left: Vec<f64> = programs.iter().map(|program| dispatches_left(program, list)).collect();
    let (least, most) =
        left.iter().fold((f64::MAX, 0.0_f64), |(least, most), left| (least.min(*left), most.max(*left)));
    let mean = left.iter().sum::<f64>() / left.len() as f64;
    format!(
        "{:.1} % of dispatches left, mean of {} programs ({:.1} to {:.1})",
        100.0 * mean,
        left.len(),
        100.0 * least,
        100.0 * most
    )
}

/// Mines without a part of the programs, for each part, and says what is left of that part's dispatches.
fn held_out(executed: &[Program], in_code: &[Program], count: usize) -> Result<(), Box<dyn Error>> {
    let mut left = Vec::new();
    for part in 0..PARTS {
        let is_held_out = |index: usize| index % PARTS == part;
        let all = weighted(executed, in_code).into_iter().enumerate();
        // Modules stand behind the programs and are never held out.
        let rest: Vec<_> =
            all.filter(|(i, _)| *i >= executed.len() || !is_held_out(*i)).map(|(_, program)| program).collect();
        let list = mine(&rest, count);
        for (_, program) in executed.iter().enumerate().filter(|(i, _)| is_held_out(*i)) {
            let share = dispatches_left(program, &list);
            println!("{:14} {:5.1} % of dispatches left, held out", program.name, 100.0 * share);
            left.push(share);
        }
    }
    println!(
        "{:14} {:5.1} % of dispatches left: mean of programs held out",
        "",
        100.0 * left.iter().sum::<f64>() / left.len() as f64
    );
    let list = mine(&weighted(executed, in_code), count);
    println!("with all of them in the corpus: {}", share_left(executed, &list));
    Ok(())
}

/// Sequences of both kinds of corpus, by length.
#[derive(Serialize)]
struct Report {
    executed: Vec<Table>,
    in_code: Vec<Table>,
}

/// The most frequent sequences of a length.
#[derive(Serialize)]
struct Table {
    length: u8,
    distinct: usize,
    sequences: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    instructions: String,
    /// Of the instructions of a program, the mean over programs.
    share: f64,
}

fn tables(programs: &[Program], options: &Options) -> Vec<Table> {
    (1..=options.length).map(|length| table(programs, length, options.top)).collect()
}

fn table(programs: &[Program], length: u8, top: usize) -> Table {
    let mut weights: HashMap<Sequence, u64> = HashMap::new();
    for window in programs.iter().flat_map(|program| &program.runs).flat_map(|run| run.windows(length.into())) {
        // As often as its last instruction: a branch may leave before.
        let weight = window.last().map_or(0, |(_, weight)| *weight);
        *weights.entry(window.iter().map(|(token, _)| *token).collect()).or_default() += weight;
    }
    let distinct = weights.len();
    let mut sorted: Vec<_> = weights.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    sorted.truncate(top);
    let entry = |(sequence, weight): (Sequence, u64)| Entry {
        instructions: sequence.iter().map(|token| corpus::name(*token)).collect::<Vec<_>>().join(" "),
        share: weight as f64 / (corpus::WEIGHT as f64 * programs.len() as f64),
    };
    Table { length, distinct, sequences: sorted.into_iter().map(entry).collect() }
}

impl Report {
    fn to_text(&self) -> String {
        let mut text = String::new();
        for (title, tables) in [("executed by programs", &self.executed), ("in the code of modules", &self.in_code)] {
            for Table { length, distinct, sequences } in tables {
                let _ = writeln!(text, "\n{length} in a row, {title} ({distinct} distinct)");
                for Entry { instructions, share } in sequences {
                    let _ = writeln!(text, "{:7.3} %  {instructions}", 100.0 * share);
                }
            }
        }
        text
    }
}
