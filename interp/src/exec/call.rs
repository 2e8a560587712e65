//! Handlers of calls: direct, imported, indirect, and their tail forms.
//!
//! The callee's frame begins where its arguments stand, `delta` bytes above the caller's. Its header lies behind its
//! parameters (or results, if they are wider) and takes the return offset and the delta, so a return needs nothing else; the unit
//! before a return offset is the delta too, for those who walk over frames. A call into another instance puts a *bridge* of 16 bytes below the callee's
//! frame: return offset and instance of the caller, and how many bytes to move down when it returns.

use super::{
    Instruction,
    functions::{self, Callee},
    handle,
    machine::{Cell, Exit, Flow, Machine, Read, address, opaque, read32},
    memory::Index,
};
use crate::{isa::HEADER_BYTES, trap::Trap};
use core::marker::PhantomData;

pub(super) const EXHAUSTED: Flow = Err(Exit::trap(Trap::StackOverflow));
/// What the stack region has behind `stack_end`: zeroing a frame's locals in wide pieces may reach that far.
pub const STACK_SLACK_BYTES: usize = if cfg!(target_pointer_width = "64") { 12 } else { 0 };

/// Byte offset of a function's frame header in its frame.
///
/// # Safety
/// `entry` is the entry of a function.
#[inline(always)]
pub(super) unsafe fn header_of(entry: *const u16) -> usize {
    // SAFETY: six units that describe the frame stand before every entry.
    unsafe { *entry.sub(5) as usize }
}

/// Whether `bytes` at `place`, which lies in the stack region, do not go beyond its end. Frames are below 2^31 bytes.
#[inline(always)]
pub(super) fn fits(machine: &Machine, place: *mut u8, bytes: usize) -> bool {
    let end = machine.context().stack_end as usize;
    if cfg!(target_pointer_width = "64") { place as usize + bytes <= end } else { bytes <= end - place as usize }
}

/// Opens a frame at `fp` for the function at `entry`: checks the stack, writes the header, zeroes the locals, goes there.
///
/// # Safety
/// `entry` is the entry of a function of the current instance, `fp` lies in the stack region with its arguments at it,
/// and `back` gives an offset behind a call in the current instance's code with the call's delta, or a reserved one with 0.
#[inline(always)]
pub(super) unsafe fn open_frame(
    machine: &mut Machine,
    entry: *const u16,
    fp: *mut u8,
    back: impl FnOnce(&Machine) -> (u32, u32),
) -> Flow {
    // SAFETY: the frame units stand before the entry; all writes are below `fp` + frame bytes, which is checked first.
    unsafe {
        if !fits(machine, fp, read32(entry.sub(2)) as usize) {
            return EXHAUSTED;
        }
        let header = address(fp, header_of(entry));
        let (offset, delta) = back(machine);
        offset.store(header);
        delta.store(header.add(4));
        zero(header.add(HEADER_BYTES as usize), read32(entry.sub(4)) as usize);
        machine.ip = entry;
        machine.fp = fp;
    }
    Ok(())
}

/// Zeroes `len` bytes, a multiple of four, without calling a library function; up to [`STACK_SLACK_BYTES`] more.
///
/// # Safety
/// The bytes are writable and 4-byte aligned; what stands behind them is of no use, and the slack behind it writable.
#[inline(always)]
unsafe fn zero(mut place: *mut u8, len: usize) {
    // SAFETY: the caller promises the range; wide writes need no alignment on 64-bit machines.
    unsafe {
        let end = place.add(len);
        while place < end {
            if cfg!(target_pointer_width = "64") {
                place.cast::<u128>().write_unaligned(0);
                place = place.add(16);
            } else {
                0_u32.store(place);
                place = place.add(4);
            }
            keep_loop();
        }
    }
}

/// Keeps the compiler from making a call of `memset` or `memmove` out of a loop, which would cost every caller its
/// register saves.
#[inline(always)]
fn keep_loop() {
    #[cfg(not(miri))]
    // SAFETY: no instruction, no operand.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}

/// Steps over the last `count` units of the instruction, and gives the first of them. For calls, which are short of registers: `r0`, of no use to
/// who is called, is given up.
///
/// # Safety
/// So many units of the instruction are left.
#[inline(always)]
pub(super) unsafe fn last_fields(machine: &mut Machine, count: usize) -> *const u16 {
    machine.r0 = 0;
    // SAFETY: as the caller promises.
    unsafe { step_over(machine, count) }
}

/// Steps over `count` units of the instruction, and gives the first of them. For handlers that are short of registers: `ip` is the
/// only one that leads to the fields, for the compiler does not know what it was.
///
/// # Safety
/// So many units of the instruction are left.
#[inline(always)]
pub(super) unsafe fn step_over(machine: &mut Machine, count: usize) -> *const u16 {
    // SAFETY: as the caller promises.
    unsafe {
        machine.ip = opaque(machine.ip.add(count));
        machine.ip.sub(count)
    }
}

/// Offset of `ip` in the current code, in bytes.
#[inline(always)]
pub(super) fn return_offset(machine: &Machine) -> u32 {
    (machine.ip as usize).wrapping_sub(machine.context().code as usize) as u32
}

/// Call of a function of this module.
pub struct Call;
impl Instruction for Call {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: entry (relative to its field, checked to be a function's), delta (checked against the frame).
        unsafe {
            let entry = machine.ip.offset(read32(machine.ip) as i32 as isize);
            let delta = machine.unit(2);
            machine.ip = machine.ip.add(3);
            call_entry(machine, entry, delta)
        }
    }
}

/// Opens a frame `delta` bytes above the current one; `ip` is behind the call. When the stack is exhausted, the machine
/// is left as it was. The delta is read again where it is needed again, which keeps it, or the old frame, out of a register.
///
/// # Safety
/// As for [`open_frame`].
#[inline(always)]
unsafe fn call_entry(machine: &mut Machine, entry: *const u16, delta: u16) -> Flow {
    // SAFETY: as the caller promises; the unit before `ip` is the delta.
    unsafe {
        machine.fp = machine.fp.add(delta as usize);
        let again = |machine: &Machine| machine.ip.sub(1).read_volatile();
        let opened = open_frame(machine, entry, machine.fp, |caller| (return_offset(caller), again(caller).into()));
        if opened.is_err() {
            machine.fp = machine.fp.sub(again(machine) as usize);
        }
        opened
    }
}

/// Call of an imported function.
pub struct CallImport;
impl Instruction for CallImport {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: function index, delta.
        unsafe {
            let fields = last_fields(machine, 3);
            let address = functions::address_of(machine.context(), read32(fields));
            call_callee(machine, functions::callee(machine.context(), address), *fields.add(2))
        }
    }
}

/// Call of a function: in this instance, in another one, or of the host.
///
/// # Safety
/// It is one of this store, whose arguments stand `delta` above the frame; `ip` is behind the call.
#[inline(always)]
pub(super) unsafe fn call_callee(machine: &mut Machine, callee: Callee, delta: u16) -> Flow {
    // SAFETY: as the caller promises.
    unsafe {
        let function = functions::entity(machine.context(), callee);
        if function.instance == machine.context().instance {
            let entry = machine.context().code.add(function.entry as usize);
            return call_entry(machine, entry, delta);
        }
        let cx = &mut *machine.cx;
        (cx.request.address, cx.request.window) = (functions::address_at(cx, callee), machine.fp.add(delta as usize));
    }
    Err(Exit::CALL_FOREIGN)
}

/// Return over a bridge.
pub struct ReturnCross;
impl Instruction for ReturnCross {
    #[inline(always)]
    unsafe fn run(_: &mut Machine) -> Flow {
        Err(Exit::RETURN_CROSS)
    }
}

/// The function at an address, if it is of the expected type. One that is not may be of a type below, and is called from outside of
/// the dispatch then, by `call_below` in `across.rs`: the walk would cost each call a saved register.
///
/// # Errors
/// `BadSignature`; `leave`.
///
/// # Safety
/// It is the address of a function; `ty` is a type index of the current instance; `ip` is behind the call.
#[inline(always)]
pub(super) unsafe fn of_type(machine: &Machine, address: u32, ty: u32, leave: Exit) -> Result<Callee, Exit> {
    // SAFETY: as the caller promises; the context outlives the run, and nothing else refers to it now.
    unsafe {
        let callee = functions::callee(machine.context(), address);
        if functions::has_type(machine.context(), callee, ty) {
            return Ok(callee);
        }
        if !functions::MAY_BE_BELOW {
            return Err(Exit::trap(Trap::BadSignature));
        }
        (*machine.cx).request.address = functions::address_at(machine.context(), callee);
    }
    Err(leave)
}

/// Element of a table as a function of the expected type.
///
/// # Errors
/// As [`of_type`]; a trap if there is no function.
///
/// # Safety
/// `table` and `ty` are indices of the current instance; `ip` is behind the call.
#[cfg_attr(any(not(compact), feature = "level-full"), inline(always))]
#[cfg_attr(all(compact, not(feature = "level-full")), inline(never))]
unsafe fn element(machine: &Machine, index: u32, table: u16, ty: u32, leave: Exit) -> Result<Callee, Exit> {
    // SAFETY: the indices were checked by `image::verify`; a handle of a function holds the address of one.
    unsafe {
        let cx = machine.context();
        let Some(element) = functions::element(cx, table, index) else {
            return Err(Exit::trap(Trap::UndefinedElement));
        };
        let Some(address) = handle::to_func(element) else {
            return Err(Exit::trap(Trap::IndirectCallToNull));
        };
        of_type(machine, address, ty, leave)
    }
}

/// Indirect call.
pub struct CallIndirect<I, A>(PhantomData<(I, A)>);
impl<I: Index, A: Read> Instruction for CallIndirect<I, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: element index, table, type, delta.
        unsafe {
            let index = A::read::<I>(machine).saturated();
            let fields = last_fields(machine, 4);
            let callee = element(machine, index, *fields, read32(fields.add(1)), Exit::CALL_BELOW)?;
            call_callee(machine, callee, *fields.add(3))
        }
    }
}

/// Tail call of a function of this module.
pub struct ReturnCall;
impl Instruction for ReturnCall {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: entry, this frame's header offset, delta.
        unsafe {
            let fields = last_fields(machine, 4);
            let entry = fields.offset(read32(fields) as i32 as isize);
            replace_frame(machine, entry, *fields.add(2), *fields.add(3))
        }
    }
}

/// Puts the function at `entry` in the place of the current frame.
///
/// # Safety
/// The arguments stand `delta` above the frame, whose header is at `header`.
#[inline(always)]
unsafe fn replace_frame(machine: &mut Machine, entry: *const u16, header: u16, delta: u16) -> Flow {
    // SAFETY: the window lies in the frame's reach; the header is read before arguments move over it.
    unsafe {
        let header = machine.fp.add(header as usize);
        let back = (u32::load(header), u32::load(header.add(4)));
        move_down(machine.fp.add(delta as usize), machine.fp, *entry.sub(6) as usize);
        open_frame(machine, entry, machine.fp, |_| back)
    }
}

/// Moves `len` bytes, a multiple of four, to a lower address, without calling a library function.
///
/// # Safety
/// Both ranges are in the stack region and 4-byte aligned, `to` is not above `from`.
#[inline(always)]
unsafe fn move_down(from: *const u8, to: *mut u8, len: usize) {
    let mut at = 0;
    while at < len {
        // SAFETY: the caller promises both ranges; moving upwards is right for overlapping ones.
        unsafe { u32::load(from.add(at)).store(to.add(at)) };
        at += 4;
        keep_loop();
    }
}

/// Moves `len` bytes, a multiple of four, between places that may overlap. A loop and not `memmove`, which is ten times as much code on
/// small machines and may be needed by nothing else.
///
/// # Safety
/// Both ranges are in the stack region and 4-byte aligned.
pub unsafe fn move_cells(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller promises both ranges; cells that will be overwritten are read before.
    unsafe {
        if to.cast_const() <= from {
            return move_down(from, to, len);
        }
        let mut at = len;
        while at > 0 {
            at -= 4;
            u32::load(from.add(at)).store(to.add(at));
            keep_loop();
        }
    }
}

/// Tail call of a function.
///
/// # Safety
/// As for [`replace_frame`]; it is one of this store.
#[inline(always)]
pub(super) unsafe fn return_call_callee(machine: &mut Machine, callee: Callee, header: u16, delta: u16) -> Flow {
    // SAFETY: as the caller promises.
    unsafe {
        let function = functions::entity(machine.context(), callee);
        if function.instance == machine.context().instance {
            let entry = machine.context().code.add(function.entry as usize);
            return replace_frame(machine, entry, header, delta);
        }
        let cx = &mut *machine.cx;
        (cx.request.address, cx.request.window) = (functions::address_at(cx, callee), machine.fp.add(delta as usize));
        cx.request.header = header;
    }
    Err(Exit::RETURN_CALL_FOREIGN)
}

/// Tail call of an imported function.
pub struct ReturnCallImport;
impl Instruction for ReturnCallImport {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: function index, header offset, delta.
        unsafe {
            let fields = last_fields(machine, 4);
            let address = functions::address_of(machine.context(), read32(fields));
            return_call_callee(machine, functions::callee(machine.context(), address), *fields.add(2), *fields.add(3))
        }
    }
}

/// Indirect tail call.
pub struct ReturnCallIndirect<I, A>(PhantomData<(I, A)>);
impl<I: Index, A: Read> Instruction for ReturnCallIndirect<I, A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: element index, table, type, header offset, delta.
        unsafe {
            let index = A::read::<I>(machine).saturated();
            let fields = last_fields(machine, 5);
            let callee = element(machine, index, *fields, read32(fields.add(1)), Exit::RETURN_CALL_BELOW)?;
            return_call_callee(machine, callee, *fields.add(3), *fields.add(4))
        }
    }
}
