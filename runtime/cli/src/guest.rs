//! A guest of the command: the options that say what it is granted, and its way from a file to an exit code.
//!
//! `run` and `profile` share it; what they do besides stands in their files.

use crate::{
    Failure,
    capability::unknown_import,
    failure::closest,
    limits::{self, MemoryLimit},
    source::{Source, plain},
    translation, units, values,
    watchdog::{self, Watchdog},
};
use sheave::{
    CompilationMode, Config, Engine, Error, ExternType, Func, Instance, Linker, Module, Store, Trap, Val,
    errors::{ErrorKind, LinkerError},
};
use sheave_hal::{
    Access, WasiCtx,
    wasi::p1::{self, I32Exit},
};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// [`CompilationMode`] on the command line.
#[derive(Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum When {
    /// All before the start
    #[default]
    Eager,
    /// Validate all before the start, translate each function when it is first called
    LazyTranslation,
    /// Validate and translate each function when it is first called
    Lazy,
}

impl From<When> for CompilationMode {
    fn from(when: When) -> CompilationMode {
        match when {
            When::Eager => CompilationMode::Eager,
            When::LazyTranslation => CompilationMode::LazyTranslation,
            When::Lazy => CompilationMode::Lazy,
        }
    }
}

/// What is run, and what it is granted.
#[derive(clap::Args)]
pub struct Options {
    /// Call this exported function with ARGS, and print each result on a line
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,
    /// Grant a directory and all below it, under the same name or another
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Set an environment variable; without a value, pass on this process's own
    #[arg(long = "env", value_name = "KEY[=VALUE]")]
    env: Vec<String>,
    /// Stop after about so many Wasm operators
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    fuel: Option<u64>,
    /// Stop after this time, such as 500ms or 2s
    #[arg(long, value_name = "DUR", value_parser = units::duration)]
    timeout: Option<Duration>,
    /// Let memories grow to so many bytes in all, such as 65536, 64KiB or 1MiB, and structs, arrays and exceptions too
    ///
    /// Each of both sums has this limit. Without it memories have none but their own, and structs, arrays and exceptions have 256 MiB.
    #[arg(long, value_name = "BYTES", value_parser = units::bytes)]
    max_memory: Option<u64>,
    /// Make every NaN canonical, so that results are the same bit for bit on every machine. Images have to be compiled so
    #[arg(long)]
    canonicalize_nans: bool,
    /// When to validate and translate functions: all at once, or each when it is first called. Images are whole already
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    compilation_mode: When,
    /// The module, and what it gets as arguments
    #[arg(value_name = "FILE [ARGS]", required = true, trailing_var_arg = true)]
    file_and_args: Vec<OsString>,
}

/// What the host keeps of a guest.
pub struct State {
    wasi: WasiCtx<'static>,
    /// Its memory, and the limit on that.
    pub memory: MemoryLimit,
}

/// A guest that is loaded and can run once.
pub struct Guest<'a> {
    options: &'a Options,
    args: Vec<&'a str>,
    module: Module,
    /// Its store.
    pub store: Store<State>,
    /// Whether the module came as an image, so that it was only verified.
    pub was_image: bool,
    /// How long translating and verifying took.
    pub loading: Duration,
}

impl Options {
    /// The file to run.
    pub fn file(&self) -> &Path {
        Path::new(self.file_and_args.first().expect("clap requires one"))
    }

    /// Fuel granted, if it is metered.
    pub fn fuel(&self) -> Option<u64> {
        self.fuel
    }
}

impl<'a> Guest<'a> {
    /// Reads and translates the module, and grants what the options say.
    ///
    /// # Errors
    /// Bad options or arguments; a file that cannot be read; a module or image that is refused.
    pub fn load(options: &'a Options) -> Result<Guest<'a>, Failure> {
        let file = options.file();
        let args = options.file_and_args[1..].iter().map(|arg| utf8(arg)).collect::<Result<Vec<_>, _>>()?;
        let source = Source::read(file)?;
        let mut config = Config::default();
        config.consume_fuel(options.fuel.is_some()).interruptible(options.timeout.is_some());
        config.canonicalize_nans(options.canonicalize_nans);
        if let Some(bytes) = options.max_memory {
            config.max_objects_bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
        config.compilation_mode(options.compilation_mode.into());
        let engine = Engine::new(&config);
        let began = Instant::now();
        let module = load(&engine, file, &source)?;
        let (loading, was_image) = (began.elapsed(), matches!(source, Source::Image(_)));
        drop(source);
        let wasi = wasi(options, file, &args)?;
        let memory = MemoryLimit { bytes_max: options.max_memory, ..MemoryLimit::default() };
        let mut store = Store::new(&engine, State { wasi, memory });
        store.limiter(|state| &mut state.memory);
        if let Some(fuel) = options.fuel {
            store.set_fuel(fuel).expect("the engine meters fuel");
        }
        Ok(Guest { options, args, module, store, was_image, loading })
    }

    /// Bytes of the module's image.
    pub fn image_bytes(&self) -> u64 {
        self.module.image().len() as u64
    }

    /// Runs it to its end; gives its exit code.
    ///
    /// # Errors
    /// A trap; a module that asks for what there is not; a thread that the system does not give.
    pub fn run(&mut self) -> Result<ExitCode, Failure> {
        let Options { timeout, .. } = *self.options;
        let watchdog = timeout.map(|timeout| Watchdog::start(timeout, self.store.interrupt_handle())).transpose()?;
        let done = execute(self.options, &mut self.store, &self.module, &self.args);
        drop(watchdog);
        done.or_else(|stop| stop.outcome(self.options, &self.store.data().memory, &self.module))
    }
}

fn utf8(arg: &OsString) -> Result<&str, Failure> {
    arg.to_str().ok_or_else(|| Failure::usage(format!("argument {}: not UTF-8, which WASI requires", arg.display())))
}

fn load(engine: &Engine, file: &Path, source: &Source) -> Result<Module, Failure> {
    match source {
        Source::Wasm(wasm) => Module::new(engine, wasm).map_err(|error| translation::rejected(file, wasm, &error)),
        Source::Image(bytes) => Module::from_image(engine, bytes).map_err(|error| match error.kind() {
            ErrorKind::Module(error) => translation::bad_image(file, error),
            _ => Failure::module(format!("{}: {error}", file.display())),
        }),
    }
}

/// What the guest is granted.
fn wasi(options: &Options, file: &Path, guest_args: &[&str]) -> Result<WasiCtx<'static>, Failure> {
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio().inherit_clocks().inherit_random();
    // As in Wasmtime: the program's name is that of the file, without its directory.
    wasi.arg(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy()).args(guest_args);
    for variable in &options.env {
        match variable.split_once('=') {
            Some(("", _)) => return Err(Failure::usage(format!("--env {variable}: expected KEY=VALUE"))),
            Some((key, value)) => wasi.env(key, value),
            None => match std::env::var(variable) {
                Ok(value) => wasi.env(variable, &value),
                Err(_) => {
                    let message = format!("--env {variable}: not set here, or not UTF-8");
                    return Err(Failure::usage(message).hint(format!("set it with --env {variable}=VALUE")));
                }
            },
        };
    }
    for dir in &options.dirs {
        let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
        wasi.preopened_dir(PathBuf::from(host), guest, Access::ReadWrite)
            .map_err(|error| Failure::usage(format!("--dir {dir}: {}", plain(&error))))?;
    }
    Ok(wasi.build())
}

/// Why a guest came to an end before its time.
enum Stop {
    /// Something that the command line or the module's interface is to blame for.
    Failed(Failure),
    /// What the runtime says, also an exit.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

/// Instantiates the module and calls what is to be called.
fn execute(
    options: &Options,
    store: &mut Store<State>,
    module: &Module,
    guest_args: &[&str],
) -> Result<ExitCode, Stop> {
    // Before anything runs: a mistake in the command line shall have no effects.
    let call = match &options.invoke {
        Some(name) => Some((name, parse_args(module, name, guest_args).map_err(Stop::Failed)?)),
        None => None,
    };
    let mut linker = Linker::new(store.engine());
    p1::add_to_linker(&mut linker, |state: &mut State| &mut state.wasi)?;
    let pre = linker.instantiate(&mut *store, module)?;
    let has_start = pre.has_start();
    let instance = pre.start(&mut *store)?;
    let is_command = instance.get_func(&*store, "_start").is_some();
    if !is_command && instance.get_func(&*store, "_initialize").is_some() {
        // A reactor's must be called before anything else is.
        call_plain(store, instance, "_initialize")?;
    }
    if let Some((name, params)) = call {
        let func = instance.get_func(&*store, name).expect("found in the module's exports");
        invoke(store, func, &params)?;
    } else if is_command {
        call_plain(store, instance, "_start")?;
    } else if !has_start && !is_reactor(store, instance) {
        let failure = Failure::module("nothing to run: the module exports no function \"_start\"");
        return Err(Stop::Failed(failure.hint(format!("choose a function with --invoke NAME; {}", exported(module)))));
    }
    Ok(ExitCode::SUCCESS)
}

/// Calls one of the functions that WASI gives a meaning.
fn call_plain(store: &mut Store<State>, instance: Instance, name: &str) -> Result<(), Stop> {
    let func = instance.get_typed_func::<(), ()>(&*store, name);
    let func = func.map_err(|error| Stop::Failed(Failure::module(format!("export {name:?}: {error}"))))?;
    Ok(func.call(store, ())?)
}

fn is_reactor(store: &Store<State>, instance: Instance) -> bool {
    instance.get_func(store, "_initialize").is_some()
}

/// The arguments of an exported function by its type.
fn parse_args(module: &Module, name: &str, args: &[&str]) -> Result<Vec<Val>, Failure> {
    let ty = match module.get_export(name) {
        Some(ExternType::Func(ty)) => ty,
        Some(_) => return Err(Failure::usage(format!("--invoke {name}: exported, but not a function"))),
        None => {
            let names: Vec<_> = functions(module);
            let close = closest(name, names.iter().map(String::as_str));
            let close = close.map_or(String::new(), |close| format!("did you mean {close}? "));
            let failure = Failure::usage(format!("--invoke {name}: no such export"));
            return Err(failure.hint(format!("{close}{}", exported(module))));
        }
    };
    if args.len() != ty.params().len() {
        let message = format!("--invoke {name}: expected {} arguments, found {}", ty.params().len(), args.len());
        return Err(Failure::usage(message).hint(format!("its type is {ty}")));
    }
    let values = args.iter().zip(ty.params()).enumerate();
    let parsed = values.map(|(i, (text, ty))| {
        values::parse_value(text, *ty)
            .map_err(|error| Failure::usage(format!("--invoke {name}: argument {}: {error}", i + 1)))
    });
    parsed.collect()
}

fn functions(module: &Module) -> Vec<String> {
    let functions = module.exports().filter(|export| matches!(export.ty(), ExternType::Func(_)));
    functions.map(|export| export.name().to_owned()).collect()
}

/// The exported functions in words.
fn exported(module: &Module) -> String {
    const SHOWN: usize = 20;
    let names = functions(module);
    match names.len() {
        0 => "it exports no functions".into(),
        count if count > SHOWN => format!("it exports {}, and {} more", names[..SHOWN].join(", "), count - SHOWN),
        _ => format!("it exports {}", names.join(", ")),
    }
}

/// Calls a function and prints its results.
fn invoke(store: &mut Store<State>, func: Func, params: &[Val]) -> Result<(), Stop> {
    let ty = func.ty(&*store);
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    func.call(&mut *store, params, &mut results)?;
    let text: String = results.iter().map(|result| values::show(&*store, result) + "\n").collect();
    crate::output::to_stdout(&text).map_err(Stop::Failed)
}

impl Stop {
    /// The exit code of a guest that exited; of any other the failure, with advice.
    fn outcome(self, options: &Options, memory: &MemoryLimit, module: &Module) -> Result<ExitCode, Failure> {
        let error = match self {
            Stop::Failed(failure) => return Err(failure),
            Stop::Error(error) => error,
        };
        if let Some(I32Exit(code)) = error.downcast_ref() {
            // The system takes eight bits; a failure shall not become a success by that.
            let low = (*code & 0xff) as u8;
            return Ok(ExitCode::from(if low == 0 && *code != 0 { 1 } else { low }));
        }
        if let Some(trap) = error.as_trap() {
            let hint = match trap {
                Trap::OutOfFuel => options.fuel.map(|fuel| format!("--fuel {fuel} is used up")),
                Trap::Interrupted => options.timeout.map(watchdog::hint),
                Trap::StackOverflow => Some("the guest recursed too deeply, perhaps without end".to_owned()),
                Trap::OutOfHeap => Some(limits::objects_hint(options.max_memory)),
                _ => memory.hint(),
            };
            return Err(Failure::trap(format!("trap: {error}")).hint(hint));
        }
        if let ErrorKind::Exception(_) = error.kind() {
            return Err(Failure::trap(error));
        }
        let failure = Failure::module(match others_missing(&error, module) {
            0 => error.to_string(),
            count => format!("{error} (and {count} more)"),
        });
        Err(match error.kind() {
            ErrorKind::Linker(LinkerError::MissingDefinition { module, name, .. }) => {
                failure.hint(unknown_import(module, name))
            }
            // Also of a function that was not looked at before it was called.
            ErrorKind::Module(_) => {
                Failure::module(format!("{}: {error}", options.file().display())).hint(memory.hint())
            }
            _ => failure.hint(memory.hint()),
        })
    }
}

/// How many imports are missing besides the one that the error names.
fn others_missing(error: &Error, module: &Module) -> usize {
    let ErrorKind::Linker(LinkerError::MissingDefinition { .. }) = error.kind() else { return 0 };
    let is_known =
        |module: &str, name: &str| module == p1::MODULE && p1::FUNCTIONS.iter().any(|function| function.name == name);
    module.imports().filter(|import| !is_known(import.module(), import.name())).count().saturating_sub(1)
}
