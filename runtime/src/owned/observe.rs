//! Observing guests: counts of what they execute, and profiles of where they spend their time.
//!
//! Counting notes every instruction on the guest's own thread. Sampling has a thread that asks, every so often, for a look at
//! the guest's frames, which the guest's thread takes between two instructions; in between, guests run as they always do.
//! `no_observe.rs` stands in for this file where there is no std.

use super::{Error, Instance, Store, errors::ObserveError, sync::Arc};
use alloc::{borrow::ToOwned, boxed::Box, collections::BTreeMap, format, string::String, vec::Vec};
use core::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use sheave_interp::{
    isa::{Family, first_of, row_of},
    store::{self as core_store, CannotObserve},
    types::FuncIndex,
};
use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
};

/// The most frames of a sample; of deeper stacks the innermost.
const FRAMES_MAX: usize = 256;
/// The shortest interval: a guest has to get on between two samples.
const INTERVAL_MIN: Duration = Duration::from_micros(50);

/// What observes the guests of a store.
#[derive(Default)]
pub(crate) struct Observer {
    sampler: Option<Sampler>,
}

/// Takes samples until it is dropped.
struct Sampler {
    interval: Duration,
    /// Intervals that have passed since the last sample.
    ticks: Arc<AtomicU32>,
    stacks: BTreeMap<Vec<Place>, u64>,
    /// Its end is what the thread waits for.
    alive: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Observer {
    /// Notes where the guest is; it has stopped for that.
    #[cold]
    pub(crate) fn sample(&mut self, core: &core_store::Store) {
        if let Some(sampler) = &mut self.sampler {
            sampler.sample(core, None);
        }
    }

    /// Notes, after a call of a host function, the time that it took.
    pub(crate) fn sample_host(&mut self, core: &core_store::Store) {
        if let Some(sampler) = &mut self.sampler {
            sampler.sample(core, Some(Place::Host));
        }
    }
}

/// Where a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Guest {
        instance: u32,
        func: u32,
    },
    Host,
    /// Frames that were not looked at.
    Cut,
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.alive = None;
        // The thread ends at once, and has not panicked: it calls nothing that could.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Sampler {
    fn start(core: &core_store::Store, interval: Duration) -> Result<Sampler, Error> {
        let request = core.sample_request()?;
        let (alive, ended) = channel::<()>();
        let ticks = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&ticks);
        let tick = move || {
            while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                counter.fetch_add(1, Ordering::Relaxed);
                // SAFETY: the core store is there: `Store` has its observer dropped before it, which waits for this thread.
                unsafe { request.send() };
            }
        };
        let thread = thread::Builder::new().name("sheave sampler".to_owned()).spawn(tick);
        let thread = thread.map_err(|error| Error::new(format!("sampling: {error}")))?;
        Ok(Sampler { interval, ticks, stacks: BTreeMap::new(), alive: Some(alive), thread: Some(thread) })
    }

    /// Notes the frames of the guest that runs, with as much weight as intervals have passed.
    fn sample(&mut self, core: &core_store::Store, innermost: Option<Place>) {
        let weight = self.ticks.swap(0, Ordering::Relaxed);
        if weight == 0 {
            return;
        }
        let mut frames = core.frames();
        let guest = frames.by_ref().take(FRAMES_MAX);
        let guest = guest.map(|frame| Place::Guest { instance: frame.instance, func: frame.func.0 });
        let mut stack: Vec<Place> = innermost.into_iter().chain(guest).collect();
        stack.extend(frames.next().map(|_| Place::Cut));
        *self.stacks.entry(stack).or_default() += u64::from(weight);
    }
}

impl<T> Store<T> {
    /// Counts what guests execute from now on, each instruction by itself: a run takes many times as long. Counts begin at 0.
    ///
    /// # Errors
    /// `Observe` if this build's dispatch cannot be observed, or while samples are taken; `Module` if there is no memory for
    /// the counts: 16 bytes a unit (two bytes) of the code of all instances.
    ///
    /// ```
    /// use sheave::*;
    /// # #[cfg(feature = "wat")] {
    /// let engine = Engine::default();
    /// let module = Module::new(&engine, r#"(module (func (export "f") (result i32) (i32.const 7)))"#)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module)?;
    /// assert!(store.statistics().is_none(), "nothing is counted");
    ///
    /// match store.start_counting() {
    ///     Ok(()) => {
    ///         instance.get_typed_func::<(), i32>(&store, "f")?.call(&mut store, ())?;
    ///         // `return.i32` with its operand, and the end of the call.
    ///         assert_eq!(store.statistics().unwrap().instructions, 2);
    ///     }
    ///     // Without optimisation, for example.
    ///     Err(error) => assert_eq!(error.to_string(), "this build of Sheave cannot observe: loop dispatch"),
    /// }
    /// # }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn start_counting(&mut self) -> Result<(), Error> {
        if self.observer.sampler.is_some() {
            return Err(ObserveError::BothAtOnce.into());
        }
        Ok(self.core.start_counting()?)
    }

    /// What guests have executed since [`Store::start_counting`]; `None` if nothing is counted.
    pub fn statistics(&self) -> Option<Statistics> {
        let stack_peak_bytes = self.core.stack_peak_bytes()?;
        let mut statistics = Statistics {
            instructions: 0,
            dispatches: 0,
            families: Family::ALL.map(|family| FamilyStatistics {
                family: family.name(),
                instructions: 0,
                dispatches: 0,
            }),
            stack_peak_bytes,
        };
        for instance in 0..self.core.instances_count() {
            let code = self.core.code(instance);
            for (unit, count) in code.iter().zip(self.core.counts(instance)?).filter(|(_, count)| count.executed > 0) {
                let (row, _) = row_of(first_of(*unit)).expect("what was executed is an instruction");
                let family = &mut statistics.families[row.get().family() as usize];
                family.instructions += count.executed;
                family.dispatches += count.dispatched;
            }
        }
        statistics.instructions = statistics.families.iter().map(|family| family.instructions).sum();
        statistics.dispatches = statistics.families.iter().map(|family| family.dispatches).sum();
        Some(statistics)
    }

    /// How often each instruction of an instance was executed since [`Store::start_counting`]: one number a unit (two bytes) of
    /// the code in its module's [image](crate::Module::image), and of what was translated since by
    /// [functions' first calls](crate::CompilationMode), at the first unit of the instruction. `None` if nothing is counted.
    ///
    /// # Panics
    /// If the instance is one of another store.
    pub fn execution_counts(&self, instance: Instance) -> Option<Vec<u64>> {
        let counts = self.core.counts(self.address(instance.0))?;
        Some(counts.iter().map(|count| count.executed).collect())
    }

    /// Takes samples of where guests are from now on, one an interval (at least 50 µs). A guest is slowed down by as much as the
    /// samples take, a few µs each.
    ///
    /// # Errors
    /// `Observe` if this build's dispatch cannot be observed, or while instructions are counted; a message if the system gives
    /// no thread.
    ///
    /// ```
    /// use sheave::*;
    /// use std::time::Duration;
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// assert!(store.finish_sampling().is_none(), "no samples are taken");
    /// match store.start_sampling(Duration::from_millis(1)) {
    ///     // Here guests run.
    ///     Ok(()) => assert_eq!(store.finish_sampling().unwrap().samples(), 0),
    ///     Err(error) => assert_eq!(error.to_string(), "this build of Sheave cannot observe: loop dispatch"),
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn start_sampling(&mut self, interval: Duration) -> Result<(), Error> {
        if self.core.is_counting() {
            return Err(ObserveError::BothAtOnce.into());
        }
        self.observer.sampler = Some(Sampler::start(&self.core, interval.max(INTERVAL_MIN))?);
        Ok(())
    }

    /// Ends taking samples, and gives them; `None` if none were taken.
    pub fn finish_sampling(&mut self) -> Option<GuestProfile> {
        let mut sampler = self.observer.sampler.take()?;
        let (stacks, interval) = (core::mem::take(&mut sampler.stacks), sampler.interval);
        drop(sampler);
        self.core.withdraw_sample_request();
        let is_prefixed = self.core.instances_count() > 1;
        let label = |place: &Place| match *place {
            Place::Guest { instance, func } => {
                let image = self.core.image(instance);
                let name = image
                    .func_name(FuncIndex(func))
                    .map_or_else(|| format!("<wasm function {func}>"), ToOwned::to_owned);
                let module = image.module_name().filter(|_| is_prefixed);
                module.map_or(name.clone(), |module| format!("{module}!{name}"))
            }
            Place::Host => "<host>".to_owned(),
            Place::Cut => "…".to_owned(),
        };
        let stacks = stacks.iter().map(|(places, weight)| {
            let frames = places.iter().rev().map(|place| label(place).into_boxed_str()).collect();
            ProfiledStack { frames, samples: *weight }
        });
        Some(GuestProfile { interval, stacks: stacks.collect() })
    }
}

/// What guests have executed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Statistics {
    /// Instructions executed. A superinstruction counts as those that it stands for, as far as they were executed.
    pub instructions: u64,
    /// Dispatches: jumps from one handler to the next. A superinstruction is one.
    pub dispatches: u64,
    /// The same by what instructions are about.
    pub families: [FamilyStatistics; Family::ALL.len()],
    /// How much of the guest stack was used, up to the end of the deepest frame, in bytes.
    pub stack_peak_bytes: usize,
}

/// Executed instructions of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FamilyStatistics {
    /// Its name: a type for arithmetic, else a word such as `load`.
    pub family: &'static str,
    /// Instructions executed.
    pub instructions: u64,
    /// Dispatches of one of these, or of a superinstruction that begins with one.
    pub dispatches: u64,
}

/// Where guests spent their time.
///
/// A guest that a host function calls begins a stack of its own. Time in host functions is that of a frame `<host>`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuestProfile {
    interval: Duration,
    stacks: Vec<ProfiledStack>,
}

/// A stack, and how often it was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ProfiledStack {
    /// Names of its functions, outermost first; of more than 256 frames the innermost, below `…`.
    pub frames: Vec<Box<str>>,
    /// Samples in which it was seen: intervals that have passed.
    pub samples: u64,
}

/// A function's share of a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ProfiledFunction {
    /// Its name.
    pub name: Box<str>,
    /// Samples in which it was the innermost.
    pub own_samples: u64,
    /// Samples in which it was on the stack.
    pub samples: u64,
}

impl GuestProfile {
    /// The time that a sample stands for.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Number of samples.
    pub fn samples(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.samples).sum()
    }

    /// The stacks seen, each once.
    pub fn stacks(&self) -> &[ProfiledStack] {
        &self.stacks
    }

    /// The functions seen, the one with most own samples first.
    pub fn functions(&self) -> Vec<ProfiledFunction> {
        let mut functions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for ProfiledStack { frames, samples } in &self.stacks {
            let mut names: Vec<&str> = frames.iter().map(AsRef::as_ref).collect();
            if let Some(innermost) = names.last() {
                functions.entry(innermost).or_default().0 += samples;
            }
            // A function that recurses is on the stack once.
            names.sort_unstable();
            names.dedup();
            for name in names {
                functions.entry(name).or_default().1 += samples;
            }
        }
        let functions = functions.into_iter();
        let function =
            |(name, (own_samples, samples)): (&str, _)| ProfiledFunction { name: name.into(), own_samples, samples };
        let mut functions: Vec<_> = functions.map(function).collect();
        functions.sort_by(|a, b| (b.own_samples, b.samples, &a.name).cmp(&(a.own_samples, a.samples, &b.name)));
        functions
    }

    /// The stacks as lines that tools for flame graphs read: `main;parse;number 42`.
    pub fn folded(&self) -> String {
        let line = |stack: &ProfiledStack| {
            // The separator may not stand in a name.
            let frames: Vec<String> = stack.frames.iter().map(|name| name.replace(';', ":")).collect();
            format!("{} {}\n", frames.join(";"), stack.samples)
        };
        self.stacks.iter().filter(|stack| !stack.frames.is_empty()).map(line).collect()
    }
}

impl From<CannotObserve> for Error {
    #[cold]
    fn from(error: CannotObserve) -> Error {
        match error {
            CannotObserve::LoopDispatch => ObserveError::LoopDispatch.into(),
            CannotObserve::OutOfMemory => core_store::OutOfMemory.into(),
        }
    }
}
