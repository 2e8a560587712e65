//! `sheave profile`: the graph, the table, the data, and guests that end badly.

use crate::{Bench, can_observe, guests};
use serde_json::Value;

/// Exports that work for some hundred intervals, nine times as much in `heavy` as in `light`.
const TWO: &str = r#"(module $two
    (func $work (param i32) (loop $again (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func $heavy (call $work (i32.const 9000000)))
    (func $light (call $work (i32.const 1000000)))
    (func $main (export "main") (param $n i32)
        (loop $again
            (call $heavy) (call $light)
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    (func $fail (export "fail") (call $main (i32.const 3)) (unreachable)))"#;

/// Profiles an export; `None` if this build cannot, which it then says.
fn profile(args: &[&str]) -> Option<(Bench, crate::Done)> {
    let bench = Bench::with("two.wat", TWO);
    let done = bench.sheave(&[&["profile"], args].concat());
    if !can_observe() {
        done.fails(1, &["this build of Sheave cannot observe: loop dispatch", "hint:"]);
        return None;
    }
    Some((bench, done))
}

#[test]
fn a_flame_graph_and_a_table_are_written() {
    let Some((bench, done)) = profile(&["--invoke", "main", "two.wat", "10"]) else { return };
    done.prints("");
    done.fails(0, &[" samples, two.svg\n", "own     all  function\n", "  work\n", "  heavy\n"]);
    let svg = std::fs::read_to_string(bench.path("two.svg")).expect("a graph");
    for part in ["<svg ", "</svg>", "<title>work (", "<title>heavy (", " samples, ", "two.wat"] {
        assert!(svg.contains(part), "{part}");
    }
    // It needs nothing from elsewhere.
    assert!(!svg.contains("<link") && !svg.contains("src="));
}

#[test]
fn data_tells_where_the_work_is() {
    let Some((bench, done)) =
        profile(&["--json", "-o", "graph.svg", "--interval", "200us", "--invoke", "main", "two.wat", "10"])
    else {
        return;
    };
    assert!(bench.path("graph.svg").exists() && !bench.path("two.svg").exists());
    let report: Value = serde_json::from_str(&done.err).unwrap_or_else(|error| panic!("{error}: {done:?}"));
    assert_eq!(report["interval_us"], 200.0);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{report}"));
    let samples = number(&report["samples"]);
    let function = |name: &str| {
        let functions = report["functions"].as_array().expect("a list");
        functions.iter().find(|function| function["name"] == name).unwrap_or_else(|| panic!("{name}: {report}"))
    };
    assert!(samples > 50.0 && number(&function("work")["own_samples"]) > 0.9 * samples, "{report}");
    assert!((0.7..0.99).contains(&(number(&function("heavy")["samples"]) / samples)), "{report}");
    let sum: f64 = report["stacks"].as_array().expect("a list").iter().map(|stack| number(&stack["samples"])).sum();
    assert_eq!(sum, samples);
}

#[test]
fn guests_that_trap_or_are_short_are_told_of() {
    let Some((bench, done)) = profile(&["--invoke", "fail", "two.wat"]) else { return };
    done.fails(134, &["trap: ", "unreachable", " samples, two.svg", "  work\n"]);
    bench.write("exit.wat", guests::exit(7));
    let short = bench.sheave(&["profile", "--interval", "1s", "exit.wat"]);
    short.fails(7, &["no samples, no graph"]);
    assert!(!bench.path("exit.svg").exists());
    let unwritable = bench.sheave(&["profile", "-o", "no/where.svg", "--invoke", "main", "two.wat", "1"]);
    unwritable.fails(1, &["no/where.svg: no such file"]);
}
