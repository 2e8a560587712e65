//! References as 32-bit handles: 0 is null, bit 0 marks an i31, bits 1 and 2 tell functions and external values apart.
//!
//! A handle is never a pointer: it means the same on every machine and in a snapshot. Handles are made here and by the
//! store only; the verifier keeps guest data out of reference cells.

use super::machine::Handle;

const SHIFT: u32 = 3;
const FUNC: u32 = 0b010;
const EXTERN: u32 = 0b100;
const TAG: u32 = 0b111;

/// Largest address that a handle can carry.
pub const MAX_ADDRESS: u32 = u32::MAX >> SHIFT;

/// Handle of a function by its address in the store.
#[inline(always)]
pub const fn from_func(address: u32) -> Handle {
    address << SHIFT | FUNC
}

/// Handle of an external value by its number in the store.
#[inline(always)]
pub const fn from_extern(number: u32) -> Handle {
    number << SHIFT | EXTERN
}

/// Address of the function, if it is one.
#[inline(always)]
pub const fn to_func(handle: Handle) -> Option<u32> {
    if handle & TAG == FUNC { Some(handle >> SHIFT) } else { None }
}

/// Number of the external value, if it is one.
#[inline(always)]
pub const fn to_extern(handle: Handle) -> Option<u32> {
    if handle & TAG == EXTERN { Some(handle >> SHIFT) } else { None }
}

/// Handle of an integer of 31 bits: the low bits of a value.
#[inline(always)]
pub const fn from_i31(value: u32) -> Handle {
    value << 1 | 1
}

/// The integer, sign-extended, if it is one.
#[inline(always)]
pub const fn to_i31(handle: Handle) -> Option<i32> {
    if handle & 1 != 0 { Some(handle as i32 >> 1) } else { None }
}

/// Whether it leads to an object of the heap.
#[inline(always)]
pub const fn is_object(handle: Handle) -> bool {
    handle != 0 && handle & TAG == 0
}
