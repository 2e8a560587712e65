//! The judge: the first event at which two traces differ, and what was compared at all.

use super::{
    Case, Event, Outcome, Reference,
    damage::{self, Verdicts},
    subject, trace,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Seeds whose module wasmi 2.0.0 runs wrongly in a way that `detour` does not avoid. In each of them Wasmtime 50 gives what
/// Sheave gives, or the value follows from the text. They still run; one that no longer differs has to be struck off.
const WASMI_IS_WRONG: &[(u64, &str)] = &[
    (105_161, "a float below an `if` with parameters on the operand stack comes back as another value"),
    (1_000_327, "a float constant below an `if` with parameters on the operand stack comes back with one bit flipped"),
    (1_006_163, "an i32 global gets another value than in Wasmtime"),
    (1_027_131, "an i64 global gets another value than in Wasmtime"),
    (1_035_169, "an i64 global gets one bit flipped, other than in Wasmtime"),
    (1_038_668, "memory gets other contents than in Wasmtime"),
];

/// What one case gave.
#[derive(Debug)]
pub struct Verdict {
    /// What differs, in words; nothing if the engines agree.
    pub difference: Option<String>,
    /// All traces, to be read by whoever looks for the cause.
    pub traces: String,
    /// What was compared.
    pub statistics: Statistics,
}

/// The reason if this reference is known to run this seed's module wrongly.
pub fn is_wrong(reference: Reference, seed: u64) -> Option<&'static str> {
    let known = match reference {
        Reference::Wasmi => WASMI_IS_WRONG,
        #[cfg(feature = "wasmtime")]
        Reference::Wasmtime => &[],
    };
    known.iter().find(|(wrong, _)| *wrong == seed).map(|(_, reason)| *reason)
}

/// What was compared in one or several cases.
#[derive(Clone, Default, Debug)]
pub struct Statistics {
    /// Modules that both engines instantiated.
    pub instantiated: u64,
    /// Modules that both refused to load or to instantiate.
    pub refused: u64,
    /// Calls with the same outcome and state.
    pub calls: u64,
    /// Calls that an engine's own limit ended, which were not compared.
    pub limited: u64,
    /// Damaged modules about which translator and validator agree.
    pub damaged: Verdicts,
    /// Calls with results, and those that trapped by the name of the trap.
    pub outcomes: BTreeMap<&'static str, u64>,
}

impl Statistics {
    /// Adds another one's counts.
    pub fn add(&mut self, other: &Statistics) {
        self.instantiated += other.instantiated;
        self.refused += other.refused;
        self.calls += other.calls;
        self.limited += other.limited;
        self.damaged.accepted += other.damaged.accepted;
        self.damaged.refused += other.damaged.refused;
        for (name, count) in &other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
    }

    fn count(&mut self, event: &Event) {
        let name = |outcome: &Outcome| match outcome {
            Outcome::Returned(_) => "results",
            Outcome::Trapped(name) => name,
            Outcome::Failed(_) => "other errors",
        };
        match event {
            Event::Refused(_) => self.refused += 1,
            Event::Instantiated(Outcome::Returned(_)) => self.instantiated += 1,
            Event::Instantiated(_) => self.refused += 1,
            Event::Called { outcome, .. } => {
                self.calls += 1;
                *self.outcomes.entry(name(outcome)).or_default() += 1;
            }
        }
    }
}

/// What differs between Sheave's ways.
fn among(first: &[Event], [reloaded, plain, lazy]: &[Vec<Event>; 3]) -> Option<String> {
    between(first, reloaded)
        .map(|text| format!("module and its reloaded image differ: {text}"))
        .or_else(|| between(first, plain).map(|text| format!("fused and plain code differ: {text}")))
        .or_else(|| between(first, lazy).map(|text| format!("eager and lazy translation differ: {text}")))
}

/// Runs a case on both engines and compares.
pub fn compare(case: &Case, reference: Reference) -> Verdict {
    let [first, others @ ..] = subject::run(case);
    let expected = reference.run(case);
    let mut statistics = Statistics::default();
    let difference = difference(&first, &expected, &mut statistics)
        .map(|text| format!("Sheave and {} differ: {text}", reference.name()))
        .or_else(|| among(&first, &others));
    let difference = difference.or_else(|| match damage::verdicts(case) {
        Ok(verdicts) => {
            statistics.damaged = verdicts;
            None
        }
        Err(text) => Some(format!("damaged module: {text}")),
    });
    let mut traces = String::new();
    for (name, events) in [
        ("sheave", &first),
        ("sheave, from the image", &others[0]),
        ("sheave, plain", &others[1]),
        ("sheave, lazy", &others[2]),
        (reference.name(), &expected),
    ] {
        let _ = writeln!(traces, "== {name}");
        for event in events {
            let _ = writeln!(traces, "{event:?}");
        }
    }
    Verdict { difference, traces, statistics }
}

/// The first difference of two traces by different engines; counts what agrees before it.
fn difference(found: &[Event], expected: &[Event], statistics: &mut Statistics) -> Option<String> {
    for i in 0..found.len().max(expected.len()) {
        let (found, expected) = (found.get(i), expected.get(i));
        if [found, expected].into_iter().flatten().any(Event::is_limit) {
            statistics.limited += 1;
            return None;
        }
        match (found, expected) {
            (Some(found), Some(expected)) if is_same(found, expected) => statistics.count(expected),
            _ => {
                return Some(format!(
                    "event {i}: Sheave {}, the other {}{}",
                    show(found),
                    show(expected),
                    state(found, expected)
                ));
            }
        }
    }
    None
}

/// The first difference of two traces by Sheave.
fn between(first: &[Event], second: &[Event]) -> Option<String> {
    let i = (0..first.len().max(second.len())).find(|&i| first.get(i) != second.get(i))?;
    Some(format!("event {i}: first {}, then {}", show(first.get(i)), show(second.get(i))))
}

/// Whether two events are the same but for the wording of errors.
fn is_same(a: &Event, b: &Event) -> bool {
    // Atomic accesses that are neither aligned nor inside may trap as either.
    let trap = |outcome: &Outcome| matches!(outcome, Outcome::Trapped("unaligned atomic" | "memory out of bounds"));
    let outcomes = |a: &Outcome, b: &Outcome| {
        a == b || trap(a) && trap(b) || matches!((a, b), (Outcome::Failed(_), Outcome::Failed(_)))
    };
    match (a, b) {
        (Event::Refused(_), Event::Refused(_)) => true,
        (Event::Instantiated(a), Event::Instantiated(b)) => outcomes(a, b),
        (Event::Called { outcome: a, state: x, .. }, Event::Called { outcome: b, state: y, .. }) => {
            outcomes(a, b) && x == y
        }
        _ => false,
    }
}

fn show(event: Option<&Event>) -> String {
    match event {
        Some(Event::Called { name, args, outcome, state: trace::State { host_calls, .. } }) => {
            format!("called {name:?} {args:?}: {outcome:?}, host calls {host_calls:#x}")
        }
        Some(event) => format!("{event:?}"),
        None => "nothing".to_owned(),
    }
}

/// What of the state differs after a call.
fn state(found: Option<&Event>, expected: Option<&Event>) -> String {
    let (Some(Event::Called { state: a, .. }), Some(Event::Called { state: b, .. })) = (found, expected) else {
        return String::new();
    };
    let globals =
        a.globals.iter().zip(&b.globals).filter(|(a, b)| a != b).map(|(a, b)| format!("; global {a:?} and {b:?}"));
    let areas = a.memories.iter().chain(&a.tables).zip(b.memories.iter().chain(&b.tables));
    globals.chain(areas.filter(|(a, b)| a != b).map(|(a, _)| format!("; contents of {:?}", a.0))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{State, Value};
    use super::*;

    fn called(outcome: Outcome, state: State) -> Event {
        Event::Called { name: "f".to_owned(), args: Vec::new(), outcome, state }
    }

    #[test]
    fn results_traps_and_state_all_count() {
        let one = called(Outcome::Returned(vec![Value::I32(1)]), State::default());
        let two = called(Outcome::Returned(vec![Value::I32(2)]), State::default());
        let trap = called(Outcome::Trapped("unreachable"), State::default());
        let memory = State { memories: vec![("m".to_owned(), 1, 7)], ..State::default() };
        let stored = called(Outcome::Returned(vec![Value::I32(1)]), memory);
        let differs = |a: &[&Event], b: &[&Event]| {
            let own = |events: &[&Event]| events.iter().map(|event| (*event).clone()).collect::<Vec<_>>();
            difference(&own(a), &own(b), &mut Statistics::default()).is_some()
        };
        assert!(!differs(&[&one, &trap], &[&one, &trap]));
        assert!(differs(&[&one], &[&two]));
        assert!(differs(&[&one], &[&trap]));
        assert!(differs(&[&one], &[&stored]));
        assert!(differs(&[&one], &[&one, &one]));
    }

    #[test]
    fn a_limit_ends_the_comparison() {
        let one = called(Outcome::Returned(vec![]), State::default());
        let limit = called(Outcome::Trapped(trace::LIMIT), State::default());
        let mut statistics = Statistics::default();
        assert_eq!(difference(&[one.clone(), limit], &[one.clone(), one.clone()], &mut statistics), None);
        assert_eq!((statistics.calls, statistics.limited), (1, 1));
    }
}
