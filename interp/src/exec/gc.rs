//! Handlers of structures, arrays, i31 and casts.
//!
//! Every access looks at its object: the descriptor of a structure has to be that of the type that the instruction names, or of one below; an
//! array has to hold what the instruction moves. What allocates takes all operands before, and writes all of the new object before anything
//! else can see it; where there is no room it leaves the loop, and is executed again. Fuel is charged only then, so that it does not depend on the heap.

use super::{
    Instruction, functions, handle,
    machine::{Cell, Exit, Flow, Handle, Machine, Put, Read, Slot, address},
    memory::charge,
    numeric::branch_if,
};
use crate::{
    gc::{
        Kind, Layout,
        layout::{ARRAY_HEADER_BYTES, HEADER_BYTES, Storage, array_bytes},
    },
    trap::Trap,
};
use core::marker::PhantomData;

/// Where an array has its length.
const LENGTH: usize = 8;

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
    Ok(machine.context().heap.base.wrapping_add(handle as usize))
}

/// What a descriptor stands for.
///
/// # Safety
/// It is one of this store.
#[inline(always)]
unsafe fn layout(machine: &Machine, descriptor: u32) -> &Layout {
    // SAFETY: as the caller promises.
    unsafe { &*machine.context().layouts.add(descriptor as usize) }
}

/// Whether an object is of a type of the current instance, or of one below.
///
/// # Safety
/// It is one of this store; `ty` is a type index of the current instance, of structures or arrays.
#[inline(always)]
unsafe fn is_of_type(machine: &Machine, object: *const u8, ty: u32) -> bool {
    // SAFETY: as the caller promises; an object begins with its descriptor.
    unsafe {
        let descriptor = u32::load(object);
        descriptor == functions::descriptor_of(machine.context(), ty) || {
            let layout = layout(machine, descriptor);
            layout.kind != Kind::Exception && functions::is_owner_below(machine.context(), layout.owner, ty)
        }
    }
}

/// The structure that a reference refers to, with the offset of a field: fields are type and offset.
///
/// # Safety
/// The next fields are a type index of structures, and the offset of a field of that type.
#[inline(always)]
unsafe fn field(machine: &mut Machine, handle: Handle) -> Result<*mut u8, Exit> {
    // SAFETY: as the caller promises; a type below has its fields at the same places.
    unsafe {
        let (ty, offset) = (machine.next32(), machine.next16());
        let object = object(machine, handle, Trap::NullStructReference)?;
        if !is_of_type(machine, object, ty) {
            return Err(Exit::trap(Trap::CastFailure));
        }
        Ok(address(object, offset as usize))
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
                let handle = A::read::<u32>(machine);
                let place: *const u8 = field(machine, handle)?;
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
                let handle = A::read::<u32>(machine);
                let place = field(machine, handle)?;
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

/// A new array of a type of the current instance: its handle, its first element, the size of one. The header is written, elements are not.
///
/// # Errors
/// `OutOfHeap` if it cannot be that large; `COLLECT`.
///
/// # Safety
/// `ty` is a type index of arrays of the current instance.
#[inline(always)]
unsafe fn new_array(
    machine: &mut Machine,
    token: *const u16,
    ty: u32,
    len: u32,
) -> Result<(Handle, *mut u8, u32), Exit> {
    // SAFETY: as the caller promises; an array has its length behind the collector's word.
    unsafe {
        let descriptor = functions::descriptor_of(machine.context(), ty);
        let element_bytes = layout(machine, descriptor).bytes;
        let Some(bytes) = array_bytes(element_bytes, len) else { return Err(Exit::trap(Trap::OutOfHeap)) };
        let (handle, object) = take(machine, token, bytes)?;
        descriptor.store(object);
        len.store(object.add(LENGTH));
        Ok((handle, object.add(ARRAY_HEADER_BYTES as usize), element_bytes))
    }
}

/// Fills elements with a value, of which as many bytes count as one has.
///
/// # Safety
/// So many elements of so many bytes are at `place`.
#[inline(always)]
unsafe fn fill(place: *mut u8, len: u32, element_bytes: u32, bits: u64) {
    // SAFETY: as the caller promises. Elements of 4 and 8 bytes are aligned to 4.
    unsafe {
        for i in 0..len as usize {
            match element_bytes {
                1 => *place.add(i) = bits as u8,
                2 => *place.cast::<u16>().add(i) = bits as u16,
                4 => (bits as u32).store(place.add(4 * i)),
                _ => (bits as i64).store(place.add(8 * i)),
            }
        }
    }
}

/// A value as bits, to fill with.
pub trait Bits: Cell {
    /// Zero-extended.
    fn bits(self) -> u64;
    /// Whether elements of this storage can be filled with it.
    fn fits(storage: Storage) -> bool;
}
impl Bits for i32 {
    #[inline(always)]
    fn bits(self) -> u64 {
        u64::from(self as u32)
    }
    #[inline(always)]
    fn fits(storage: Storage) -> bool {
        matches!(storage, Storage::I8 | Storage::I16 | Storage::I32 | Storage::F32)
    }
}
impl Bits for i64 {
    #[inline(always)]
    fn bits(self) -> u64 {
        self as u64
    }
    #[inline(always)]
    fn fits(storage: Storage) -> bool {
        matches!(storage, Storage::I64 | Storage::F64)
    }
}
impl Bits for u32 {
    #[inline(always)]
    fn bits(self) -> u64 {
        u64::from(self)
    }
    #[inline(always)]
    fn fits(storage: Storage) -> bool {
        storage == Storage::Ref
    }
}

/// array.new.
pub struct ArrayNew<T, A, B, D>(PhantomData<(T, A, B, D)>);
impl<T: Bits, A: Read, B: Read, D: Put> Instruction for ArrayNew<T, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: value, length, type, result. The type's elements are of the value's kind, as `image::verify` has checked.
        unsafe {
            let token = token(machine);
            let value = A::read::<T>(machine);
            let len = B::read::<u32>(machine);
            let ty = machine.next32();
            let (handle, elements, element_bytes) = new_array(machine, token, ty, len)?;
            charge(&mut *machine.cx, u64::from(len / 16))?;
            fill(elements, len, element_bytes, value.bits());
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// array.new_default.
pub struct ArrayNewDefault<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for ArrayNewDefault<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: length, type, result.
        unsafe {
            let token = token(machine);
            let len = A::read::<u32>(machine);
            let ty = machine.next32();
            let (handle, elements, element_bytes) = new_array(machine, token, ty, len)?;
            charge(&mut *machine.cx, u64::from(len / 16))?;
            elements.write_bytes(0, (len * element_bytes) as usize);
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// array.new_fixed of data.
pub struct ArrayNewFixed<D>(PhantomData<D>);
impl<D: Put> Instruction for ArrayNewFixed<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: type, length, first cell, result. The cells hold as many elements, as `image::verify` has checked.
        unsafe {
            let token = token(machine);
            let (ty, len) = (machine.next32(), u32::from(machine.next16()));
            let (handle, elements, element_bytes) = new_array(machine, token, ty, len)?;
            let mut cell = machine.slot();
            for i in 0..len as usize {
                match element_bytes {
                    1 => *elements.add(i) = u32::load(cell) as u8,
                    2 => *elements.cast::<u16>().add(i) = u32::load(cell) as u16,
                    4 => u32::load(cell).store(elements.add(4 * i)),
                    _ => {
                        i64::load(cell).store(elements.add(8 * i));
                        cell = cell.add(4);
                    }
                }
                cell = cell.add(4);
            }
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// array.new_fixed of references.
pub struct ArrayNewFixedRef<D>(PhantomData<D>);
impl<D: Put> Instruction for ArrayNewFixedRef<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as for `ArrayNewFixed`; cells and elements are of one size.
        unsafe { ArrayNewFixed::<D>::run(machine) }
    }
}

/// array.new_data.
pub struct ArrayNewData<A, B, D>(PhantomData<(A, B, D)>);
impl<A: Read, B: Read, D: Put> Instruction for ArrayNewData<A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: offset, length, type, segment, result. The type's elements are data, as `image::verify` has checked; the range is checked first.
        unsafe {
            let token = token(machine);
            let (offset, len) = (A::read::<u32>(machine), B::read::<u32>(machine));
            let (ty, segment) = (machine.next32(), machine.next32());
            let segment = *machine.context().spaces.datas.add(segment as usize);
            let element_bytes = layout(machine, functions::descriptor_of(machine.context(), ty)).bytes;
            let bytes = u64::from(len) * u64::from(element_bytes);
            if u64::from(offset) + bytes > u64::from(segment.len) {
                return Err(Exit::trap(Trap::MemoryOutOfBounds));
            }
            let (handle, elements, _) = new_array(machine, token, ty, len)?;
            charge(&mut *machine.cx, u64::from(len / 16))?;
            elements.copy_from_nonoverlapping(segment.base.wrapping_add(offset as usize), bytes as usize);
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// Whether so many elements from a place on are inside of so many.
#[inline(always)]
fn range(start: u32, count: u32, len: u32) -> bool {
    u64::from(start) + u64::from(count) <= u64::from(len)
}

/// array.new_elem.
pub struct ArrayNewElem<A, B, D>(PhantomData<(A, B, D)>);
impl<A: Read, B: Read, D: Put> Instruction for ArrayNewElem<A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: offset, length, type, segment, result. The type's elements are references, as `image::verify` has checked; the range is
        // checked first.
        unsafe {
            let token = token(machine);
            let (offset, len) = (A::read::<u32>(machine), B::read::<u32>(machine));
            let (ty, segment) = (machine.next32(), machine.next32());
            let segment = *machine.context().spaces.elems.add(segment as usize);
            if !range(offset, len, segment.len) {
                return Err(Exit::trap(Trap::TableOutOfBounds));
            }
            let (handle, elements, _) = new_array(machine, token, ty, len)?;
            charge(&mut *machine.cx, u64::from(len / 16))?;
            elements.cast::<u32>().copy_from(segment.base.wrapping_add(offset as usize), len as usize);
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// The array that a reference refers to: length, first element.
///
/// # Errors
/// `NullArrayReference`; `CastFailure` if it is no array of such elements, which a valid module does not do.
///
/// # Safety
/// The reference stems from a reference cell.
#[inline(always)]
unsafe fn array(
    machine: &Machine,
    handle: Handle,
    fits: impl FnOnce(Storage) -> bool,
) -> Result<(u32, *mut u8, u32), Exit> {
    // SAFETY: handles lead to objects of this store, which begin with their descriptors.
    unsafe {
        let object = object(machine, handle, Trap::NullArrayReference)?;
        let layout = layout(machine, u32::load(object));
        if layout.kind != Kind::Array || !fits(layout.element) {
            return Err(Exit::trap(Trap::CastFailure));
        }
        Ok((u32::load(object.add(LENGTH)), object.add(ARRAY_HEADER_BYTES as usize), layout.bytes))
    }
}

const OUT_OF_BOUNDS: Exit = Exit::trap(Trap::ArrayOutOfBounds);

/// Place of the element of an array, of so many bytes.
///
/// # Safety
/// As for [`array`].
#[inline(always)]
unsafe fn element(machine: &Machine, handle: Handle, index: u32, storage: Storage) -> Result<*mut u8, Exit> {
    // SAFETY: as the caller promises; the index is checked against the length.
    unsafe {
        let (len, elements, _) = array(machine, handle, |found| found == storage)?;
        if index >= len {
            return Err(OUT_OF_BOUNDS);
        }
        Ok(address(elements, index as usize * storage.bytes() as usize))
    }
}

/// A value with what holds it in objects.
pub trait Stored: Cell {
    /// What that is.
    const STORAGE: Storage;
}
impl Stored for i32 {
    const STORAGE: Storage = Storage::I32;
}
impl Stored for i64 {
    const STORAGE: Storage = Storage::I64;
}
impl Stored for f32 {
    const STORAGE: Storage = Storage::F32;
}
impl Stored for f64 {
    const STORAGE: Storage = Storage::F64;
}
impl Stored for u32 {
    const STORAGE: Storage = Storage::Ref;
}

macro_rules! array_gets { ($($(#[$doc:meta])* $name:ident<$($T:ident)?> $storage:expr, $load:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<$($T,)? A, B, D>(PhantomData<($($T,)? A, B, D)>);
    impl<$($T: Stored,)? A: Read, B: Read, D: Put> Instruction for $name<$($T,)? A, B, D> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: reference, index, result. Both are checked here.
            unsafe {
                let handle = A::read::<u32>(machine);
                let index = B::read::<u32>(machine);
                let place: *const u8 = element(machine, handle, index, $storage)?;
                D::put(machine, $load(place));
            }
            Ok(())
        }
    }
)* } }
array_gets! {
    /// array.get.
    ArrayGet<T> T::STORAGE, |place| T::load(place);
    /// array.get_s of 8 bits.
    ArrayGetI8S<> Storage::I8, |place: *const u8| i32::from(*place.cast::<i8>());
    /// array.get_u of 8 bits.
    ArrayGetI8U<> Storage::I8, |place: *const u8| i32::from(*place);
    /// array.get_s of 16 bits.
    ArrayGetI16S<> Storage::I16, |place: *const u8| i32::from(*place.cast::<i16>());
    /// array.get_u of 16 bits.
    ArrayGetI16U<> Storage::I16, |place: *const u8| i32::from(*place.cast::<u16>());
}

macro_rules! array_sets { ($($(#[$doc:meta])* $name:ident<$($T:ident)?> $value:ty, $storage:expr, $store:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<$($T,)? A, B, C>(PhantomData<($($T,)? A, B, C)>);
    impl<$($T: Stored,)? A: Read, B: Read, C: Read> Instruction for $name<$($T,)? A, B, C> {
        #[inline(always)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: fields: reference, index, value. The first two are checked here.
            unsafe {
                let handle = A::read::<u32>(machine);
                let index = B::read::<u32>(machine);
                let place = element(machine, handle, index, $storage)?;
                let value = C::read::<$value>(machine);
                $store(value, place);
            }
            Ok(())
        }
    }
)* } }
array_sets! {
    /// array.set.
    ArraySet<T> T, T::STORAGE, |value: T, place| value.store(place);
    /// array.set of 8 bits.
    ArraySetI8<> i32, Storage::I8, |value: i32, place: *mut u8| *place = value as u8;
    /// array.set of 16 bits.
    ArraySetI16<> i32, Storage::I16, |value: i32, place: *mut u8| *place.cast::<u16>() = value as u16;
}

/// array.len.
pub struct ArrayLen<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for ArrayLen<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, result.
        unsafe {
            let handle = A::read::<u32>(machine);
            let (len, ..) = array(machine, handle, |_| true)?;
            D::put(machine, len as i32);
        }
        Ok(())
    }
}

/// array.fill.
pub struct ArrayFill<T, A, B, C, L>(PhantomData<(T, A, B, C, L)>);
impl<T: Bits> Instruction for ArrayFill<T, Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, index, value, length. The range is checked first.
        unsafe {
            let (handle, start): (u32, u32) = (machine.read(), machine.read());
            let value: T = machine.read();
            let count: u32 = machine.read();
            let (len, elements, element_bytes) = array(machine, handle, T::fits)?;
            if !range(start, count, len) {
                return Err(OUT_OF_BOUNDS);
            }
            charge(&mut *machine.cx, u64::from(count / 16))?;
            fill(elements.add(start as usize * element_bytes as usize), count, element_bytes, value.bits());
        }
        Ok(())
    }
}

/// array.copy.
pub struct ArrayCopy<A, B, C, D, L>(PhantomData<(A, B, C, D, L)>);
impl Instruction for ArrayCopy<Slot, Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both references with their indices, length. Elements of both are the same; both ranges are checked first, and may
        // overlap.
        unsafe {
            let (to, to_start): (u32, u32) = (machine.read(), machine.read());
            let (from, from_start): (u32, u32) = (machine.read(), machine.read());
            let count: u32 = machine.read();
            let mut storage = Storage::I8;
            let (to_len, to, element_bytes) = array(machine, to, |found| {
                storage = found;
                true
            })?;
            let (from_len, from, _) = array(machine, from, |found| found == storage)?;
            if !range(to_start, count, to_len) || !range(from_start, count, from_len) {
                return Err(OUT_OF_BOUNDS);
            }
            charge(&mut *machine.cx, u64::from(count / 16))?;
            let bytes = element_bytes as usize;
            to.add(to_start as usize * bytes).copy_from(from.add(from_start as usize * bytes), count as usize * bytes);
        }
        Ok(())
    }
}

/// array.init_data.
pub struct ArrayInitData<A, B, C, L>(PhantomData<(A, B, C, L)>);
impl Instruction for ArrayInitData<Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, index, offset, length, segment. Elements are data; both ranges are checked first.
        unsafe {
            let (handle, start): (u32, u32) = (machine.read(), machine.read());
            let (offset, count): (u32, u32) = (machine.read(), machine.read());
            let segment = machine.next32();
            let segment = *machine.context().spaces.datas.add(segment as usize);
            let (len, elements, element_bytes) = array(machine, handle, |found| found != Storage::Ref)?;
            if !range(start, count, len) {
                return Err(OUT_OF_BOUNDS);
            }
            let bytes = u64::from(count) * u64::from(element_bytes);
            if u64::from(offset) + bytes > u64::from(segment.len) {
                return Err(Exit::trap(Trap::MemoryOutOfBounds));
            }
            charge(&mut *machine.cx, u64::from(count / 16))?;
            let to = elements.add(start as usize * element_bytes as usize);
            to.copy_from_nonoverlapping(segment.base.wrapping_add(offset as usize), bytes as usize);
        }
        Ok(())
    }
}

/// array.init_elem.
pub struct ArrayInitElem<A, B, C, L>(PhantomData<(A, B, C, L)>);
impl Instruction for ArrayInitElem<Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, index, offset, length, segment. Elements are references; both ranges are checked first.
        unsafe {
            let (handle, start): (u32, u32) = (machine.read(), machine.read());
            let (offset, count): (u32, u32) = (machine.read(), machine.read());
            let segment = machine.next32();
            let segment = *machine.context().spaces.elems.add(segment as usize);
            let (len, elements, _) = array(machine, handle, |found| found == Storage::Ref)?;
            if !range(start, count, len) {
                return Err(OUT_OF_BOUNDS);
            }
            if !range(offset, count, segment.len) {
                return Err(Exit::trap(Trap::TableOutOfBounds));
            }
            charge(&mut *machine.cx, u64::from(count / 16))?;
            let to = elements.cast::<u32>().add(start as usize);
            to.copy_from(segment.base.wrapping_add(offset as usize), count as usize);
        }
        Ok(())
    }
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
/// # Safety
/// The reference stems from a reference cell; the coding is one of a type, its index one of the current instance.
#[inline(always)]
unsafe fn is_of(machine: &Machine, handle: Handle, word: u32) -> bool {
    if handle == 0 {
        return word & 0x40 != 0;
    }
    let code = word & 0x3f;
    // SAFETY: handles lead to objects and functions of this store.
    unsafe {
        if code == 0x23 {
            return match handle & 7 {
                0 => is_of_type(machine, machine.context().heap.base.wrapping_add(handle as usize), word >> 8),
                _ => handle::to_func(handle)
                    .is_some_and(|function| functions::is_of_type(machine.context(), function, word >> 8)),
            };
        }
        let class = match handle & 7 {
            0 => {
                let object = machine.context().heap.base.wrapping_add(handle as usize);
                match layout(machine, u32::load(object)).kind {
                    Kind::Struct => class::STRUCT,
                    Kind::Array => class::ARRAY,
                    Kind::Exception => class::EXN,
                }
            }
            0b010 => class::FUNC,
            0b100 => class::EXTERN,
            _ => class::I31,
        };
        HEAP_TYPES[(code as usize).wrapping_sub(0x29) & 15] & class != 0
    }
}

/// Whether the reference in the next field is of the type in those behind.
///
/// # Safety
/// The next fields are a reference and the coding of a reference type.
#[inline(always)]
unsafe fn test<A: Read>(machine: &mut Machine) -> bool {
    // SAFETY: as the caller promises; `image::verify` has checked the coding.
    unsafe {
        let handle = A::read::<u32>(machine);
        let word = machine.next32();
        is_of(machine, handle, word)
    }
}

/// ref.test.
pub struct RefTest<A, D>(PhantomData<(A, D)>);
impl<A: Read, D: Put> Instruction for RefTest<A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, result.
        unsafe {
            let is_of = test::<A>(machine);
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
        if unsafe { test::<A>(machine) } { Ok(()) } else { Err(Exit::trap(Trap::CastFailure)) }
    }
}

/// br_on_cast.
pub struct BranchOnCast<A>(PhantomData<A>);
impl<A: Read> Instruction for BranchOnCast<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, type, target.
        unsafe {
            let is_taken = test::<A>(machine);
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
            let is_taken = !test::<A>(machine);
            branch_if(machine, is_taken)
        }
    }
}
