//! How far into its memory a module can reach, whatever it is called with: an abstract interpretation of its code.
//!
//! For each instruction it is known of every local and operand which numbers it can be ([`Value`]): what is not known is anything. What memory
//! holds is not followed; loads give anything of their width. Comparisons narrow the locals that they compare, on either side of a branch. Functions
//! that only `call` reaches get what their callers pass; all others get anything.
//!
//! **The stack pointer** is the one global that is followed. If every function only ever lowers it, to some distance below what it found, and
//! returns with what it found, then it is never above where it began. Lowered below 0 it wraps to addresses that are outside of the memory,
//! before and after: unless so many calls are open at once (or were left by traps) that it comes round, 2^30 bytes of frames. [`Reach::frame_max`]
//! tells how many those are. If a function does not keep to that, the stack pointer is anything.
//!
//!
//! A function is gone through (`function.rs`) to find what holds at the heads of its loops, then once more, aloud: only then calls are passed on, and
//! only when no more come, accesses are noted. The second time nothing may turn out to be possible that was not foreseen, or there is no proof.

use super::{
    function::Function,
    module::{Module, Place},
    value::{Base, REACH, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// What was found.
#[derive(Debug, Default)]
pub struct Reach {
    /// One more than the highest address that can be touched, by an access that does not trap in the module as it is.
    pub end: u64,
    /// Instructions that touch memory, and can be executed.
    pub accesses: BTreeSet<Place>,
    /// Those of them that may touch any address, for all that is known.
    pub unbounded: BTreeSet<Place>,
    /// The most that a function lowers the stack pointer by; 0 if there is none, or it is not followed.
    pub frame_max: u64,
}

/// Bytes of frames that may be open at once, for what is proven to hold.
pub const STACK_MAX: u64 = REACH as u64;
/// A module whose analysis takes more steps than this is given up; a second or so, optimised.
pub const STEPS_MAX: u64 = 50_000_000;
/// How often what is known of parameters may grow step by step before it is taken to be anything.
const GROWTH_MAX: u32 = 24;

/// Finds how far the module can reach; nothing if that takes too long.
pub fn reach(module: &Module<'_>) -> Option<Reach> {
    if let Some(pointer) = module.stack_pointer() {
        let mut analysis = Analysis::new(module, Some(pointer));
        analysis.run()?;
        if analysis.is_disciplined {
            return Some(analysis.reach);
        }
    }
    let mut analysis = Analysis::new(module, None);
    analysis.run()?;
    Some(analysis.reach)
}

/// What is known of a function's parameters.
pub struct Params {
    pub values: Vec<Value>,
    growths: u32,
}

/// An analysis of a module that is going on.
pub struct Analysis<'m, 'a> {
    pub module: &'m Module<'a>,
    pub stack_pointer: Option<u32>,
    /// Where the stack begins.
    stack_start: i64,
    /// Of functions that are reached.
    pub params: BTreeMap<u32, Params>,
    /// Functions to look at, again or for the first time.
    pending: BTreeSet<u32>,
    pub is_disciplined: bool,
    /// Whether accesses are noted.
    pub is_noting: bool,
    pub steps: u64,
    pub reach: Reach,
}

impl<'m, 'a> Analysis<'m, 'a> {
    fn new(module: &'m Module<'a>, stack_pointer: Option<u32>) -> Self {
        let start = stack_pointer.and_then(|global| module.globals[global as usize].start);
        Analysis {
            module,
            stack_pointer,
            stack_start: start.map_or(0, |start| i64::from(start as u32)),
            params: BTreeMap::new(),
            pending: BTreeSet::new(),
            is_disciplined: true,
            is_noting: false,
            steps: 0,
            reach: Reach { end: module.data_end.unwrap_or(0), ..Reach::default() },
        }
    }

    fn run(&mut self) -> Option<()> {
        for &func in &self.module.entries {
            self.called(func, None);
        }
        while let Some(func) = self.pending.pop_first() {
            Function::new(self, func).run()?;
        }
        self.is_noting = true;
        let funcs: Vec<u32> = self.params.keys().copied().collect();
        for func in funcs {
            Function::new(self, func).run()?;
        }
        self.pending.is_empty().then_some(())
    }

    /// Notes a call; without arguments they can be anything.
    pub fn called(&mut self, func: u32, args: Option<&[Value]>) {
        if func < self.module.imported_funcs {
            return;
        }
        let count = self.module.func_type(func).params().len();
        let args =
            args.map_or_else(|| vec![Value::ANY; count], |args| args.iter().map(|value| value.passed()).collect());
        let Some(known) = self.params.get_mut(&func) else {
            self.params.insert(func, Params { values: args, growths: 0 });
            self.pending.insert(func);
            return;
        };
        let joined: Vec<Value> = known.values.iter().zip(&args).map(|(a, b)| a.join(*b)).collect();
        if joined != known.values {
            known.growths += 1;
            known.values = if known.growths > GROWTH_MAX { vec![Value::ANY; count] } else { joined };
            self.pending.insert(func);
        }
    }

    /// Notes that `bytes` at `address + offset` are touched: of bulk operators also none.
    pub fn touch(&mut self, place: Place, address: Value, offset: i64, bytes: Value) {
        self.reach.accesses.insert(place);
        let size = self.module.memory.bytes() as i64;
        let (bytes_min, bytes_max) = bytes.unsigned();
        let (low, high) = match address.base {
            Base::Zero => address.unsigned(),
            _ => (0, self.stack_start + address.high),
        };
        if low + offset + bytes_min > size {
            // It traps, whatever comes, and so it will.
            return;
        }
        let end = high + offset + bytes_max;
        if end > size {
            self.reach.unbounded.insert(place);
        } else {
            self.reach.end = self.reach.end.max(u64::try_from(end).unwrap_or(0));
        }
    }
}
