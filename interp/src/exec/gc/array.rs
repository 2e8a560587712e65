//! Handlers of arrays. An array's layout says what its elements are, and that is compared with what the instruction moves.

use super::{layout, object, tag, take, token};
use crate::{
    exec::{
        Instruction, functions,
        machine::{Cell, Exit, Flow, Handle, Machine, Put, Read, Slot, address},
        memory::charge,
    },
    gc::{
        Kind,
        heap::ARRAY_TAG,
        layout::{ARRAY_HEADER_BYTES, Storage, array_bytes},
    },
    trap::Trap,
};
use core::marker::PhantomData;

/// Where an array has its length.
const LENGTH: usize = 8;

/// A new array of a type of the current instance: its handle, its first element, the size of one. The header is written, elements are not.
/// Fuel for them is charged.
///
/// # Errors
/// `OutOfHeap` if it cannot be that large; `COLLECT`; what [`charge`] says.
///
/// # Safety
/// `ty` is a type index of arrays of the current instance.
#[cfg_attr(general, inline(never))]
#[cfg_attr(not(general), inline(always))]
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
        charge(&mut *machine.cx, u64::from(len / 16))?;
        Ok((handle, object.add(ARRAY_HEADER_BYTES as usize), element_bytes))
    }
}

/// What elements may hold: a bit for each [`Storage`].
type Storages = u32;

const fn storages(of: &[Storage]) -> Storages {
    let (mut bits, mut i) = (0, 0);
    while i < of.len() {
        bits |= 1 << of[i] as u32;
        i += 1;
    }
    bits
}

/// Only references.
const REFERENCES: Storages = storages(&[Storage::Ref]);

/// A value that a range of elements can be filled with.
pub trait Fill: Cell {
    /// What elements can hold that.
    const FITS: Storages;
    /// Fills elements; of the value as many bytes count as an element has.
    ///
    /// # Safety
    /// So many elements of so many bytes, of a storage that fits, are at `place`.
    unsafe fn fill(self, place: *mut u8, len: u32, element_bytes: u32);
}

/// Fills cells.
///
/// # Safety
/// So many cells as `len` values have are at `place`, which is aligned to one.
#[inline(always)]
unsafe fn fill_cells<T: Cell>(value: T, place: *mut u8, len: u32) {
    for i in 0..len as usize {
        // SAFETY: as the caller promises.
        unsafe { value.store(place.add(size_of::<T>() * i)) };
    }
}

impl Fill for i32 {
    const FITS: Storages = storages(&[Storage::I8, Storage::I16, Storage::I32, Storage::F32]);
    #[inline(always)]
    unsafe fn fill(self, place: *mut u8, len: u32, element_bytes: u32) {
        // SAFETY: as the caller promises. Elements of 2 bytes are aligned to 2.
        unsafe {
            match element_bytes {
                1 => place.write_bytes(self as u8, len as usize),
                2 => (0..len as usize).for_each(|i| *place.cast::<u16>().add(i) = self as u16),
                _ => fill_cells(self, place, len),
            }
        }
    }
}

macro_rules! fills { ($($(#[$attr:meta])* $T:ty => $($storage:ident)+,)*) => { $(
    $(#[$attr])*
    impl Fill for $T {
        const FITS: Storages = storages(&[$(Storage::$storage),+]);
        #[inline(always)]
        unsafe fn fill(self, place: *mut u8, len: u32, _: u32) {
            // SAFETY: as the caller promises.
            unsafe { fill_cells(self, place, len) };
        }
    }
)* } }
fills! {
    i64 => I64 F64,
    Handle => Ref,
    #[cfg(feature = "simd")]
    crate::num::V128 => V128,
}

/// array.new.
pub struct ArrayNew<T, A, B, D>(PhantomData<(T, A, B, D)>);
impl<T: Fill, A: Read, B: Read, D: Put> Instruction for ArrayNew<T, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: value, length, type, result. The type's elements are of the value's kind, as `image::verify` has checked.
        unsafe {
            let token = token(machine);
            let value = A::read::<T>(machine);
            let len = B::read::<u32>(machine);
            let ty = machine.next32();
            let (handle, elements, element_bytes) = new_array(machine, token, ty, len)?;
            value.fill(elements, len, element_bytes);
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
            let cells = machine.slot();
            for i in 0..len as usize {
                let value = u32::load(cells.add(4 * i));
                match element_bytes {
                    1 => *elements.add(i) = value as u8,
                    2 => *elements.cast::<u16>().add(i) = value as u16,
                    _ => break,
                }
            }
            if element_bytes >= 4 {
                let words = (len * element_bytes / 4) as usize;
                (0..words).for_each(|i| u32::load(cells.add(4 * i)).store(elements.add(4 * i)));
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

/// A range of a data segment, as the next field names it.
///
/// # Errors
/// `MemoryOutOfBounds`.
///
/// # Safety
/// The next field is a data segment.
#[inline(always)]
unsafe fn data(machine: &mut Machine, offset: u32, bytes: u64) -> Result<*const u8, Exit> {
    // SAFETY: `image::verify` has checked the index; the range is checked here.
    unsafe {
        let segment = machine.next32();
        let segment = *machine.context().spaces.datas.add(segment as usize);
        if u64::from(offset) + bytes > u64::from(segment.len) {
            return Err(Exit::trap(Trap::MemoryOutOfBounds));
        }
        Ok(segment.base.wrapping_add(offset as usize))
    }
}

/// A range of an element segment, as the next field names it.
///
/// # Errors
/// `TableOutOfBounds`.
///
/// # Safety
/// The next field is an element segment.
#[inline(always)]
unsafe fn elem(machine: &mut Machine, offset: u32, count: u32) -> Result<*const Handle, Exit> {
    // SAFETY: `image::verify` has checked the index; the range is checked here.
    unsafe {
        let segment = machine.next32();
        let segment = *machine.context().spaces.elems.add(segment as usize);
        if !is_inside(offset, count, segment.len) {
            return Err(Exit::trap(Trap::TableOutOfBounds));
        }
        Ok(segment.base.wrapping_add(offset as usize))
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
            let ty = machine.next32();
            let element_bytes = layout(machine, functions::descriptor_of(machine.context(), ty)).bytes;
            let bytes = u64::from(len) * u64::from(element_bytes);
            let from = data(machine, offset, bytes)?;
            let (handle, elements, _) = new_array(machine, token, ty, len)?;
            elements.copy_from_nonoverlapping(from, bytes as usize);
            D::put(machine, handle);
        }
        Ok(())
    }
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
            let ty = machine.next32();
            let from = elem(machine, offset, len)?;
            let (handle, elements, _) = new_array(machine, token, ty, len)?;
            elements.cast::<Handle>().copy_from(from, len as usize);
            D::put(machine, handle);
        }
        Ok(())
    }
}

/// Whether so many elements from a place on are inside of so many.
#[inline(always)]
fn is_inside(start: u32, count: u32, len: u32) -> bool {
    u64::from(start) + u64::from(count) <= u64::from(len)
}

/// The first of so many elements of an array, from an index on; the bytes of one, and what it holds.
///
/// # Errors
/// `NullArrayReference`; `CastFailure` if it is no array of such elements, which a valid module does not do; `ArrayOutOfBounds`.
///
/// # Safety
/// The reference stems from a reference cell.
#[cfg_attr(general, inline(never))]
#[cfg_attr(not(general), inline(always))]
unsafe fn range(
    machine: &Machine,
    (handle, start): (Handle, u32),
    count: u32,
    fits: Storages,
) -> Result<(*mut u8, u32, Storage), Exit> {
    // SAFETY: handles lead to objects of this store, which begin with their descriptors; the range is checked here.
    unsafe {
        let object = object(machine, handle, Trap::NullArrayReference)?;
        let layout = layout(machine, u32::load(object));
        if layout.kind != Kind::Array || fits >> layout.element as u32 & 1 == 0 {
            return Err(Exit::trap(Trap::CastFailure));
        }
        if !is_inside(start, count, u32::load(object.add(LENGTH))) {
            return Err(OUT_OF_BOUNDS);
        }
        let elements = object.add(ARRAY_HEADER_BYTES as usize);
        Ok((elements.add(start as usize * layout.bytes as usize), layout.bytes, layout.element))
    }
}

const OUT_OF_BOUNDS: Exit = Exit::trap(Trap::ArrayOutOfBounds);

/// Place of the element of an array, of so many bytes.
///
/// # Errors
/// As [`array`]; `ArrayOutOfBounds`.
///
/// # Safety
/// As for [`array`].
#[inline(always)]
unsafe fn element(machine: &Machine, handle: Handle, index: u32, storage: Storage) -> Result<*mut u8, Exit> {
    // SAFETY: as the caller promises.
    unsafe { element_at(machine, handle, index, (storage as u32, storage.bytes().trailing_zeros() as u8)) }
}

/// The same; the storage is a number, with the power of two that its bytes are.
///
/// # Errors
/// As `element`.
///
/// # Safety
/// As for `element`.
#[inline(always)]
pub unsafe fn element_at(
    machine: &Machine,
    handle: Handle,
    index: u32,
    (storage, bytes_log2): (u32, u8),
) -> Result<*mut u8, Exit> {
    // SAFETY: handles lead to objects of this store, which begin with their descriptors; the index is checked against the length.
    unsafe {
        let object = object(machine, handle, Trap::NullArrayReference)?;
        if tag(object) != ARRAY_TAG + storage {
            return Err(Exit::trap(Trap::CastFailure));
        }
        if index >= u32::load(object.add(LENGTH)) {
            return Err(OUT_OF_BOUNDS);
        }
        Ok(address(object, (index as usize) << bytes_log2).add(ARRAY_HEADER_BYTES as usize))
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
#[cfg(feature = "simd")]
impl Stored for crate::num::V128 {
    const STORAGE: Storage = Storage::V128;
}
impl Stored for Handle {
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
                let handle = A::read::<Handle>(machine);
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
                let handle = A::read::<Handle>(machine);
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
            let handle = A::read::<Handle>(machine);
            let object = object(machine, handle, Trap::NullArrayReference)?;
            if tag(object) < ARRAY_TAG {
                return Err(Exit::trap(Trap::CastFailure));
            }
            D::put(machine, i32::load(object.add(LENGTH)));
        }
        Ok(())
    }
}

/// array.fill.
pub struct ArrayFill<T, A, B, C, L>(PhantomData<(T, A, B, C, L)>);
impl<T: Fill> Instruction for ArrayFill<T, Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: reference, index, value, length. The range is checked first.
        unsafe {
            let array = (machine.read(), machine.read());
            let value: T = machine.read();
            let count: u32 = machine.read();
            let (place, element_bytes, _) = range(machine, array, count, T::FITS)?;
            charge(&mut *machine.cx, u64::from(count / 16))?;
            value.fill(place, count, element_bytes);
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
            let (to, from) = ((machine.read(), machine.read()), (machine.read(), machine.read()));
            let count: u32 = machine.read();
            let (to, element_bytes, storage) = range(machine, to, count, Storages::MAX)?;
            let (from, ..) = range(machine, from, count, storages(&[storage]))?;
            charge(&mut *machine.cx, u64::from(count / 16))?;
            to.copy_from(from, count as usize * element_bytes as usize);
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
            let array = (machine.read(), machine.read());
            let (offset, count): (u32, u32) = (machine.read(), machine.read());
            let (to, element_bytes, _) = range(machine, array, count, !REFERENCES)?;
            let bytes = u64::from(count) * u64::from(element_bytes);
            let from = data(machine, offset, bytes)?;
            charge(&mut *machine.cx, u64::from(count / 16))?;
            to.copy_from_nonoverlapping(from, bytes as usize);
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
            let array = (machine.read(), machine.read());
            let (offset, count): (u32, u32) = (machine.read(), machine.read());
            let (to, ..) = range(machine, array, count, REFERENCES)?;
            let from = elem(machine, offset, count)?;
            charge(&mut *machine.cx, u64::from(count / 16))?;
            to.cast::<Handle>().copy_from(from, count as usize);
        }
        Ok(())
    }
}
