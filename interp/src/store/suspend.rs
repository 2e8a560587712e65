//! Takes a stopped call off the guest stack, so that it can go on later while others run in between.
//!
//! Frames hold no addresses: they name each other by distances and code by offsets, so the bytes can be put back at any
//! place of the stack.

use super::{Call, HostCall, OutOfMemory, Store};
use crate::{exec::context::Registers, isa::FRAME_UNITS, trap::Trap, types::CELL_BYTES};
use alloc::vec::Vec;

#[cfg(all(feature = "objects", not(target_has_atomic = "ptr")))]
pub(super) use alloc::rc::Rc as Shared;
/// Shared ownership, on chips without compare-and-swap of the plain kind: those have one core.
#[cfg(all(feature = "objects", target_has_atomic = "ptr"))]
pub(super) use alloc::sync::Arc as Shared;

/// A call that was stopped and can go on.
#[derive(Clone, Debug)]
pub struct Suspended {
    func: u32,
    cells: usize,
    /// The frames, from the call's window on.
    frames: Vec<u32>,
    instance: u32,
    /// Bytes from the start of the code.
    ip: usize,
    /// Bytes from the call's window.
    fp: usize,
    /// r0, f0.
    registers: [u64; 2],
    #[cfg(feature = "simd")]
    v0: [u32; 4],
    /// The host function that is waited for, its window counted from the call's.
    host: Option<HostCall>,
    /// Keeps the objects alive that the frames refer to.
    #[cfg(feature = "objects")]
    _references: Option<Shared<[u32]>>,
}

// SAFETY: everything in it is plain data; on chips where `Shared` is not atomic there is one core.
#[cfg(all(feature = "objects", not(target_has_atomic = "ptr")))]
unsafe impl Send for Suspended {}

impl Suspended {
    /// Address of the function called.
    pub fn func(&self) -> u32 {
        self.func
    }

    /// The host function that is waited for; its window counts from that of the call.
    pub fn host_call(&self) -> Option<&HostCall> {
        self.host.as_ref()
    }
}

impl Store {
    /// Takes a stopped call off the stack and ends it. `host` is the host function that it waits for.
    ///
    /// # Errors
    /// No memory for the copy; the call is ended all the same.
    pub fn suspend(&mut self, call: &Call, host: Option<HostCall>) -> Result<Suspended, OutOfMemory> {
        let copied = self.copy_frames(call, host);
        self.abandon(call);
        copied
    }

    fn copy_frames(&mut self, call: &Call, host: Option<HostCall>) -> Result<Suspended, OutOfMemory> {
        #[cfg(feature = "objects")]
        let _references = self.park_references()?;
        let cx = self.context();
        let saved = cx.saved;
        let fp = saved.fp as usize - self.stack.as_ptr() as usize;
        let ip = saved.ip as usize - self.code_ptr(cx.instance) as usize;
        let end = match host {
            Some(host) => host.window + host.cells * CELL_BYTES as usize,
            None => fp + self.frame_bytes(cx.instance, ip),
        };
        let cells = self.cells(call.window, (end - call.window) / CELL_BYTES as usize);
        let mut frames = Vec::new();
        frames.try_reserve_exact(cells.len()).map_err(|_| OutOfMemory)?;
        frames.extend_from_slice(cells);
        Ok(Suspended {
            func: call.func,
            cells: call.cells,
            frames,
            instance: cx.instance,
            ip,
            fp: fp - call.window,
            registers: [saved.r0, saved.f0.to_bits()],
            #[cfg(feature = "simd")]
            v0: cx.v0,
            host: host.map(|host| HostCall { window: host.window - call.window, ..host }),
            #[cfg(feature = "objects")]
            _references,
        })
    }

    /// Bytes of the frame of the function whose code holds the instruction at this byte offset.
    fn frame_bytes(&self, instance: u32, ip: usize) -> usize {
        const { assert!(FRAME_UNITS == 8, "the frame's size is among the units before the entry") };
        let place = self.place_at(instance, (ip / 2) as u32);
        place.expect("a stopped guest stands in a function").frame_bytes as usize
    }

    /// Puts a suspended call back: as after the stop. Gives the host function that it waits for, if it does.
    ///
    /// # Errors
    /// `StackOverflow` or `HostNesting`; the suspended call is as it was.
    pub fn resume(&mut self, suspended: &Suspended) -> Result<(Call, Option<HostCall>), Trap> {
        let window = self.stack_top;
        if suspended.frames.len() * CELL_BYTES as usize > self.limits.stack_bytes - window {
            return Err(Trap::StackOverflow);
        }
        if self.calls_count > self.limits.host_nesting {
            return Err(Trap::HostNesting);
        }
        let call = self.open_call(suspended.func, window, suspended.cells);
        self.cells_mut(window, suspended.frames.len()).copy_from_slice(&suspended.frames);
        let [r0, f0] = suspended.registers;
        let ip = self.code_ptr(suspended.instance).wrapping_byte_add(suspended.ip);
        let fp = self.stack.as_ptr().wrapping_add(window + suspended.fp);
        let cx = self.context_mut();
        cx.saved = Registers { ip, fp, r0, f0: f64::from_bits(f0) };
        #[cfg(feature = "simd")]
        {
            cx.v0 = suspended.v0;
        }
        cx.instance = suspended.instance;
        self.set_stale();
        let host = suspended.host.map(|host| HostCall { window: host.window + window, ..host });
        if let Some(host) = host {
            self.stack_top = host.window + host.cells * CELL_BYTES as usize;
        }
        Ok((call, host))
    }
}
