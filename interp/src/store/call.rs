//! Calls from the host, and the loop around the interpreter: a state machine that the embedder steps.
//!
//! ```text
//! begin ─► (parameters into the window) ─► enter ─► run ─► Finished ─► finish ─► (results in the window)
//!                                                    ▲ └──► HostCall ─► (the host writes results) ─► host_return
//!                                                    └──────────────────────────────────────────────────┘
//! ```
//! A window is a range of cells of the guest stack: parameters packed from its start, later the results. Inside the guest
//! a single number comes back in an accumulator instead; here that is undone, so that the embedder sees windows only.
//! Calls nest: each begins above the window of the host call that waits, and ends before it goes on.

use super::{
    BLOCK_ALIGN, Store,
    limits::{Denied, Limiter},
};
use crate::{
    exec::{
        self,
        context::{FuncEntity, Registers},
        machine::{Exit, read32},
    },
    isa::{EXIT_OFFSET, FRAME_UNITS, HEADER_BYTES},
    trap::Trap,
    types::{Bits, CELL_BYTES, FuncIndex, ValType},
};
use core::{
    alloc::Layout,
    mem::{self, MaybeUninit},
    ptr::NonNull,
};

/// A call from the host that has begun and not ended. Calls end in reverse order.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Address of the function called.
    pub func: u32,
    /// Where its window is: bytes from the start of the guest stack.
    pub window: usize,
    /// Cells of the window.
    pub cells: usize,
    outer: Outer,
}

/// What a call from the host covers up, and is put back when it ends. The guest waits in a call of its own then, if it waits at all, so that
/// nothing is in its accumulators.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outer {
    pub(super) fp: *mut u8,
    /// Bytes from the start of the instance's code, which may be elsewhere by then.
    pub(super) ip: usize,
    pub(super) instance: u32,
    stack_top: usize,
}

/// A host function that the guest waits for.
#[derive(Clone, Copy, Debug)]
pub struct HostCall {
    /// Address of the host function.
    pub func: u32,
    /// Its number, given when it was made.
    pub number: u32,
    /// Where its window is: bytes from the start of the guest stack.
    pub window: usize,
    /// Cells of the window.
    pub cells: usize,
    /// Header offset of the frame to leave, if it was a tail call.
    pub(super) leaves: Option<u16>,
}

/// Why the interpreter was left.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// The function returned.
    Finished,
    /// A host function is to be called, then [`Store::host_return`].
    HostCall(HostCall),
    /// The guest was stopped; the frames are there until the call is abandoned.
    Trap(Trap),
    /// An exception of the guest, which nobody catches: its handle. It has to be rooted before the store is used for anything else; the frames are
    /// there until the call is abandoned.
    Thrown(u32),
    /// The resource limiter wants the guest stopped.
    Denied,
    /// Not enough fuel for what comes next; with more, it can go on.
    OutOfFuel {
        /// What comes next needs this much.
        required: u32,
    },
    /// The signal word is set; once it is cleared, it can go on.
    Interrupted,
    /// A sample was asked for, and the guest's frames can be looked at; it can go on.
    Sample,
    /// A function of an instance that translates when it calls is called for the first time; with [`Store::install`], it can go on.
    Lazy {
        /// The instance.
        instance: u32,
        /// The function.
        func: FuncIndex,
    },
}

impl Store {
    /// Begins a call: reserves the window, its cells are the parameters' and results'. If this succeeds, the call has to
    /// be ended by [`Store::finish`] or [`Store::abandon`].
    ///
    /// # Errors
    /// `StackOverflow` if there is no room, `HostNesting` if too many host functions wait.
    pub fn begin(&mut self, func: u32) -> Result<Call, Trap> {
        let cells = self.window_cells(func)?;
        Ok(self.open_call(func, self.stack_top, cells))
    }

    /// As [`Store::begin`]; the call is written to where it stays, which takes less native stack.
    ///
    /// # Errors
    /// As for `begin`.
    pub fn begin_at<'a>(&mut self, func: u32, place: &'a mut MaybeUninit<Call>) -> Result<&'a Call, Trap> {
        let cells = self.window_cells(func)?;
        Ok(self.open_call_at(func, self.stack_top, cells, place))
    }

    /// Cells of the window of a call, for which there is room.
    #[inline(never)]
    fn window_cells(&self, func: u32) -> Result<usize, Trap> {
        let cells = self.func_type(func).window_cells() as usize;
        if self.limits.stack_bytes - self.stack_top < cells * CELL_BYTES as usize + HEADER_BYTES as usize {
            return Err(Trap::StackOverflow);
        }
        if self.calls_count > self.limits.host_nesting {
            return Err(Trap::HostNesting);
        }
        Ok(cells)
    }

    /// Memory of the guest stack above the window of a call, or of a host call, that the guest does not use while the host does;
    /// `None` if there is not so much.
    pub fn spare(&self, layout: Layout) -> Option<NonNull<u8>> {
        let first = self.stack_top.next_multiple_of(layout.align());
        let is_inside = first <= self.limits.stack_bytes && layout.size() <= self.limits.stack_bytes - first;
        // The stack is aligned to `BLOCK_ALIGN`.
        (is_inside && layout.align() <= BLOCK_ALIGN).then(|| {
            // SAFETY: so many bytes of the stack are behind its start.
            unsafe { self.stack.add(first) }
        })
    }

    pub(super) fn open_call(&mut self, func: u32, window: usize, cells: usize) -> Call {
        *self.open_call_at(func, window, cells, &mut MaybeUninit::uninit())
    }

    fn open_call_at<'a>(
        &mut self,
        func: u32,
        window: usize,
        cells: usize,
        place: &'a mut MaybeUninit<Call>,
    ) -> &'a Call {
        self.calls_count += 1;
        let cx = self.context();
        let ip = (cx.saved.ip as usize).wrapping_sub(self.code_ptr(cx.instance) as usize);
        let outer = Outer { fp: cx.saved.fp, ip, instance: cx.instance, stack_top: self.stack_top };
        self.stack_top = window + cells * CELL_BYTES as usize;
        #[cfg(feature = "objects")]
        if self.limits.objects_bytes != 0 {
            self.outers.push_within_capacity(outer);
        }
        place.write(Call { func, window, cells, outer })
    }

    /// Enters the function called, which is one of a guest; its parameters are in the window.
    ///
    /// # Errors
    /// `StackOverflow` if there is no room for its frame.
    ///
    /// # Panics
    /// If it is a function of the host.
    #[cfg_attr(compact, inline(never))]
    pub fn enter(&mut self, call: &Call) -> Result<(), Trap> {
        let func = self.func(call.func);
        assert!(func.instance != FuncEntity::HOST, "a function of a guest");
        let code = self.spaces[func.instance as usize].code;
        let fp = self.stack.as_ptr().wrapping_add(call.window);
        // SAFETY: the entry stems from instantiation, the window from `begin`; the header lies inside the frame.
        let entry = unsafe {
            let entry = code.add(func.entry as usize);
            self.clear_frame(entry, fp)?.cast::<[u32; 2]>().write([EXIT_OFFSET, 0]);
            entry
        };
        let cx = self.context_mut();
        cx.saved = Registers { ip: entry, fp, r0: 0, f0: 0.0 };
        cx.instance = func.instance;
        self.set_stale();
        Ok(())
    }

    /// Zeroes what a function's frame at `fp` has behind its header; gives the header.
    ///
    /// # Errors
    /// `StackOverflow` if there is no room for the frame.
    ///
    /// # Safety
    /// `entry` is the entry of a function, so that the units that describe its frame stand before it; `fp` lies in the stack region.
    pub(super) unsafe fn clear_frame(&mut self, entry: *const u16, fp: *mut u8) -> Result<*mut u8, Trap> {
        // SAFETY: header and what is zeroed behind it lie inside the frame, which is checked to lie inside the stack.
        unsafe {
            if read32(entry.sub(2)) as usize > self.context().stack_end as usize - fp as usize {
                return Err(Trap::StackOverflow);
            }
            let header = fp.add(usize::from(*entry.sub(5)));
            header.add(HEADER_BYTES as usize).write_bytes(0, read32(entry.sub(4)) as usize);
            Ok(header)
        }
    }

    /// Runs until something has to be done outside. A call has been entered, and is not waiting for the host.
    #[cfg_attr(compact, inline(always))]
    pub fn run(&mut self, limiter: &mut dyn Limiter) -> Stop {
        loop {
            let cx = self.fresh_context().as_ptr();
            // SAFETY: the context is up to date; the registers are those of an entered function, or of one that was left at
            // a point where it can go on; its code is verified, as the creator of the instance promised.
            let exit = unsafe { exec::run(cx) };
            if let Some(trap) = exit.as_trap() {
                return Stop::Trap(trap);
            }
            return match exit {
                Exit::FINISHED => Stop::Finished,
                Exit::HOST_CALL => self.host_call(false),
                Exit::HOST_TAIL_CALL if cfg!(feature = "tail-call") => self.host_call(true),
                Exit::GROW => match self.grow(limiter) {
                    Ok(()) => continue,
                    Err(Denied) => Stop::Denied,
                },
                #[cfg(feature = "threads")]
                Exit::WAIT => match self.wait() {
                    Ok(true) => continue,
                    Ok(false) => Stop::Interrupted,
                    Err(trap) => Stop::Trap(trap),
                },
                #[cfg(feature = "threads")]
                Exit::NOTIFY => {
                    self.notify();
                    continue;
                }
                #[cfg(feature = "objects")]
                Exit::COLLECT => match self.room_for_object(self.context().request.delta as u32) {
                    Ok(()) => continue,
                    Err(trap) => {
                        // The instruction is not executed again: it has trapped, and the guest stands behind its token as after any trap.
                        let saved = &mut self.context_mut().saved;
                        saved.ip = saved.ip.wrapping_add(1);
                        Stop::Trap(trap)
                    }
                },
                #[cfg(feature = "exceptions")]
                Exit::THROW => match self.throw() {
                    Ok(()) => continue,
                    Err(stop) => stop,
                },
                Exit::OUT_OF_FUEL if cfg!(feature = "metering") => {
                    // SAFETY: the interpreter stands at a `fuel` instruction: a token and a field of two units.
                    let required = unsafe { read32(self.context().saved.ip.add(1)) };
                    Stop::OutOfFuel { required }
                }
                Exit::SAMPLE => Stop::Sample,
                Exit::LAZY if cfg!(feature = "translate") => {
                    // SAFETY: the interpreter stands behind the only unit of a `lazy` instruction, which begins a function; its
                    // index is the first of the units before.
                    let func = unsafe { read32(self.context().saved.ip.sub(1 + FRAME_UNITS)) };
                    Stop::Lazy { instance: self.context().instance, func: FuncIndex(func) }
                }
                _ => Stop::Interrupted,
            };
        }
    }

    #[inline(never)]
    fn host_call(&mut self, is_tail: bool) -> Stop {
        let request = self.context().request;
        let func = self.func(request.address);
        let cells = self.func_type(request.address).window_cells() as usize;
        let window = request.window as usize - self.stack.as_ptr() as usize;
        // Results may be wider than the parameters that the guest put there.
        if cells * CELL_BYTES as usize > self.limits.stack_bytes - window {
            return Stop::Trap(Trap::StackOverflow);
        }
        self.stack_top = window + cells * CELL_BYTES as usize;
        let leaves = is_tail.then_some(request.header);
        Stop::HostCall(HostCall { func: request.address, number: func.entry, window, cells, leaves })
    }

    /// Goes back from a host function to the guest that called it; the results are in the window.
    #[cfg_attr(compact, inline(never))]
    pub fn host_return(&mut self, call: &HostCall) {
        let single = single_number(self.func_type(call.func).results().iter());
        let results_cells = self.func_type(call.func).results().cells() as usize;
        if let Some(ty) = single {
            let bits = self.read_window(call.window, ty);
            let cx = self.context_mut();
            match ty {
                ValType::F32 | ValType::F64 => cx.saved.f0 = f64::from_bits(bits as u64),
                #[cfg(feature = "simd")]
                ValType::V128 => cx.v0 = super::global::cells_of(bits),
                _ => cx.saved.r0 = bits as u64,
            }
        }
        let Some(header) = call.leaves else { return };
        let base = self.stack.as_ptr();
        let code = self.spaces[self.context().instance as usize].code;
        let saved = &mut self.context_mut().saved;
        // SAFETY: the frame at `fp` is the one that made the tail call, its header at `header`; the window lies above `fp` and
        // inside the stack, its results fit below the header. The rest is what `return` does.
        unsafe {
            let offset = saved.fp.add(usize::from(header)).cast::<u32>().read();
            if single.is_none() {
                exec::call::move_cells(base.add(call.window), saved.fp, results_cells * CELL_BYTES as usize);
            }
            saved.ip = code.byte_add(offset as usize);
            saved.fp = saved.fp.sub(usize::from(*saved.ip.sub(1)));
        }
    }

    fn read_window(&self, window: usize, ty: ValType) -> Bits {
        super::global::bits_of(self.cells(window, ty.cells() as usize))
    }

    #[inline(never)]
    fn grow(&mut self, limiter: &mut dyn Limiter) -> Result<(), Denied> {
        let request = self.context().request;
        let old = if request.is_table && cfg!(feature = "reference-types") {
            self.grow_table(request.address, request.delta, request.value, limiter)?.map(u64::from)
        } else {
            self.grow_memory(request.address, request.delta, limiter)?
        };
        // -1 of both address types: of an i32 in the accumulator the upper half does not count.
        self.context_mut().saved.r0 = old.unwrap_or(u64::MAX);
        Ok(())
    }

    /// Ends a call that has finished; its results are in its window until the next call begins.
    #[cfg_attr(compact, inline(never))]
    pub fn finish(&mut self, call: &Call) {
        if let Some(ty) = single_number(self.func_type(call.func).results().iter()) {
            let saved = self.context().saved;
            #[cfg(feature = "simd")]
            if ty == ValType::V128 {
                let v0 = self.context().v0;
                self.cells_mut(call.window, v0.len()).copy_from_slice(&v0);
                return self.abandon(call);
            }
            let bits = if matches!(ty, ValType::F32 | ValType::F64) { saved.f0.to_bits() } else { saved.r0 };
            let cells = self.cells_mut(call.window, ty.cells() as usize);
            cells[0] = bits as u32;
            if let Some(high) = cells.get_mut(1) {
                *high = (bits >> 32) as u32;
            }
        }
        self.abandon(call);
    }

    /// Ends a call without results: it failed, or was of a host function, which leaves them in the window.
    #[cfg_attr(compact, inline(never))]
    pub fn abandon(&mut self, call: &Call) {
        let outer = call.outer;
        self.calls_count -= 1;
        #[cfg(feature = "objects")]
        self.outers.truncate(self.calls_count as usize);
        self.stack_top = outer.stack_top;
        let ip = self.code_ptr(outer.instance).wrapping_byte_add(outer.ip);
        let cx = self.context_mut();
        cx.saved = Registers { ip, fp: outer.fp, r0: 0, f0: 0.0 };
        cx.instance = outer.instance;
        self.set_stale();
    }

    /// Calls a guest function that computes a constant expression; gives the bits of its single result. It calls nothing,
    /// ends by itself, and is neither charged nor interrupted.
    pub(crate) fn evaluate(&mut self, func: u32, limiter: &mut dyn Limiter) -> Result<Bits, Trap> {
        let call = &mut MaybeUninit::uninit();
        let call = self.begin_at(func, call)?;
        let fuel = mem::replace(&mut self.context_mut().fuel, u64::MAX);
        let stop = match self.enter(call) {
            Ok(()) => loop {
                match self.run(limiter) {
                    Stop::Interrupted | Stop::Sample => {}
                    stop => break stop,
                }
            },
            Err(trap) => Stop::Trap(trap),
        };
        self.context_mut().fuel = fuel;
        let Stop::Finished = stop else {
            self.abandon(call);
            return Err(if let Stop::Trap(trap) = stop { trap } else { Trap::Interrupted });
        };
        self.finish(call);
        let ty = self.func_type(func).results().get(0).unwrap_or(ValType::I32);
        Ok(self.read_window(call.window, ty))
    }
}

/// The type of a single result that comes back in an accumulator.
fn single_number(mut results: impl Iterator<Item = ValType>) -> Option<ValType> {
    match (results.next(), results.next()) {
        (Some(ty), None) if !ty.is_ref() => Some(ty),
        _ => None,
    }
}
