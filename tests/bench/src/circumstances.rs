//! Where and how was this measured: machine, compiler, flags, date, commit, command.

use crate::programs;
use std::process::Command;

/// `(name, value)`, for the report.
pub fn collect(rounds: usize) -> Vec<(&'static str, String)> {
    vec![
        ("command", command()),
        ("date", output("date", &["-u", "+%Y-%m-%d %H:%M UTC"])),
        ("commit", commit()),
        ("machine", machine()),
        ("compiler", format!("{}, profile {}", env!("BENCH_RUSTC"), env!("BENCH_PROFILE"))),
        (
            "RUSTFLAGS",
            match env!("BENCH_RUSTFLAGS") {
                "" => "none".to_owned(),
                flags => flags.to_owned(),
            },
        ),
        ("rounds", rounds.to_string()),
    ]
}

fn command() -> String {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    format!("sheave-bench {}", arguments.join(" "))
}

fn commit() -> String {
    let folder = programs::folder();
    let folder = folder.to_string_lossy();
    let commit = output("git", &["-C", &folder, "rev-parse", "--short=12", "HEAD"]);
    let changed = output("git", &["-C", &folder, "status", "--porcelain", "--untracked-files=no"]);
    if matches!(changed.as_str(), "" | "unknown") { commit } else { format!("{commit}, with changes") }
}

/// Model, number of processors, system.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).and_then(|rest| rest.split(": ").nth(1));
    let model = match model {
        Some(model) => model.to_owned(),
        None => output("sysctl", &["-n", "machdep.cpu.brand_string"]),
    };
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{model}, {count} processors, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn output(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}
