//! The part of the report about programs with objects: structures, arrays, exceptions.
//!
//! Only engines that know objects take part, one of them with each of its collectors, so these programs have a table of their own. It says what
//! one unit of a program costs, a node of a tree or a throw.

use crate::count::ProgramCounts;
use crate::engine::Engine;
use crate::programs::Program;
use crate::report::Table;
use crate::run::ProgramTimes;
use serde::Serialize;
use std::fmt::Write;

/// What was measured.
#[derive(Serialize)]
pub struct Objects {
    /// The engines: name, and version with settings.
    engines: Vec<(&'static str, &'static str)>,
    /// The programs: name, what it exercises, its unit, how many of them.
    programs: Vec<(String, String, String, u32)>,
    /// Times.
    runs: Vec<ProgramTimes>,
    /// Instructions, where they were counted.
    counts: Vec<ProgramCounts>,
}

impl Objects {
    /// Of these figures, in the order of engines and programs.
    pub fn new(
        engines: &[Box<dyn Engine>],
        programs: Vec<Program>,
        runs: Vec<ProgramTimes>,
        counts: Vec<ProgramCounts>,
    ) -> Objects {
        let row = |program: Program| {
            let (unit, units) = program.unit.unwrap_or_default();
            (program.name, program.what, unit, units)
        };
        Objects {
            engines: engines.iter().map(|engine| (engine.name(), engine.about())).collect(),
            programs: programs.into_iter().map(row).collect(),
            runs,
            counts,
        }
    }

    /// Whether nothing was measured.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.counts.is_empty()
    }

    /// A row a program: what a unit costs each engine, and how the first engine compares with the fastest of the others.
    pub fn table(&self) -> Table {
        let cost = if self.runs.is_empty() { "instructions" } else { "ns" };
        let mut heading = vec!["program".to_owned(), format!("{cost} a")];
        heading.extend(self.engines.iter().map(|(name, _)| (*name).to_owned()));
        heading.push("first / best other".to_owned());
        let mut table = vec![heading];
        for (at, (name, _, unit, units)) in self.programs.iter().enumerate() {
            let costs: Vec<f64> = match (self.runs.get(at), self.counts.get(at)) {
                (Some(times), _) => times.cells.iter().map(|cell| cell.minimum * 1e9 / f64::from(*units)).collect(),
                (_, Some(counts)) => {
                    counts.instructions.iter().map(|count| *count as f64 / f64::from(*units)).collect()
                }
                _ => continue,
            };
            let mut row = vec![name.clone(), unit.clone()];
            row.extend(costs.iter().map(|cost| format!("{cost:.1}")));
            let best = costs.iter().skip(1).copied().reduce(f64::min);
            row.push(best.map_or("-".to_owned(), |best| format!("{:.2}", costs[0] / best)));
            table.push(row);
        }
        table
    }

    /// What stands above the table on the page.
    pub fn heading(&self) -> String {
        let mut text = "\n## Programs with objects\n\nMinima of the rounds, divided by how often a program does what its unit names; lower is \
                        faster. Engines take turns as above.\n\n| engine | version and settings |\n|---|---|\n"
            .to_owned();
        for (name, about) in &self.engines {
            let _ = writeln!(text, "| {name} | {about} |");
        }
        text.push('\n');
        text
    }

    /// What stands below it.
    pub fn notes(&self) -> String {
        let mut text = "\n| program | what it exercises |\n|---|---|\n".to_owned();
        for (name, what, ..) in &self.programs {
            let _ = writeln!(text, "| {name} | {what} |");
        }
        text
    }
}
