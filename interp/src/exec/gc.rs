//! Handlers of structures, and what they share with those of arrays (`array.rs`) and of i31 and casts (`cast.rs`).
//!
//! Every access looks at its object: the descriptor of a structure has to be that of the type that the instruction names, or of one below; an
//! array has to hold what the instruction moves. What allocates takes all operands before, and writes all of the new object before anything
//! else can see it; where there is no room it leaves the loop, and is executed again. Fuel is charged only then, so that it does not depend on the heap.

mod array;
mod cast;

pub use self::{array::*, cast::*};

use super::{
    Instruction,
    call::step_over,
    functions,
    machine::{Cell, Exit, Flow, Handle, Machine, Put, Read, address, opaque, read32},
};
use crate::{
    gc::{
        Layout,
        heap::{TAG_SHIFT, number_of},
        layout::HEADER_BYTES,
    },
    trap::Trap,
};
use core::marker::PhantomData;

/// What stands where a reference leads that is one to an object.
///
/// # Errors
/// `null` if it is null; `CastFailure` if it leads elsewhere, which a valid module does not do.
#[inline(always)]
fn object(machine: &Machine, handle: Handle, null: Trap) -> Result<*mut u8, Exit> {
    // Handles of objects are multiples of 8, and not 0.
    if handle.rotate_right(3).wrapping_sub(1) >= u32::MAX >> 3 {
        return Err(Exit::trap(if handle == 0 { null } else { Trap::CastFailure }));
    }
    // SAFETY: there is an object.
    Ok(opaque(unsafe { machine.context().heap.base.add(handle as usize) }).cast_mut())
}

/// What kind of object it is, and of an array, what it holds: see [`crate::gc::Kind::tag`].
///
/// # Safety
/// It is one of this store.
#[inline(always)]
unsafe fn tag(object: *const u8) -> u32 {
    // SAFETY: as the caller promises; an object begins with its descriptor.
    unsafe { u32::load(object) >> TAG_SHIFT }
}

/// What a descriptor stands for.
///
/// # Safety
/// It is one of this store.
#[inline(always)]
unsafe fn layout(machine: &Machine, descriptor: u32) -> &Layout {
    // SAFETY: as the caller promises.
    unsafe { &*machine.context().layouts.add(number_of(descriptor)) }
}

/// The structure that a reference refers to, with the offset of a field: fields are type and offset.
///
/// # Errors
/// A trap; `VERDICT`, with `ip` at `token`.
///
/// # Safety
/// The next fields are a type index of structures, and the offset of a field of that type.
#[inline(always)]
unsafe fn field(machine: &mut Machine, token: *const u16, handle: Handle) -> Result<*mut u8, Exit> {
    // SAFETY: as the caller promises; a type below has its fields at the same places.
    unsafe {
        let before = machine.ip.offset_from_unsigned(token);
        let fields = step_over(machine, 3);
        let object = object(machine, handle, Trap::NullStructReference)?;
        if !is_of_type(machine, fields.sub(before), object, read32(fields))? {
            return Err(Exit::trap(Trap::CastFailure));
        }
        // Not before: it would take a register.
        let offset = fields.add(2).read_volatile();
        Ok(address(object, offset as usize))
    }
}

/// The same, for what has read its operands.
///
/// # Errors
/// A trap.
///
/// # Safety
/// `ty` is a type index of structures, and the offset one of a field of that type.
#[cfg(general)]
#[inline(always)]
pub unsafe fn field_at(machine: &mut Machine, handle: Handle, ty: u32, offset: u16) -> Result<*mut u8, Exit> {
    // SAFETY: as the caller promises; a type below has its fields at the same places.
    unsafe {
        let (token, object) = (token(machine), object(machine, handle, Trap::NullStructReference)?);
        if !is_of_type(machine, token, object, ty)? {
            return Err(Exit::trap(Trap::CastFailure));
        }
        Ok(object.add(offset.into()))
    }
}

macro_rules! struct_gets { ($($(#[$doc:meta])* $name:ident<$($T:ident)?> $load:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<$($T,)? A, D>(PhantomData<($($T,)? A, D)>);
    impl<$($T: Cell,)? A: Read, D: Put> Instruction for $name<$($T,)? A, D> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: reference, type, offset, result. The field is of that width, as `image::verify` has checked.
            unsafe {
                let token = token(machine);
                let handle = A::read::<u32>(machine);
                let place: *const u8 = field(machine, token, handle)?;
                D::put(machine, $load(place));
            }
            Ok(())
        }
    }
)* } }
struct_gets! {
    /// struct.get.
    StructGet<T> |place| T::load(place);
    /// struct.get_s of 8 bits.
    StructGetI8S<> |place: *const u8| i32::from(*place.cast::<i8>());
    /// struct.get_u of 8 bits.
    StructGetI8U<> |place: *const u8| i32::from(*place);
    /// struct.get_s of 16 bits.
    StructGetI16S<> |place: *const u8| i32::from(*place.cast::<i16>());
    /// struct.get_u of 16 bits.
    StructGetI16U<> |place: *const u8| i32::from(*place.cast::<u16>());
}

macro_rules! struct_sets { ($($(#[$doc:meta])* $name:ident<$($T:ident)?> $value:ty, $store:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<$($T,)? A, B>(PhantomData<($($T,)? A, B)>);
    impl<$($T: Cell,)? A: Read, B: Read> Instruction for $name<$($T,)? A, B> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: reference, type, offset, value. The field is of that width, as `image::verify` has checked.
            unsafe {
                let token = token(machine);
                let handle = A::read::<u32>(machine);
                let place = field(machine, token, handle)?;
                let value = B::read::<$value>(machine);
                $store(value, place);
            }
            Ok(())
        }
    }
)* } }
struct_sets! {
    /// struct.set.
    StructSet<T> T, |value: T, place| value.store(place);
    /// struct.set of 8 bits.
    StructSetI8<> u32, |value: u32, place: *mut u8| *place = value as u8;
    /// struct.set of 16 bits.
    StructSetI16<> u32, |value: u32, place: *mut u8| *place.cast::<u16>() = value as u16;
}

/// A place for an object of so many bytes. Without room, leaves the loop with `ip` at the instruction, which stands at `token`.
///
/// # Errors
/// `COLLECT`.
#[inline(always)]
fn take(machine: &mut Machine, token: *const u16, bytes: u32) -> Result<(Handle, *mut u8), Exit> {
    // SAFETY: the context outlives the run, and nothing else refers to it now.
    let cx = unsafe { &mut *machine.cx };
    match cx.heap.take(bytes) {
        Some(handle) => Ok((handle, cx.heap.base.wrapping_add(handle as usize))),
        None => {
            cx.request.delta = u64::from(bytes);
            machine.ip = token;
            Err(Exit::COLLECT)
        }
    }
}

/// The token of the instruction being executed.
///
/// # Safety
/// `ip` is right behind it.
#[inline(always)]
unsafe fn token(machine: &Machine) -> *const u16 {
    // SAFETY: as the caller promises.
    unsafe { machine.ip.sub(1) }
}

/// Zeroes what an object has behind its first bytes.
///
/// # Safety
/// It is a new object of so many bytes.
#[inline(always)]
unsafe fn zero(object: *mut u8, from: u32, bytes: u32) {
    // SAFETY: as the caller promises; sizes are multiples of 8, and headers of 4.
    unsafe {
        let mut at = from;
        while at < bytes {
            0_u32.store(object.add(at as usize));
            at += 4;
        }
    }
}

/// struct.new of data and references that stand in cells.
pub struct StructNew<D>(PhantomData<D>);
impl<D: Put> Instruction for StructNew<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: type, data, references, result. As many cells as the type has words of each are there, as `image::verify` has checked, and
        // that there are at most 32.
        unsafe {
            let token = token(machine);
            let ty = machine.next32();
            let descriptor = functions::descriptor_of(machine.context(), ty);
            let (bytes, mut refs) = {
                let layout = layout(machine, descriptor);
                (layout.bytes, layout.refs)
            };
            let (handle, object) = take(machine, token, bytes)?;
            descriptor.store(object);
            let (mut data, mut references) = (machine.slot(), machine.slot());
            let mut at = HEADER_BYTES as usize;
            while at < bytes as usize {
                let from = if refs & 1 != 0 { &mut references } else { &mut data };
                u32::load(*from).store(object.add(at));
                *from = from.add(4);
                refs >>= 1;
                at += 4;
            }
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// struct.new_default.
pub struct StructNewDefault<D>(PhantomData<D>);
impl<D: Put> Instruction for StructNewDefault<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: type, result.
        unsafe {
            let token = token(machine);
            let ty = machine.next32();
            let descriptor = functions::descriptor_of(machine.context(), ty);
            let bytes = layout(machine, descriptor).bytes;
            let (handle, object) = take(machine, token, bytes)?;
            descriptor.store(object);
            zero(object, HEADER_BYTES, bytes);
            D::put(machine, handle);
        }
        Ok(())
    }
}
