//! Handlers of i31, comparison and casts; and of which type an object is.
//!
//! Mostly an object has the very descriptor that an instruction expects. Otherwise the types above are walked, outside of the dispatch, since a
//! loop would cost every handler saved registers: the handler leaves with `VERDICT` and is executed again, when what [`decide`] has found out
//! stands in the context. The same question is then answered there until another one is asked. In builds for size (`cfg(general)`) these handlers
//! are functions of their own, and ask [`decide`] themselves.

use super::{tag, token};
use crate::{
    exec::{
        Instruction,
        call::step_over,
        context::Context,
        functions, handle,
        machine::{Cell, Exit, Flow, Handle, Machine, Put, Read, read32},
        numeric::branch_if,
    },
    gc::{Kind, heap::number_of, layout::Storage},
    trap::Trap,
};
use core::marker::PhantomData;

/// Whether an object is of a type of the current instance, or of one below.
///
/// # Errors
/// `VERDICT`, with `ip` at `token`, where this instruction stands, which has changed nothing yet.
///
/// # Safety
/// It is one of this store; `ty` is a type index of the current instance, of structures or arrays.
#[inline(always)]
pub(super) unsafe fn is_of_type(
    machine: &mut Machine,
    token: *const u16,
    object: *const u8,
    ty: u32,
) -> Result<bool, Exit> {
    // SAFETY: as the caller promises; an object begins with its descriptor.
    let (found, expected) = unsafe { (u32::load(object), functions::descriptor_of(machine.context(), ty)) };
    if found == expected {
        return Ok(true);
    }
    // SAFETY: as below.
    let verdict = unsafe { &raw mut (*machine.cx).verdict };
    // SAFETY: the context outlives the run, and nothing else refers to it now.
    unsafe {
        if (*verdict).found == found && (*verdict).expected == expected {
            return Ok((*verdict).is_below);
        }
        ((*verdict).found, (*verdict).expected) = (found, expected);
        // Where these handlers are functions of their own, they may call what they want.
        if cfg!(general) {
            decide(&mut *machine.cx);
            return Ok((*verdict).is_below);
        }
    }
    machine.ip = token;
    Err(Exit::VERDICT)
}

/// Decides what a handler has left with `VERDICT` for.
///
/// # Safety
/// It has just done so.
#[cold]
#[inline(never)]
pub unsafe fn decide(cx: &mut Context) {
    let Verdict { found, expected, .. } = cx.verdict;
    // SAFETY: both are descriptors of this store. Types of functions have the descriptor 0, which is none.
    cx.verdict.is_below = expected != 0
        && unsafe {
            let layout = |descriptor| &*cx.layouts.add(number_of(descriptor));
            let (object, above) = (layout(found), layout(expected));
            object.kind != Kind::Exception && functions::is_owner_below(cx, object.owner, above.owner)
        };
}

/// What was decided last.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Verdict {
    /// Descriptor of an object.
    pub found: u32,
    /// Descriptor of a type.
    pub expected: u32,
    /// Whether the object is of a type below.
    pub is_below: bool,
}

impl Verdict {
    /// Nothing: there is no object with this descriptor.
    pub const NONE: Verdict = Verdict { found: u32::MAX, expected: u32::MAX, is_below: false };
}

/// ref.i31.
pub struct RefI31<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for RefI31<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: integer, result.
        unsafe {
            let value = A::read::<u32>(machine);
            D::put(machine, handle::from_i31(value));
        }
        Ok(())
    }
}

macro_rules! i31_gets { ($($(#[$doc:meta])* $name:ident |$handle:ident| $value:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<A, D>(PhantomData<(A, D)>);
    impl<A: Read, D: Put> Instruction for $name<A, D> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: reference, result.
            unsafe {
                let $handle = A::read::<u32>(machine);
                if $handle & 1 == 0 {
                    return Err(Exit::trap(if $handle == 0 { Trap::NullI31Reference } else { Trap::CastFailure }));
                }
                D::put(machine, $value);
            }
            Ok(())
        }
    }
)* } }
i31_gets! {
    /// i31.get_s.
    I31GetS |handle| handle as i32 >> 1;
    /// i31.get_u.
    I31GetU |handle| (handle >> 1) as i32;
}

/// ref.eq.
pub struct RefEq<A, B, D>(PhantomData<(A, B, D)>);
impl<A: Read, B: Read, D: Put> Instruction for RefEq<A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both references, result.
        unsafe {
            let (a, b) = (A::read::<u32>(machine), B::read::<u32>(machine));
            D::put(machine, i32::from(a == b));
        }
        Ok(())
    }
}

/// What a reference that is not null refers to, as a bit of what [`HEAP_TYPES`] lists.
mod class {
    pub const I31: u8 = 1;
    pub const STRUCT: u8 = 2;
    pub const ARRAY: u8 = 4;
    pub const EXN: u8 = 8;
    pub const FUNC: u8 = 16;
    pub const EXTERN: u8 = 32;
    pub const EQ: u8 = I31 | STRUCT | ARRAY;
    /// What is not of the host alone: a value of the host can be taken for any other.
    pub const ANY: u8 = EQ | EXTERN;
}

/// Tags of what has only one each.
const STRUCT: u32 = Kind::Struct.tag(Storage::I8);
const EXCEPTION: u32 = Kind::Exception.tag(Storage::I8);

/// What is of each abstract heap type, in the order of their bytes from 0x69 on: exn, array, struct, i31, eq, any, extern, func; the rest nothing.
const HEAP_TYPES: [u8; 16] = [
    class::EXN,
    class::ARRAY,
    class::STRUCT,
    class::I31,
    class::EQ,
    class::ANY,
    class::ANY,
    class::FUNC,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
];

/// Whether a reference is of the reference type with this coding.
///
/// # Errors
/// As [`is_of_type`].
///
/// # Safety
/// The reference stems from a reference cell; the coding is one of a type, its index one of the current instance.
#[cfg_attr(general, inline(never))]
#[cfg_attr(not(general), inline(always))]
unsafe fn is_of(machine: &mut Machine, token: *const u16, handle: Handle, word: u32) -> Result<bool, Exit> {
    if handle == 0 {
        return Ok(word & 0x40 != 0);
    }
    let code = word & 0x3f;
    // SAFETY: handles lead to objects and functions of this store.
    unsafe {
        if code == 0x23 {
            return match handle & 7 {
                0 => {
                    let object = machine.context().heap.base.wrapping_add(handle as usize);
                    is_of_type(machine, token, object, word >> 8)
                }
                _ => Ok(handle::to_func(handle)
                    .is_some_and(|function| functions::is_below_type(machine.context(), function, word >> 8))),
            };
        }
        let class = match handle & 7 {
            0 => {
                let object = machine.context().heap.base.wrapping_add(handle as usize);
                match tag(object) {
                    STRUCT => class::STRUCT,
                    EXCEPTION => class::EXN,
                    _ => class::ARRAY,
                }
            }
            0b010 => class::FUNC,
            0b100 => class::EXTERN,
            _ => class::I31,
        };
        Ok(HEAP_TYPES[(code as usize).wrapping_sub(0x29) & 15] & class != 0)
    }
}

/// Whether the reference in the next field is of the type in those behind.
///
/// # Errors
/// As [`is_of_type`].
///
/// # Safety
/// The next fields, the first ones of the instruction, are a reference and the coding of a reference type.
#[inline(always)]
unsafe fn test<A: Read>(machine: &mut Machine) -> Result<bool, Exit> {
    // SAFETY: as the caller promises; `image::verify` has checked the coding.
    unsafe {
        let token = token(machine);
        let handle = A::read::<u32>(machine);
        let before = machine.ip.offset_from_unsigned(token);
        let fields = step_over(machine, 2);
        is_of(machine, fields.sub(before), handle, read32(fields))
    }
}

/// ref.test.
pub struct RefTest<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for RefTest<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, result.
        unsafe {
            let is_of = test::<A>(machine)?;
            D::put(machine, i32::from(is_of));
        }
        Ok(())
    }
}

/// ref.cast: the reference stays where it is.
pub struct RefCast<A>(PhantomData<A>);
impl<A: Read> Instruction for RefCast<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type.
        if unsafe { test::<A>(machine)? } { Ok(()) } else { Err(Exit::trap(Trap::CastFailure)) }
    }
}

/// br_on_cast.
pub struct BranchOnCast<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchOnCast<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, target.
        unsafe {
            let is_taken = test::<A>(machine)?;
            branch_if(machine, is_taken)
        }
    }
}

/// br_on_cast_fail.
pub struct BranchOnCastFail<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchOnCastFail<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, target.
        unsafe {
            let is_taken = !test::<A>(machine)?;
            branch_if(machine, is_taken)
        }
    }
}
