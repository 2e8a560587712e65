//! What comes out: one table of run times, one of loading, as aligned text or as Markdown, and everything as JSON.
//!
//! Ratios are time / time of the base engine: wasmi where it takes part, else the first engine. Below 1 is faster.

use crate::count::ProgramCounts;
use crate::engine::Engine;
use crate::load::{ImageLoad, Load};
use crate::objects::Objects;
use crate::run::{Cell, ProgramTimes};
use crate::stats::geometric_mean;
use serde::Serialize;
use std::fmt::Write;

/// Everything measured in one invocation.
#[derive(Serialize)]
pub struct Report {
    /// Where and how it was measured, `(name, value)`.
    pub circumstances: Vec<(&'static str, String)>,
    /// The engines: name, and version with settings.
    pub engines: Vec<(&'static str, &'static str)>,
    /// Which of them the ratios refer to.
    pub base: usize,
    /// Run times.
    pub runs: Vec<ProgramTimes>,
    /// Instructions, where they were counted.
    pub counts: Vec<ProgramCounts>,
    /// Loading.
    pub loads: Vec<Load>,
    /// What each program exercises, by name.
    pub programs: Vec<(String, String)>,
    /// Programs with objects.
    pub objects: Objects,
    /// Run times of programs with vectors: each without them, then with them.
    pub vectors: Vec<ProgramTimes>,
    /// Instructions of those, where they were counted.
    pub vector_counts: Vec<ProgramCounts>,
    /// What each of them exercises, by name.
    pub vector_programs: Vec<(String, String)>,
}

/// The engine that ratios refer to.
pub fn base(engines: &[Box<dyn Engine>]) -> usize {
    engines.iter().position(|engine| engine.name() == "wasmi").unwrap_or(0)
}

/// Rows of cells; the first row is the heading, the first column is text and the rest are numbers.
pub type Table = Vec<Vec<String>>;

impl Report {
    fn run_table(&self) -> Table {
        let base_name = self.engines[self.base].0;
        let mut heading = vec!["program".to_owned(), format!("{base_name} ms")];
        heading.extend(self.engines.iter().map(|(name, _)| (*name).to_owned()));
        let mut table = vec![heading];
        for times in &self.runs {
            let mut row = vec![times.program.clone(), format!("{:.1}", times.cells[self.base].median * 1e3)];
            row.extend(self.ratios(times, |cell| cell.median).map(|ratio| format!("{ratio:.2}")));
            table.push(row);
        }
        if !self.runs.is_empty() {
            table.push(self.mean_row("geomean of medians", |cell| cell.median));
            table.push(self.mean_row("geomean of minima", |cell| cell.minimum));
        }
        table
    }

    /// Every engine's value as a ratio to the base's.
    pub fn ratios<'a>(&'a self, times: &'a ProgramTimes, value: fn(&Cell) -> f64) -> impl Iterator<Item = f64> + 'a {
        times.cells.iter().map(move |cell| value(cell) / value(&times.cells[self.base]))
    }

    fn mean_row(&self, title: &str, value: fn(&Cell) -> f64) -> Vec<String> {
        let mut row = vec![title.to_owned(), String::new()];
        row.extend((0..self.engines.len()).map(|engine| {
            let ratios: Vec<f64> = self.runs.iter().filter_map(|times| self.ratios(times, value).nth(engine)).collect();
            format!("{:.3}", geometric_mean(&ratios))
        }));
        row
    }

    /// Of programs with vectors and of the same without: figures of both, what vectors gain within an engine, and the base's beside
    /// the engine's.
    fn vector_table(&self, unit: &str, pairs: &[(&str, Vec<f64>)]) -> Table {
        let mut heading = vec!["program".to_owned()];
        heading.extend(self.engines.iter().map(|(name, _)| (*name).to_owned()));
        let mut table = vec![heading];
        let mut row = |title: String, cells: &mut dyn Iterator<Item = String>| {
            table.push(std::iter::once(title).chain(cells).collect());
        };
        for pair in pairs.chunks(2) {
            for (name, values) in pair {
                row(format!("{name}, {unit}"), &mut values.iter().map(|value| format!("{value:.1}")));
            }
            let [(_, scalar), (name, simd)] = pair else { continue };
            let gains = scalar.iter().zip(simd).map(|(scalar, simd)| format!("{:.2}", scalar / simd));
            row(format!("{}: scalar / simd", name.trim_end_matches(".simd")), &mut { gains });
            let base = simd[self.base];
            let ratios = simd.iter().map(|simd| format!("{:.2}", base / simd));
            row(format!("{name}: {} / engine", self.engines[self.base].0), &mut { ratios });
        }
        table
    }

    /// Tables about programs with vectors, each with its title.
    fn vector_tables(&self) -> Vec<(&'static str, Table)> {
        let times = self.vectors.iter().map(|times| {
            (times.program.as_str(), times.cells.iter().map(|cell| cell.minimum * 1e3).collect::<Vec<_>>())
        });
        let counts = self.vector_counts.iter().map(|counts| {
            (counts.program.as_str(), counts.instructions.iter().map(|count| *count as f64 / 1e6).collect::<Vec<_>>())
        });
        let mut tables = vec![
            ("CPU time, minima of the rounds", self.vector_table("ms", &times.collect::<Vec<_>>())),
            ("executed instructions", self.vector_table("million", &counts.collect::<Vec<_>>())),
        ];
        tables.retain(|(_, table)| table.len() > 1);
        tables
    }

    fn count_table(&self) -> Table {
        let mut heading = vec!["program".to_owned(), format!("{} million", self.engines[self.base].0)];
        heading.extend(self.engines.iter().map(|(name, _)| (*name).to_owned()));
        let mut table = vec![heading];
        let ratio =
            |counts: &ProgramCounts, at: usize| counts.instructions[at] as f64 / counts.instructions[self.base] as f64;
        let columns = 0..self.engines.len();
        for counts in &self.counts {
            let mut row = vec![counts.program.clone(), format!("{:.0}", counts.instructions[self.base] as f64 / 1e6)];
            row.extend(columns.clone().map(|at| format!("{:.3}", ratio(counts, at))));
            table.push(row);
        }
        let mut means = vec!["geomean".to_owned(), String::new()];
        means.extend(columns.map(|at| {
            let ratios: Vec<f64> = self.counts.iter().map(|counts| ratio(counts, at)).collect();
            format!("{:.3}", geometric_mean(&ratios))
        }));
        table.push(means);
        table
    }

    fn load_table(&self) -> Table {
        let mut heading = vec!["load".to_owned()];
        heading.extend(self.engines.iter().map(|(name, _)| (*name).to_owned()));
        let mut table = vec![heading];
        for load in &self.loads {
            let bytes = load.wasm_bytes as f64;
            let title = format!("{}, {:.2} MB", load.input, bytes / 1e6);
            let mut row = |what: &str, cell: &dyn Fn(usize) -> String| {
                let mut row = vec![format!("{title}: {what}")];
                row.extend((0..self.engines.len()).map(cell));
                table.push(row);
            };
            row("ns per byte", &|at| format!("{:.1}", load.cells[at].median));
            row("ns per byte, minimum", &|at| format!("{:.1}", load.cells[at].minimum));
            row("ratio", &|at| format!("{:.2}", load.cells[at].median / load.cells[self.base].median));
            if load.cells.iter().any(|cell| cell.code_bytes.is_some()) {
                row("code per byte of the code section", &|at| {
                    let ratio = |bytes| bytes as f64 / load.wasm_code_bytes as f64;
                    load.cells[at].code_bytes.map_or("-".into(), |bytes| format!("{:.2}", ratio(bytes)))
                });
            }
            for image in load.cells.iter().flat_map(|cell| &cell.images) {
                let same = |at: usize| load.cells[at].images.iter().find(|other| other.kind == image.kind);
                let mut row = |what: &str, value: fn(&ImageLoad) -> f64| {
                    row(&format!("verified image, {}: ns per byte of image{what}", image.kind), &|at| {
                        same(at).map_or("-".into(), |image| format!("{:.2}", value(image)))
                    });
                };
                row("", |image| image.median);
                row(", minimum", |image| image.minimum);
            }
            if load.cells.iter().any(|cell| cell.peak_bytes.is_some()) {
                let peak = |at: usize| load.cells[at].peak_bytes.map(|peak| peak as f64);
                row("peak memory, MB", &|at| peak(at).map_or("-".into(), |peak| format!("{:.1}", peak / 1e6)));
                row("peak memory per byte", &|at| peak(at).map_or("-".into(), |peak| format!("{:.2}", peak / bytes)));
            }
        }
        table
    }

    /// The tables as aligned text.
    pub fn text(&self) -> String {
        let base_name = self.engines[self.base].0;
        let mut text = String::new();
        if !self.runs.is_empty() {
            let _ = writeln!(text, "run time: CPU time / {base_name}'s, medians; below 1 is faster\n");
            text += &aligned(&self.run_table());
        }
        if !self.counts.is_empty() {
            let _ = writeln!(text, "executed instructions / {base_name}'s\n");
            text += &aligned(&self.count_table());
        }
        if !self.objects.is_empty() {
            let _ = writeln!(text, "\nprograms with objects\n");
            text += &aligned(&self.objects.table());
        }
        for (what, table) in self.vector_tables() {
            let _ = writeln!(text, "\nvectors: {what}\n");
            text += &aligned(&table);
        }
        if !self.loads.is_empty() {
            let _ = writeln!(text, "\nload: validate and compile everything, CPU time\n");
            text += &aligned(&self.load_table());
        }
        text
    }

    /// The page docs/benchmarks.md; `chart` is the file name of the chart beside it.
    pub fn markdown(&self, chart: Option<&str>) -> String {
        let base_name = self.engines[self.base].0;
        let mut page = String::from("<!-- Generated by `cargo xtask bench`; do not edit. -->\n# Benchmarks\n\n");
        page.push_str("Microcontrollers, in executed instructions: [benchmarks-boards.md](benchmarks-boards.md).\n\n");
        for (name, value) in &self.circumstances {
            let _ = writeln!(page, "- {name}: {value}");
        }
        page += "\n| engine | version and settings |\n|---|---|\n";
        for (name, about) in &self.engines {
            let _ = writeln!(page, "| {name} | {about} |");
        }
        if !self.runs.is_empty() {
            let _ = write!(
                page,
                "\n## Run time\n\nCPU time divided by {base_name}'s, medians; below 1 is faster. The engines take turns within every \
                 round; each\nresult is compared with the known checksum. A shared or virtual machine moves single figures by \
                 several percent.\n\n"
            );
            if let Some(chart) = chart {
                let _ = write!(page, "![The table as a chart, on a logarithmic scale]({chart})\n\n");
            }
            page += &piped(&self.run_table());
            page += "\n| program | what it exercises |\n|---|---|\n";
            for (name, what) in &self.programs {
                let _ = writeln!(page, "| {name} | {what} |");
            }
        }
        if !self.counts.is_empty() {
            let _ = write!(page, "\n## Executed instructions\n\nCounted by callgrind, divided by {base_name}'s.\n\n");
            page += &piped(&self.count_table());
        }
        if !self.objects.is_empty() {
            page += &self.objects.heading();
            page += &piped(&self.objects.table());
            page += &self.objects.notes();
        }
        for (what, table) in self.vector_tables() {
            let _ = write!(
                page,
                "\n## Vectors\n\nPrograms built twice from one source (`tests/bench/programs/vectors`), without vectors and with them: \
                 {what}.\n`scalar / simd` is what vectors gain within an engine, `{base_name} / engine` how much faster than {base_name} \
                 an engine is with them.\n\n"
            );
            page += &piped(&table);
            page += "\n| program | what it exercises |\n|---|---|\n";
            for (name, what) in self.vector_programs.iter().step_by(2) {
                let _ = writeln!(page, "| {} | {what} |", name.trim_end_matches(".scalar"));
            }
        }
        if !self.loads.is_empty() {
            page += "\n## Loading\n\nFrom bytes to a module that is ready to run: validated and compiled, nothing left for the first call. \
                     Peak memory is the\ngrowth of resident memory of a process that loads the module once, compiled code included.\n\n";
            page += &piped(&self.load_table());
        }
        page
    }
}

fn aligned(table: &Table) -> String {
    let widths: Vec<usize> =
        (0..table[0].len()).map(|column| table.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in table {
        let _ = write!(text, "{:width$}", row[0], width = widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text
}

fn piped(table: &Table) -> String {
    let mut text = String::new();
    for (at, row) in table.iter().enumerate() {
        let _ = writeln!(text, "| {} |", row.join(" | "));
        if at == 0 {
            let _ = writeln!(text, "|---|{}", "---:|".repeat(row.len() - 1));
        }
    }
    text
}
