//! A look at a run from outside: counts of what is executed, or a sample of where the guest is.
//!
//! Handlers reach the next one through a pointer to their table, which stands right before the context. While it points to
//! `OBSERVING`, every dispatch comes to one handler, which calls [`note`] here. So a run that nobody observes pays nothing.
//!
//! Invariants: the pointer is always to one of the two tables. It may be written by another thread at any time, which is why it
//! is atomic and stands outside of [`Context`]: references to a context do not reach over it. Everything else belongs to the
//! thread that runs the guest. `no_observe.rs` stands in for this file in builds that cannot observe.

use super::{
    context::{Context, Count},
    dispatch::{Handler, OBSERVING, TABLE},
};
use crate::isa::{Row, first_of, next, superinstruction};
use alloc::vec::Vec;
use core::{
    mem::offset_of,
    ptr::{self, NonNull},
    slice,
    sync::atomic::{AtomicPtr, Ordering},
};

/// A context with what an observer needs before it.
#[repr(C)]
pub struct Observed {
    /// What is counted, if it is: a box of the store's. Not null means that every instruction is noted.
    counts: *mut Counts,
    /// First entry of the table of handlers.
    table: AtomicPtr<Handler>,
    context: Context,
}

/// What was executed.
#[derive(Debug)]
pub struct Counts {
    /// Of each instance one count a unit of its code.
    pub instances: Vec<Vec<Count>>,
    /// Where the deepest frame was, and the instruction: instance, unit of code.
    pub deepest: (*mut u8, u32, u32),
    /// Where the superinstruction that is being executed goes on, and how many of its instructions are to come.
    inside: ((u32, Option<usize>), usize),
}

impl Counts {
    /// Nothing yet.
    pub const NONE: Counts =
        Counts { instances: Vec::new(), deepest: (ptr::null_mut(), u32::MAX, 0), inside: ((0, None), 0) };
}

impl Observed {
    /// A context that nobody observes.
    pub const fn new(context: Context) -> Observed {
        Observed { counts: ptr::null_mut(), table: AtomicPtr::new(PLAIN), context }
    }

    /// The context in it, by a pointer that may also be used for what stands before.
    ///
    /// # Safety
    /// It points to one.
    pub unsafe fn context(observed: NonNull<Observed>) -> NonNull<Context> {
        // SAFETY: the context is a field.
        unsafe { observed.byte_add(offset_of!(Observed, context)).cast() }
    }

    /// What a context stands in.
    ///
    /// # Safety
    /// The pointer stems from [`Observed::context`].
    pub unsafe fn of(context: NonNull<Context>) -> NonNull<Observed> {
        // SAFETY: the pointer is to the field of one, and may be used for all of it.
        unsafe { context.byte_sub(offset_of!(Observed, context)).cast() }
    }
}

const PLAIN: *mut Handler = (&raw const TABLE).cast_mut().cast();
const LOOKING: *mut Handler = (&raw const OBSERVING).cast_mut().cast();

/// The pointer to the table for this context.
///
/// # Safety
/// `cx` stems from [`Observed::context`], and what it points to lives as long as `'a`.
#[inline(always)]
unsafe fn table_pointer<'a>(cx: *const Context) -> &'a AtomicPtr<Handler> {
    // SAFETY: as the caller promises, the context is one in an `Observed`; atomics may be shared.
    unsafe { &*cx.byte_sub(offset_of!(Observed, context)).byte_add(offset_of!(Observed, table)).cast() }
}

/// The handlers by token.
///
/// # Safety
/// As for [`request_sample`].
#[inline(always)]
pub(super) unsafe fn table(cx: *const Context) -> *const Handler {
    // SAFETY: as the caller promises.
    unsafe { table_pointer(cx).load(Ordering::Relaxed) }
}

/// Has the run leave at the next instruction with [`Exit::SAMPLE`](super::machine::Exit::SAMPLE). For any thread at any time.
///
/// # Safety
/// `cx` stems from [`Observed::context`], and what it points to is not freed meanwhile.
pub unsafe fn request_sample(cx: *const Context) {
    // SAFETY: as the caller promises; nothing but the atomic is touched.
    unsafe { table_pointer(cx) }.store(LOOKING, Ordering::Relaxed);
}

/// Takes back a request that has not been met.
///
/// # Safety
/// As for [`request_sample`]; the guest does not run.
pub unsafe fn stop_sampling(cx: *mut Context) {
    // SAFETY: as the caller promises.
    unsafe {
        if counts(cx).is_null() {
            table_pointer(cx).store(PLAIN, Ordering::Relaxed);
        }
    }
}

/// Where the counts go; null if nothing is counted.
///
/// # Safety
/// `cx` stems from [`Observed::context`], and this is the thread that runs the guest, or keeps it from running.
pub unsafe fn counts(cx: *const Context) -> *mut Counts {
    // SAFETY: as the caller promises; no other thread writes the field.
    unsafe {
        cx.byte_sub(offset_of!(Observed, context)).byte_add(offset_of!(Observed, counts)).cast::<*mut Counts>().read()
    }
}

/// Counts into `counts` from now on, or, if it is null, no more.
///
/// # Safety
/// As for [`counts`]; `counts` is null, or valid until it is replaced and used by nobody else while the guest runs.
pub unsafe fn count_into(cx: *mut Context, counts: *mut Counts) {
    // SAFETY: as the caller promises.
    unsafe {
        cx.byte_sub(offset_of!(Observed, context))
            .byte_add(offset_of!(Observed, counts))
            .cast::<*mut Counts>()
            .write(counts);
        table_pointer(cx).store(if counts.is_null() { PLAIN } else { LOOKING }, Ordering::Relaxed);
    }
}

/// Notes the instruction at `ip`. Gives the token to go on with, of one instruction even where a superinstruction begins, so
/// that the next is noted too; `None` if the run is to be left for a sample.
///
/// # Safety
/// `cx` is the context of the run, `ip` and `fp` its registers, at a token of verified code.
#[inline(never)]
pub(super) unsafe fn note(ip: *const u16, fp: *mut u8, cx: *mut Context) -> Option<u16> {
    const EXIT: u16 = Row::Exit.token(0);
    const RETURN_CROSS: u16 = Row::ReturnCross.token(0);
    // SAFETY: the counts, if there are any, are used by nobody else while the guest runs; `ip` is in the code of the current
    // instance.
    unsafe {
        let token = *ip;
        let Some(counts) = counts(cx).as_mut() else {
            // These two stand in no function and are over at once: the next instruction, or the next call, is the sample.
            if matches!(token, EXIT | RETURN_CROSS) {
                return Some(token);
            }
            table_pointer(cx).store(PLAIN, Ordering::Relaxed);
            return None;
        };
        let (instance, unit) = ((*cx).instance, ip.offset_from((*cx).code) as usize);
        let units = &mut counts.instances[instance as usize];
        let (expected, to_come) = counts.inside;
        let is_inside = to_come > 0 && expected == (instance, Some(unit));
        units[unit].executed += 1;
        units[unit].dispatched += u64::from(!is_inside);
        let elements = if is_inside { to_come } else { superinstruction(token).map_or(1, <[u16]>::len) };
        let first = first_of(token);
        let code = slice::from_raw_parts((*cx).code, units.len());
        counts.inside = ((instance, next(code, unit, first)), elements - 1);
        if fp > counts.deepest.0 {
            counts.deepest = (fp, instance, unit as u32);
        }
        Some(first)
    }
}
