//! `cargo xtask`: the only build logic of the project. This file is the command line; each task has its own file:
//! `ci` (the test command, a table of steps), `mcu`, `size` and `sysroot` (builds for microcontrollers), `board` (boards in emulators), `generate` (generated
//! documents), `proposals` (the test suite in each way, and its page), `tidy` (what a tool can check of docs/CONVENTIONS.md), `sanitize` (tools that watch memory). Other tasks
//! only start another program.
//!
//! Nothing here links Sheave's own crates: the tasks must work, and say what is wrong, when those do not compile.

mod asm;
mod board;
mod ci;
mod count;
mod debian;
mod elf;
mod error;
mod generate;
mod growth;
mod mcu;
mod process;
mod proposals;
mod sanitize;
mod size;
mod sysroot;
mod tally;
mod tidy;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use error::Result;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "Builds, tests and measures Sheave.",
    after_help = "Examples:\n  \
        cargo xtask test                   everything CI checks; ends with `N passed, N failed`\n  \
        cargo xtask test --fast            the minute before a commit\n  \
        cargo xtask test --only clippy     one step of it (--list names them)\n  \
        cargo xtask mcu --target thumbv6m-none-eabi\n  \
        cargo xtask diff 10000 --seed 7"
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check and every test: the command CI runs
    ///
    /// A failing step does not stop the others. The last line is `N passed, N failed`, the sum over all test runners, with a
    /// step that runs no tests counted as one; the exit code is 0 only if nothing failed.
    /// On Debian, as root, missing packages are installed with apt; elsewhere the message says what to install.
    Test {
        /// Run only these steps, separated by commas
        #[arg(long, value_name = "STEP", value_delimiter = ',')]
        only: Vec<String>,
        /// Name the steps, what each is for and what it runs
        #[arg(long)]
        list: bool,
        /// Run only the steps that are worth a wait before each commit
        #[arg(long, conflicts_with = "only")]
        fast: bool,
    },
    /// Build the no_std crates for bare-metal targets, in each combination of features that is promised
    ///
    /// Uses your toolchain if it has the target (rustup target add), else one assembled from Debian's
    /// rustc-web and rust-web-src in your cache folder.
    Mcu {
        /// Build only for these targets, separated by commas
        #[arg(long, value_name = "TRIPLE", value_delimiter = ',')]
        target: Vec<String>,
        /// Print the builds, do nothing
        #[arg(long)]
        list: bool,
    },
    /// Measure the flash that the engine takes on a microcontroller and compare with xtask/budgets.txt
    ///
    /// Builds the firmware in xtask/size for thumbv7em-none-eabihf at opt-level s with the engine, once for each line of that file,
    /// and without. Fails if a build takes more than its budget.
    Size {
        /// Only these builds, separated by commas
        #[arg(long, value_name = "BUILD", value_delimiter = ',')]
        only: Vec<String>,
        /// Make what the builds take now their budgets
        #[arg(long)]
        bless: bool,
        /// Say what takes the room, by module and symbol
        #[arg(long)]
        symbols: bool,
    },
    /// Build programs for boards and run them in emulators: targets/README.md
    ///
    /// Installs QEMU on Debian, as root. The compiler is found as by `mcu`.
    #[command(subcommand)]
    Board(BoardTask),
    /// Run the official WebAssembly test suite and print its table; with --board on a board, in its emulator
    ///
    /// On a board the scripts of wasm 1.0 and 2.0 run, others by `-- --slice NAME`: translated here, sent as images and commands
    /// (docs/device-stream.md), judged there, and compared with a run in process. Installs QEMU on Debian, as root.
    #[command(after_help = "Examples:\n  \
        cargo xtask conformance                                     the core slices, in process\n  \
        cargo xtask conformance --board mps2-an386 --html r.html    on a Cortex-M4F\n  \
        cargo xtask conformance --board mps2-an386 -- --file table  some scripts only")]
    Conformance {
        /// As `cargo xtask board list` names it
        #[arg(long, value_name = "NAME")]
        board: Option<String>,
        /// The board is hardware: write the player to its flash through a debug probe, and play over RTT
        #[arg(long, requires = "board")]
        probe: bool,
        /// With --board: write the result to this file, for scripts
        #[arg(long, value_name = "FILE", requires = "board")]
        json: Option<PathBuf>,
        /// With --board: write the report to this file, for browsers
        #[arg(long, value_name = "FILE", requires = "board")]
        html: Option<PathBuf>,
        /// Arguments of the runner; `cargo xtask conformance -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure Sheave against its peers (a long build: peers are compiled too)
    ///
    /// Builds in profile release with RUSTFLAGS="-C target-cpu=native -C llvm-args=-align-all-functions=6", for Sheave and
    /// peers alike: every interpreter here gains from handlers that begin on a cache line.
    Bench {
        /// Arguments of the benchmark; `cargo xtask bench -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Compare N generated modules with another engine: results, traps and memory must be the same
    Diff {
        /// How many modules
        #[arg(value_name = "N", default_value_t = 10_000)]
        count: u64,
        /// Seed of the first module; a run is determined by N and the seed
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// The other engine: wasmi, with modules of Wasm 2.0 without vectors; or wasmtime, with all of Wasm 3.0 (a long build)
        #[arg(long, default_value = "wasmi")]
        reference: String,
        /// Write the module to this file, and what each engine did to the same name with .txt behind it; N has to be 1
        #[arg(long)]
        dump: Option<std::path::PathBuf>,
    },
    /// Run the official test suite in each way of execution, and write docs/proposals.md
    Proposals {
        /// Do not write the page; fail if it is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Look at the handlers' machine code, for x86-64 and AArch64, and write docs/handlers.md
    ///
    /// Fails if a hot handler saves registers on the native stack or calls anything.
    Asm {
        /// Do not write the page
        #[arg(long)]
        check: bool,
    },
    /// Count the instructions that some programs execute (callgrind) and compare with tests/instructions.txt
    ///
    /// Fails if a program takes 3 % more than that file says. Installs valgrind on Debian, as root.
    Count {
        /// Write the counts to the file instead
        #[arg(long)]
        bless: bool,
    },
    /// Translate modules that grow by repetition at two sizes and compare the instructions that takes (callgrind)
    ///
    /// Fails if four times the module takes more than 4.8 times the instructions. Installs valgrind on Debian, as root.
    Growth {
        /// How many modules
        #[arg(value_name = "N", default_value_t = 100)]
        count: u64,
        /// Seed of the first
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Run tests of the loop dispatch under AddressSanitizer, valgrind and Miri: memory errors and leaks
    ///
    /// Takes a quarter of an hour and some gigabytes of builds. Installs valgrind on Debian, as root. Where `cargo miri` is not
    /// installed Miri is left out, with a line that says so. The last line is `N passed, N failed`.
    Sanitize {
        /// Run only under these tools, separated by commas
        #[arg(long, value_name = "TOOL", value_delimiter = ',')]
        only: Vec<sanitize::Tool>,
    },
    /// Print which instructions stand and run one behind the other, or mine superinstructions from that
    ///
    /// The corpus: what the programs of tests/bench/programs.toml execute, and the code of examples/guests/*.wasm. With --mine N
    /// it writes interp/src/isa/superinstructions.txt, the same each time; with --held-out it says what mining does for
    /// programs that it has not seen.
    Profile {
        /// Arguments of the tool; `cargo xtask profile -- --help` lists them
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Write the generated documents (docs/isa.md, the table in targets/README.md)
    Gen {
        /// Write nothing; fail if a document is not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Check what a tool can check of docs/CONVENTIONS.md
    Tidy,
    /// Build the guest programs in examples/guests from their sources
    ///
    /// The compilers it needs are named in examples/guests/build.sh.
    Guests {
        /// What to make of them
        action: GuestAction,
    },
}

#[derive(Subcommand)]
enum BoardTask {
    /// Print a table of the boards
    List,
    /// Run a guest on a board and exit with its code
    ///
    /// Puts the guest's image into the program `hello` of the board and starts that in the board's emulator. After a trap the
    /// exit code is 134, after a panic 101, after a fault of the processor 139.
    #[command(after_help = "Examples:\n  \
        cargo xtask board run microbit                 the guest targets/common/guests/hello.wat\n  \
        cargo xtask board run microbit app.wasm        a module, translated first; or an image\n  \
        cargo xtask board run mps2-an505 app.wasm --translate   a module, translated on the board")]
    Run {
        /// As `cargo xtask board list` names it
        #[arg(value_name = "NAME")]
        name: String,
        /// A module (binary or text) or an image, which exports `run: [] -> [i32]` and may import `board.print`
        #[arg(value_name = "IMAGE")]
        guest: Option<std::path::PathBuf>,
        /// Translate the module on the board: its program `translate`
        #[arg(long)]
        translate: bool,
        /// The board is hardware: write the program to its flash through a debug probe
        #[arg(long)]
        probe: bool,
        /// Stop it after so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        timeout: u64,
    },
    /// Count the instructions that kernels take on boards: native code, Sheave at both levels, wasmi
    ///
    /// Counts are those of a plugin of QEMU, which is compiled first, and the same in every run. Fails if checksums differ, or if
    /// Sheave takes more than targets/counts.txt says.
    #[command(after_help = "Examples:\n  \
        cargo xtask board bench                            all engines on the three boards of the page; tables\n  \
        cargo xtask board bench mps2-an386 --sheave-only   while tuning: no peer to compile\n  \
        cargo xtask board bench --bless                    makes what was counted targets/counts.txt and docs/benchmarks-boards.md")]
    Bench {
        /// As `cargo xtask board list` names them; microbit, mps2-an386 and riscv32-virt if none is
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Leave wasmi out
        #[arg(long)]
        sheave_only: bool,
        /// Say which functions of the program the instructions are in, by board
        #[arg(long)]
        symbols: bool,
        /// Also write all counts as JSON
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Write counts instead of comparing; the page too, if nothing was left out
        #[arg(long)]
        bless: bool,
    },
    /// Compile the kernels of the benchmark to WebAssembly: replaces the committed file
    Kernels,
    /// Run `hello` on every board and compare what it prints and logs, its exit code, and the flash and RAM it takes; and other programs
    ///
    /// The same of `translate`, where board.toml says what it takes. `memory`, where a board has it, makes instances of guests of every kind
    /// in arenas of just the size that is computed for them, and measures the engine's share of the native stack. A board that is hardware is
    /// only built for.
    Test {
        /// Only these boards
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Write flash and RAM to board.toml instead of comparing
        #[arg(long)]
        bless: bool,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum GuestAction {
    /// Compile them to WebAssembly: replaces the committed .wasm files
    Build,
    /// Compile the same sources for this machine
    Native,
    /// Write the expected outputs, by running the native programs
    Bless,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Board(BoardTask::Run { name, guest, translate, probe, timeout }) => {
            let how = board::How { translate, probe, limit: Duration::from_secs(timeout) };
            board::run(&name, guest.as_deref(), &how)
        }
        task => run(task).map(|is_good| if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a task; `false` means that it ran to its end and found failures, which it has reported.
fn run(task: Task) -> Result<bool> {
    match task {
        Task::Test { list: true, .. } => ci::list(),
        Task::Test { only, fast, .. } => return ci::run(&only, fast),
        Task::Mcu { list: true, target } => mcu::list(&target)?,
        Task::Mcu { target, .. } => return mcu::run(&target).map(|tally| tally.failed() == 0),
        Task::Size { only, bless, symbols } => {
            return size::check(&only, bless, symbols).map(|tally| tally.failed() == 0);
        }
        Task::Board(BoardTask::List) => board::list()?,
        Task::Board(BoardTask::Kernels) => board::kernels()?,
        Task::Board(BoardTask::Bench { names, sheave_only, symbols, json, bless }) => {
            let json = json.map(|file| std::env::current_dir().unwrap_or_default().join(file));
            let wanted = board::Wanted { names, sheave_only, symbols, json, bless };
            return board::bench(&wanted).map(|tally| tally.failed() == 0);
        }
        Task::Board(BoardTask::Test { names, bless }) => {
            return board::test(&names, bless).map(|tally| tally.failed() == 0);
        }
        Task::Board(BoardTask::Run { .. }) => unreachable!("its exit code is the guest's: `main` has run it"),
        Task::Conformance { board: Some(board), probe, json, html, args } => {
            return board::conformance(&board, probe, &on_board(json, html, args));
        }
        Task::Conformance { args, .. } => process::run(process::cargo(&ci::CONFORMANCE).args(args))?,
        Task::Bench { args } => process::run(&mut bench(&args))?,
        Task::Diff { count, seed, reference, dump } => process::run(&mut diff(count, seed, &reference, dump))?,
        Task::Proposals { check } => return proposals::run(check).map(|tally| tally.failed() == 0),
        Task::Asm { check } => return asm::run(check).map(|tally| tally.failed() == 0),
        Task::Count { bless } => return count::check(bless).map(|tally| tally.failed() == 0),
        Task::Growth { count, seed } => return growth::check(seed, count).map(|tally| tally.failed() == 0),
        Task::Sanitize { only } => return sanitize::run(&only).map(|tally| tally.failed() == 0),
        Task::Profile { args } => process::run(process::cargo(&PROFILE).args(args))?,
        Task::Gen { check } => generate::run(check)?,
        Task::Tidy => return tidy::run(),
        Task::Guests { action } => process::run(&mut guests(action))?,
    }
    Ok(true)
}

/// Arguments of the suite's runner; files are those of the folder that the user is in.
fn on_board(json: Option<PathBuf>, html: Option<PathBuf>, args: Vec<String>) -> Vec<OsString> {
    let here = std::env::current_dir().unwrap_or_default();
    let files = [("--json-file", json), ("--html", html)].into_iter().filter_map(|(name, file)| Some((name, file?)));
    let files = files.flat_map(|(name, file)| [name.into(), here.join(file).into_os_string()]);
    files.chain(args.into_iter().map(OsString::from)).collect()
}

/// Cargo's arguments that start the tool for profiles: only an optimised build can count.
const PROFILE: [&str; 8] = ["run", "--profile", "quick", "--package", "sheave-tests", "--bin", "profile", "--"];

fn bench(args: &[String]) -> std::process::Command {
    let mut command =
        process::cargo(&["run", "--release", "--package", "sheave-bench", "--features", "wasmtime", "--"]);
    // Without arguments: everything, and the page in docs. With arguments, what they say.
    if args.is_empty() {
        command.args(["--markdown", "docs/benchmarks.md"]);
    }
    command.args(args).env("RUSTFLAGS", "-C target-cpu=native -C llvm-args=-align-all-functions=6");
    command
}

/// The differential run. Wasmtime is in the program only where it is asked for.
fn diff(count: u64, seed: u64, reference: &str, dump: Option<std::path::PathBuf>) -> std::process::Command {
    let (separator, build) = ci::DIFF.split_last().expect("arguments that end cargo's own");
    let mut command = process::cargo(build);
    if reference == "wasmtime" {
        command.args(["--features", "wasmtime"]);
        // Modules are small: building the compiler takes longer than what it does.
        for package in ["cranelift-codegen", "wasmtime", "wasmtime-internal-cranelift", "wasmtime-environ"] {
            command.args(["--config", &format!("profile.quick.package.{package}.opt-level=1")]);
        }
    }
    let [count, seed] = [count, seed].map(|number| number.to_string());
    command.args([*separator, &count, "--seed", &seed, "--reference", reference]);
    if let Some(file) = dump {
        command.arg("--dump").arg(file);
    }
    command
}

fn guests(action: GuestAction) -> std::process::Command {
    let mut command = process::program("sh");
    command.arg("examples/guests/build.sh").arg(match action {
        GuestAction::Build => "all",
        GuestAction::Native => "native",
        GuestAction::Bless => "bless",
    });
    command
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
