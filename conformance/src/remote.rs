//! Runs slices on a device: sends the command stream, reads the replies, compares with a run in process.
//!
//! ```text
//!  scripts ─► Job: images, outcomes in process ─► requests ─► Device ─► replies ─► outcomes ─► report
//! ```
//!
//! Invariants: every step has one outcome, whatever becomes of the device. If it stops or falls silent, the command that it
//! was at fails and takes the rest of its script along; the device is started again with the next script. What the host
//! judges itself ([`Place::Host`]) is counted apart. A [`Device`] is a player in this process or a program, such as an
//! emulator, that reads and writes files.

mod program;
mod thread;

use std::time::{Duration, Instant};

pub use program::Program;
pub use thread::InProcess;

use crate::{
    Outcome, Script,
    engine::Settings,
    expect::Expectation,
    features::FeatureSet,
    images::{self, Place},
    local,
    report::{DeviceReport, FileReport, SliceReport, Summary},
    stream::{self, Board, Reply, Request, VERSION},
    suite::{self, Options, Slice},
    wast,
};

/// How long a device may take for one command. Measured: no command of the suite takes an emulated Cortex-M4 more than a second.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// How often a device is asked for more.
const POLL: Duration = Duration::from_millis(5);

/// Something that plays streams.
pub trait Device {
    /// Begins to play a stream, from nothing.
    ///
    /// # Errors
    ///
    /// It cannot be started.
    fn start(&mut self, requests: Vec<u8>) -> Result<(), String>;

    /// Appends the replies that have come, and gives whether more may come.
    ///
    /// # Errors
    ///
    /// They cannot be read.
    fn poll(&mut self, replies: &mut Vec<u8>) -> Result<bool, String>;

    /// Ends it, whatever it does.
    fn stop(&mut self) -> LastWords;
}

/// What a device has left behind.
#[derive(Debug, Default)]
pub struct LastWords {
    /// What it has said, for people.
    pub text: String,
    /// Whether it has stopped because its memory was used up.
    pub is_out_of_memory: bool,
}

/// A script, ready to be sent.
struct Job {
    slice: usize,
    file: String,
    script: Script,
    places: Vec<Place>,
    /// What becomes of each step in process, from wasm.
    local: Vec<Outcome>,
}

/// Runs slices by name on a device, as [`suite::run_slices`] does in process. If `is_whole`, the device must have room for
/// everything: nothing may be skipped that does not need a later proposal.
///
/// # Errors
///
/// As [`suite::run_slices`]; a script is none; the device cannot be started, or does not answer at all.
pub fn run_slices<S: AsRef<str>>(
    names: &[S],
    filter: Option<&str>,
    options: &Options,
    device: &mut dyn Device,
    is_whole: bool,
) -> Result<Summary, String> {
    let slices = suite::select(names)?;
    let mut expectations = Vec::new();
    let mut jobs = Vec::new();
    for (number, slice) in slices.iter().enumerate() {
        expectations.push(suite::expectations(slice, options)?);
        let features = slice.feature_set()?;
        for script in slice.scripts()? {
            if filter.is_none_or(|filter| script.name().contains(filter)) {
                suite::progress(options, &format!("translating {}/{}", slice.name, script.name()));
                jobs.push(suite::on_large_stack(|| Job::new(number, script.name(), script.raw(), features))??);
            }
        }
    }
    if jobs.is_empty() {
        return Err(format!("no script of these slices contains {:?}", filter.unwrap_or_default()));
    }
    let begin = Instant::now();
    let mut run = Run { slices: &slices, jobs: &jobs, outcomes: Vec::new(), board: None, options, stream_bytes: 0 };
    let ran = run.all(device);
    suite::progress(options, "");
    ran?;
    let Run { outcomes, board, stream_bytes, .. } = run;
    let board = board.expect("a device that has judged a command has said hello");
    let mut summary = report(&slices, &expectations, &jobs, &outcomes, filter.is_none(), is_whole);
    let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (same, compared) = jobs.iter().zip(&outcomes).map(|(job, outcomes)| job.compare(outcomes)).fold((0, 0), sum);
    summary.device = Some(DeviceReport { board, milliseconds, stream_bytes, compared, same });
    Ok(summary)
}

fn sum(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    (a.0 + b.0, a.1 + b.1)
}

impl Job {
    fn new(slice: usize, file: &str, text: &str, features: FeatureSet) -> Result<Job, String> {
        let script = wast::parse(text).map_err(|error| format!("{file}: {error}"))?;
        let settings = Settings { features, fuel: None, lazy: false, collects_always: false };
        let places = images::places(&script, settings);
        let local = local::run(&script, settings);
        Ok(Job { slice, file: file.into(), script, places, local })
    }

    /// The outcomes of all steps: those of the device in its own order, the host's between them.
    fn merge(&self, device: Vec<Outcome>) -> Vec<Outcome> {
        let mut device = device.into_iter();
        let merged = self.places.iter().zip(&self.local).map(|(place, local)| match (place, local) {
            (Place::Device(_), _) => device.next().expect("one outcome for each step of the device"),
            (Place::Host(reason), Outcome::Passed) => Outcome::HostOnly((*reason).into()),
            (Place::Host(_), local) => local.clone(),
        });
        merged.collect()
    }

    /// Of the assertions that were judged both by the device and in process: how many came out the same, and all.
    fn compare(&self, outcomes: &[Outcome]) -> (u32, u32) {
        let mut counts = (0, 0);
        for (at, outcome) in outcomes.iter().enumerate() {
            let is_judged = |outcome| matches!(outcome, &Outcome::Passed | &Outcome::Failed(_));
            let is_assertion = self.script.steps[at].command.assertions_count() > 0;
            if is_assertion && is_judged(outcome) && is_judged(&self.local[at]) {
                counts = sum(counts, (u32::from(self.is_same(at, outcome)), 1));
            }
        }
        counts
    }

    fn is_same(&self, at: usize, outcome: &Outcome) -> bool {
        std::mem::discriminant(outcome) == std::mem::discriminant(&self.local[at])
    }

    /// A message for each step that the device has judged otherwise than the host.
    fn differences<'a>(&'a self, outcomes: &'a [Outcome]) -> impl Iterator<Item = String> + 'a {
        let differs = |&(at, outcome): &(usize, &Outcome)| {
            let is_left_out = matches!(outcome, Outcome::Skipped(_) | Outcome::HostOnly(_));
            !is_left_out && !self.is_same(at, outcome)
        };
        outcomes.iter().enumerate().filter(differs).map(|(at, outcome)| {
            let line = self.script.steps[at].line;
            format!("{}:{line}: on the device {outcome:?}, in process {:?}", self.file, self.local[at])
        })
    }
}

/// What a reply belongs to.
#[derive(Clone, Copy)]
enum Event {
    Hello,
    Script,
    Step(u32),
    End,
}

/// A run under way.
struct Run<'a> {
    slices: &'a [Slice],
    jobs: &'a [Job],
    /// Of the jobs that are done, merged.
    outcomes: Vec<Vec<Outcome>>,
    board: Option<Board>,
    options: &'a Options,
    stream_bytes: u64,
}

impl Run<'_> {
    /// Runs all jobs, starting the device as often as it takes.
    fn all(&mut self, device: &mut dyn Device) -> Result<(), String> {
        while self.outcomes.len() < self.jobs.len() {
            let first = self.outcomes.len();
            let (requests, events) = requests(&self.jobs[first..]);
            self.stream_bytes += requests.len() as u64;
            device.start(requests)?;
            let played = self.play(device, &events);
            let words = device.stop();
            let (partial, line, reason) = match played? {
                Played::Whole => continue,
                Played::Stopped { partial, at: Some(Event::Step(line)), reason } => (partial, line, reason),
                // Between scripts: the next one is to blame.
                Played::Stopped { partial, at: Some(Event::Script), reason } if self.board.is_some() => {
                    (partial, 0, reason)
                }
                Played::Stopped { reason, .. } => return Err(with_words(&reason, &words)),
            };
            if words.is_out_of_memory {
                let here = "the board's memory was used up by this command".to_string();
                let behind = format!("the board's memory was used up at line {line}");
                self.give_up(partial, Outcome::Skipped(here), Outcome::Skipped(behind));
            } else {
                let behind = format!("the device stopped at line {line}");
                self.give_up(partial, Outcome::Failed(with_words(&reason, &words)), Outcome::Failed(behind));
            }
        }
        Ok(())
    }

    /// Ends the job that the device stopped at: at a command with the outcome `here`, and `behind` it.
    fn give_up(&mut self, mut partial: Vec<Outcome>, here: Outcome, behind: Outcome) {
        let job = &self.jobs[self.outcomes.len()];
        let count = job.places.iter().filter(|place| matches!(place, Place::Device(_))).count();
        partial.push(here);
        partial.resize(count.max(partial.len()), behind);
        self.outcomes.push(job.merge(partial));
    }

    /// Reads replies until the last event has its own, or no more come.
    fn play(&mut self, device: &mut dyn Device, events: &[Event]) -> Result<Played, String> {
        let (mut bytes, mut partial, mut answered) = (Vec::new(), Vec::new(), 0);
        let mut heard = Instant::now();
        loop {
            let is_running = device.poll(&mut bytes)?;
            let mut taken = 0;
            while let Some((reply, used)) =
                stream::unframe::<Reply>(&bytes[taken..]).map_err(|error| error.to_string())?
            {
                taken += used;
                heard = Instant::now();
                let Some(event) = events.get(answered) else {
                    return Err("the device answers what nobody asked".into());
                };
                match (event, reply) {
                    (Event::Hello, Reply::Hello(board)) => self.board = Some(board),
                    (Event::Script, Reply::Ready) => {}
                    (Event::Step(_), Reply::Outcome(outcome)) => partial.push(outcome),
                    (Event::End, Reply::End(_)) => {}
                    (_, Reply::Refused(reason)) => return Err(format!("the device refuses the stream: {reason}")),
                    (_, reply) => return Err(format!("the device answers out of turn: {reply:?}")),
                }
                answered += 1;
                if matches!(events.get(answered), Some(Event::Script | Event::End)) && !matches!(event, Event::Hello) {
                    let merged = self.jobs[self.outcomes.len()].merge(std::mem::take(&mut partial));
                    self.outcomes.push(merged);
                }
            }
            bytes.drain(..taken);
            if answered == events.len() {
                return Ok(Played::Whole);
            }
            if taken > 0 {
                self.show(answered, events.len());
                continue;
            }
            let reason = match (is_running, heard.elapsed() > SILENCE_MAX) {
                (false, _) => "the device stopped".to_string(),
                (true, true) => format!("the device has said nothing for {} s", SILENCE_MAX.as_secs()),
                (true, false) => {
                    std::thread::sleep(POLL);
                    continue;
                }
            };
            return Ok(Played::Stopped { partial, at: events.get(answered).copied(), reason });
        }
    }

    fn show(&self, answered: usize, total: usize) {
        if let (Some(board), Some(job)) = (&self.board, self.jobs.get(self.outcomes.len())) {
            let slice = &self.slices[job.slice].name;
            suite::progress(
                self.options,
                &format!("{}: {answered} of {total} commands, {slice}/{}", board.name, job.file),
            );
        }
    }
}

/// How a start of the device ended.
enum Played {
    /// All jobs are done.
    Whole,
    /// Some are not: the outcomes of the one it was at, what it was asked, and what happened.
    Stopped { partial: Vec<Outcome>, at: Option<Event>, reason: String },
}

fn with_words(reason: &str, words: &LastWords) -> String {
    if words.text.is_empty() { reason.into() } else { format!("{reason}: {}", words.text) }
}

/// The stream of some jobs, and what its replies belong to.
fn requests(jobs: &[Job]) -> (Vec<u8>, Vec<Event>) {
    let (mut bytes, mut events) = (stream::frame(&Request::Hello { version: VERSION }), vec![Event::Hello]);
    let mut send = |request: &Request, event| {
        bytes.extend(stream::frame(request));
        events.push(event);
    };
    for job in jobs {
        send(&Request::Script { name: job.file.clone() }, Event::Script);
        for place in &job.places {
            if let Place::Device(step) = place {
                send(&Request::Step(step.clone()), Event::Step(step.line));
            }
        }
    }
    send(&Request::End, Event::End);
    (bytes, events)
}

fn report(
    slices: &[Slice],
    expectations: &[Vec<Expectation>],
    jobs: &[Job],
    outcomes: &[Vec<Outcome>],
    is_unfiltered: bool,
    is_whole: bool,
) -> Summary {
    let mut summary = Summary::default();
    for (number, slice) in slices.iter().enumerate() {
        let mut report = SliceReport { slice: slice.name.clone(), files: Vec::new(), problems: Vec::new() };
        for (job, outcomes) in jobs.iter().zip(outcomes).filter(|(job, _)| job.slice == number) {
            report.problems.extend(job.differences(outcomes));
            report.files.push(FileReport::new(&job.file, &job.script, outcomes.clone(), &expectations[number]));
        }
        if is_unfiltered {
            suite::check_totals(slice, &mut report);
        }
        if is_whole {
            suite::check_skips(slice, &mut report);
        }
        if !report.files.is_empty() {
            summary.slices.push(report);
        }
    }
    summary
}
