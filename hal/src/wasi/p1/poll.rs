//! `poll_oneoff`: waits until a clock has reached a time or a descriptor can be read or written.
//!
//! Only standard input can make one wait for bytes; files and output are always ready. So there is never more than
//! one thing to wait for beside time, and the wait itself is one call of a capability.
//!
//! Invariant: events are written only once something is ready, in the order of their subscriptions. If nothing is and
//! nothing to wait with was granted, the answer is `ENOTCAPABLE`, never a busy loop.

use crate::{
    WasiCtx,
    descriptor::Target,
    limits::SUBSCRIPTIONS_COUNT,
    wasi::abi::{
        Errno, Rights, element, offset, read_u8, read_u16, read_u32, read_u64, size, slice, slice_mut, write_u8,
        write_u16, write_u32, write_u64,
    },
};

/// The end of what an event is about: nothing more will come.
const HANGUP: u16 = 1;
/// The timeout is a point of the clock, not a distance from now.
const ABSOLUTE_TIME: u16 = 1;

/// What a subscription waits for.
#[derive(Clone, Copy)]
enum Interest {
    Clock { id: u32, timeout_ns: u64, is_absolute: bool },
    Read { fd: u32 },
    Write { fd: u32 },
}

impl Interest {
    /// The number of its event type.
    fn tag(self) -> u8 {
        match self {
            Interest::Clock { .. } => 0,
            Interest::Read { .. } => 1,
            Interest::Write { .. } => 2,
        }
    }
}

/// How a subscription stands at one look.
enum State {
    Ready {
        bytes_count: u64,
        flags: u16,
    },
    /// Ready when this time has passed.
    After(u64),
    /// Ready when standard input has bytes.
    Stdin,
}

/// The values of the clocks 0 and 1 when the call began: what distances are counted from.
type Starts = [Option<u64>; 2];

/// Reads one subscription: what the guest calls it, and what it waits for.
fn subscription(memory: &[u8], at: u32) -> Result<(u64, Interest), Errno> {
    let user_data = read_u64(memory, at)?;
    let interest = match read_u8(memory, offset(at, 8)?)? {
        0 => Interest::Clock {
            id: read_u32(memory, offset(at, 16)?)?,
            timeout_ns: read_u64(memory, offset(at, 24)?)?,
            is_absolute: match read_u16(memory, offset(at, 40)?)? {
                0 => false,
                ABSOLUTE_TIME => true,
                _ => return Err(Errno::Inval),
            },
        },
        1 => Interest::Read { fd: read_u32(memory, offset(at, 16)?)? },
        2 => Interest::Write { fd: read_u32(memory, offset(at, 16)?)? },
        _ => return Err(Errno::Inval),
    };
    Ok((user_data, interest))
}

/// How a clock subscription stands.
fn clock_state(
    ctx: &mut WasiCtx<'_>,
    starts: &mut Starts,
    id: u32,
    timeout_ns: u64,
    is_absolute: bool,
) -> Result<State, Errno> {
    // Nobody can wait on processor time: it stands still meanwhile.
    let start = starts.get_mut(id as usize).ok_or(Errno::Inval)?;
    let now_ns = ctx.clock(id)?.now_ns()?;
    let deadline_ns = if is_absolute { timeout_ns } else { start.get_or_insert(now_ns).saturating_add(timeout_ns) };
    Ok(match deadline_ns.checked_sub(now_ns) {
        Some(left_ns) if left_ns > 0 => State::After(left_ns),
        _ => State::Ready { bytes_count: 0, flags: 0 },
    })
}

/// How a descriptor subscription for reading stands.
fn read_state(ctx: &mut WasiCtx<'_>, fd: u32) -> Result<State, Errno> {
    let descriptor = ctx.table.get(fd)?;
    if !descriptor.rights.contains(Rights::FD_READ) {
        return Err(Errno::Badf);
    }
    descriptor.require(Rights::POLL_FD_READWRITE)?;
    match descriptor.target {
        Target::Stdin => {
            let is_ready = ctx.stdin.as_deref_mut().ok_or(Errno::Badf)?.wait_ready(Some(0))?;
            Ok(if is_ready { State::Ready { bytes_count: 1, flags: 0 } } else { State::Stdin })
        }
        Target::File { place, position, .. } => {
            let size_bytes = ctx.file_system(place.fs)?.stat(place.node)?.size_bytes;
            let bytes_count = size_bytes.saturating_sub(position);
            Ok(State::Ready { bytes_count, flags: if bytes_count == 0 { HANGUP } else { 0 } })
        }
        _ => Err(Errno::Badf),
    }
}

/// How a descriptor subscription for writing stands.
fn write_state(ctx: &WasiCtx<'_>, fd: u32) -> Result<State, Errno> {
    let descriptor = ctx.table.get(fd)?;
    if !descriptor.rights.contains(Rights::FD_WRITE) {
        return Err(Errno::Badf);
    }
    descriptor.require(Rights::POLL_FD_READWRITE)?;
    match descriptor.target {
        Target::Stdout | Target::Stderr | Target::File { .. } => Ok(State::Ready { bytes_count: 1, flags: 0 }),
        _ => Err(Errno::Badf),
    }
}

/// Writes event number `index`.
fn write_event(
    memory: &mut [u8],
    events: u32,
    index: u32,
    user_data: u64,
    tag: u8,
    bytes_count: u64,
    flags: u16,
) -> Result<(), Errno> {
    let at = element(events, index, size::EVENT)?;
    slice_mut(memory, at, size::EVENT)?.fill(0); // Among others the error: success.
    write_u64(memory, at, user_data)?;
    write_u8(memory, offset(at, 10)?, tag)?;
    write_u64(memory, offset(at, 16)?, bytes_count)?;
    write_u16(memory, offset(at, 24)?, flags)
}

/// Waits until something may have changed.
fn wait(ctx: &mut WasiCtx<'_>, nearest_ns: Option<u64>, waits_for_stdin: bool) -> Result<(), Errno> {
    if waits_for_stdin {
        ctx.stdin.as_deref_mut().ok_or(Errno::Badf)?.wait_ready(nearest_ns)?;
        return Ok(());
    }
    let sleep = ctx.sleep.as_deref_mut().ok_or(Errno::Notcapable)?;
    Ok(sleep.sleep_ns(nearest_ns.unwrap_or(u64::MAX))?)
}

/// Waits for the first of `count` subscriptions and writes an event for each that is ready then.
///
/// # Errors
/// `EINVAL` for no subscription, too many, or one that makes no sense; `EBADF` for a descriptor that cannot be waited
/// for; `ENOTCAPABLE`, `EFAULT`, `EINTR` if the embedding ended the wait, or the device's.
pub fn poll_oneoff(
    ctx: &mut WasiCtx<'_>,
    memory: &mut [u8],
    subscriptions: u32,
    events: u32,
    count: u32,
    ready: u32,
) -> Result<(), Errno> {
    if count == 0 || count > SUBSCRIPTIONS_COUNT {
        return Err(Errno::Inval);
    }
    slice(memory, subscriptions, count * size::SUBSCRIPTION)?;
    slice(memory, events, count * size::EVENT)?;
    slice(memory, ready, 4)?;
    let mut starts = [None; 2];
    loop {
        let (mut ready_count, mut nearest_ns, mut waits_for_stdin) = (0, None::<u64>, false);
        for index in 0..count {
            let (user_data, interest) = subscription(memory, element(subscriptions, index, size::SUBSCRIPTION)?)?;
            let state = match interest {
                Interest::Clock { id, timeout_ns, is_absolute } => {
                    clock_state(ctx, &mut starts, id, timeout_ns, is_absolute)?
                }
                Interest::Read { fd } => read_state(ctx, fd)?,
                Interest::Write { fd } => write_state(ctx, fd)?,
            };
            match state {
                State::Ready { bytes_count, flags } => {
                    write_event(memory, events, ready_count, user_data, interest.tag(), bytes_count, flags)?;
                    ready_count += 1;
                }
                State::After(left_ns) => nearest_ns = Some(nearest_ns.map_or(left_ns, |least| least.min(left_ns))),
                State::Stdin => waits_for_stdin = true,
            }
        }
        if ready_count > 0 {
            return write_u32(memory, ready, ready_count);
        }
        wait(ctx, nearest_ns, waits_for_stdin)?;
    }
}
