//! Calls and returns between instances, outside of the dispatch: handlers leave with an exit, for what calls keeps a native frame.
//!
//! Builds without an allocator, whose modules import functions of the host only, have `no_across.rs` in the place of this file.

use super::{
    call::{EXHAUSTED, call_callee, fits, header_of, move_cells, open_frame, return_call_callee, return_offset},
    context::{Context, FuncEntity},
    functions,
    machine::{Cell, Exit, Flow, Machine, read32},
};
use crate::{
    isa::{BRIDGE_BYTES, EXIT_OFFSET, RETURN_CROSS_OFFSET},
    trap::Trap,
};

const BRIDGE: usize = BRIDGE_BYTES as usize;

/// Carries on after an exit that stays inside `exec`: a call or a return between instances. Handlers do not do it themselves,
/// for what calls keeps a native frame.
///
/// # Errors
/// The exit itself, if it is another one; `HOST_CALL` and `HOST_TAIL_CALL`; a trap when the stack is exhausted.
///
/// # Safety
/// A handler has just left with this exit, and its request is in the context.
#[cold]
pub unsafe fn across(cx: *mut Context, exit: Exit) -> Flow {
    // SAFETY: as the caller promises.
    unsafe {
        let mut machine = Machine::resume(cx);
        match exit {
            Exit::CALL_FOREIGN => call_foreign(&mut machine),
            Exit::RETURN_CALL_FOREIGN if cfg!(feature = "tail-call") => return_call_foreign(&mut machine),
            Exit::CALL_BELOW if functions::MAY_BE_BELOW => match call_below(&mut machine, false) {
                Err(Exit::CALL_FOREIGN) => call_foreign(&mut machine),
                flow => flow,
            },
            Exit::RETURN_CALL_BELOW if functions::MAY_BE_BELOW => match call_below(&mut machine, true) {
                Err(Exit::RETURN_CALL_FOREIGN) => return_call_foreign(&mut machine),
                flow => flow,
            },
            Exit::RETURN_CROSS => return_cross(&mut machine),
            exit => return Err(exit),
        }?;
        (*cx).saved = machine.registers();
    }
    Ok(())
}

/// Carries on with a call that has left with `CALL_BELOW` or `RETURN_CALL_BELOW`.
///
/// # Errors
/// `BadSignature`, and those of a call.
///
/// # Safety
/// It has just done so.
unsafe fn call_below(machine: &mut Machine, is_tail: bool) -> Flow {
    // SAFETY: as the caller promises; the last fields are the type, the header's offset, of a tail call, and the delta.
    unsafe {
        let (cx, ip) = (machine.context(), machine.ip);
        let (address, ty) = (cx.request.address, read32(if is_tail { ip.sub(4) } else { ip.sub(3) }));
        if !functions::is_below_type(cx, address, ty) {
            return Err(Exit::trap(Trap::BadSignature));
        }
        let (callee, header, delta) = (functions::callee(cx, address), *ip.sub(2), *ip.sub(1));
        if is_tail { return_call_callee(machine, callee, header, delta) } else { call_callee(machine, callee, delta) }
    }
}

/// Call of the host or into another instance.
///
/// # Safety
/// The request names the function and its window; `ip` is behind the call.
unsafe fn call_foreign(machine: &mut Machine) -> Flow {
    // SAFETY: the bridge and the moved arguments are checked against the stack's end before they are written.
    unsafe {
        let cx = machine.cx;
        let (function, window) = (requested(&*cx), (*cx).request.window);
        if function.instance == FuncEntity::HOST {
            return Err(Exit::HOST_CALL);
        }
        let bridge = (return_offset(machine), (*cx).instance);
        let entry = entry_of(&*cx, function);
        build_bridge(machine, entry, window, window, bridge)?;
        (*cx).enter(function.instance);
        open_frame(machine, entry, window.add(BRIDGE), |_| (RETURN_CROSS_OFFSET, 0))
    }
}

/// The function that the request names.
///
/// # Safety
/// It names one.
unsafe fn requested(cx: &Context) -> FuncEntity {
    // SAFETY: as the caller promises.
    unsafe { functions::entity(cx, functions::callee(cx, cx.request.address)) }
}

/// Entry of a function of any instance.
///
/// # Safety
/// The function is not one of the host.
unsafe fn entry_of(cx: &Context, function: FuncEntity) -> *const u16 {
    // SAFETY: the instance index stems from instantiation, as does the entry.
    unsafe { (*cx.instances.add(function.instance as usize)).code.add(function.entry as usize) }
}

/// Puts a bridge at `place` and the arguments from `window` behind it.
///
/// # Safety
/// `place` lies in the stack region, at or below `window`, where the arguments of the function at `entry` stand.
unsafe fn build_bridge(
    machine: &Machine,
    entry: *const u16,
    place: *mut u8,
    window: *mut u8,
    caller: (u32, u32),
) -> Flow {
    // SAFETY: the frame's size covers its parameters; it is checked together with the bridge before anything is written.
    unsafe {
        if !fits(machine, place, read32(entry.sub(2)) as usize + BRIDGE) {
            return EXHAUSTED;
        }
        move_cells(window, place.add(BRIDGE), *entry.sub(6) as usize);
        caller.0.store(place);
        caller.1.store(place.add(4));
        (header_of(entry) as u32).store(place.add(8));
        0_u32.store(place.add(12));
    }
    Ok(())
}

/// # Safety
/// A bridge stands below the frame: this return offset is written only together with one.
unsafe fn return_cross(machine: &mut Machine) -> Flow {
    // SAFETY: the bridge was written by `build_bridge`: the caller's return offset and instance, and the bytes to move.
    unsafe {
        let (cx, bridge) = (machine.cx, machine.fp.sub(BRIDGE));
        let (offset, instance, bytes) = (u32::load(bridge), u32::load(bridge.add(4)), u32::load(bridge.add(8)));
        move_cells(machine.fp, bridge, bytes as usize);
        (*cx).enter(instance);
        machine.ip = (*cx).code.byte_add(offset as usize);
        machine.fp = bridge.sub(*machine.ip.sub(1) as usize);
    }
    Ok(())
}

/// Tail call of the host or into another instance. Bridges do not pile up: one is put in only if the frame that is
/// replaced does not return over one, or to the host, already.
///
/// # Safety
/// The request names the function, its window, and the header of the frame that is left.
unsafe fn return_call_foreign(machine: &mut Machine) -> Flow {
    // SAFETY: as the caller promises; see `build_bridge`.
    unsafe {
        let (cx, fp) = (machine.cx, machine.fp);
        let (function, window) = (requested(&*cx), (*cx).request.window);
        if function.instance == FuncEntity::HOST {
            return Err(Exit::HOST_TAIL_CALL);
        }
        let entry = entry_of(&*cx, function);
        let return_offset = u32::load(fp.add((*cx).request.header as usize));
        let (place, return_offset) = if return_offset == EXIT_OFFSET || return_offset == RETURN_CROSS_OFFSET {
            // Arguments lie in this frame and move down in it; `open_frame` checks the rest of the callee's.
            move_cells(window, fp, *entry.sub(6) as usize);
            (fp, return_offset)
        } else {
            let caller = (return_offset, (*cx).instance);
            build_bridge(machine, entry, fp, window, caller)?;
            (fp.add(BRIDGE), RETURN_CROSS_OFFSET)
        };
        (*cx).enter(function.instance);
        open_frame(machine, entry, place, |_| (return_offset, 0))
    }
}
