//! Handlers of loads, stores and the bulk memory operators.
//!
//! Linear memory is touched through `place`, one bounds check, and nowhere else. Bulk operators check their whole range
//! first, as the specification asks since bulk memory.

use super::{
    Instruction,
    context::{Context, MemoryEntity},
    machine::{Cell, Exit, Flow, Machine, Put, Read, Slot},
    numeric::Access,
    rodata,
};
use crate::trap::Trap;
use core::marker::PhantomData;

/// A type in linear memory that loads as `V` and is stored from it.
pub trait Scalar<V>: Copy {
    /// Extended to the value.
    fn extend(self) -> V;
    /// The low bits of the value.
    fn wrap(value: V) -> Self;
}

macro_rules! scalar { ($($memory:ty => $value:ty),*) => { $(
    impl Scalar<$value> for $memory {
        #[inline(always)]
        fn extend(self) -> $value { self as $value }
        #[inline(always)]
        fn wrap(value: $value) -> $memory { value as $memory }
    }
)* } }
scalar!(i8 => i32, u8 => i32, i16 => i32, u16 => i32, i32 => i32, i8 => i64, u8 => i64, i16 => i64, u16 => i64, i32 => i64, u32 => i64, i64 => i64, f32 => f32, f64 => f64);

/// An address in a memory, an index in a table, or a number of bytes or elements: an i32, or an i64 where the type of the memory or
/// table says so.
pub trait Index: Cell {
    /// The number, which is unsigned.
    fn number(self) -> u64;
    /// The number, or the largest of 32 bits, which is no index in any table.
    fn saturated(self) -> u32;
}

/// An address in a memory.
pub trait Address: Index {
    /// A constant that is added to it, as large as there are.
    type Offset: From<u32> + Copy;
    /// Reads such a constant.
    ///
    /// # Safety
    /// The current instruction has this field here.
    unsafe fn read_offset(machine: &mut Machine) -> Self::Offset;
    /// The sum of two numbers as an address.
    fn sum(self, other: Self) -> Self;
    /// Where an access begins; a sum that is too large is no place in any memory.
    fn start(self, offset: Self::Offset) -> usize;
    /// Place of `size` bytes at this address and offset in a memory of `len` bytes.
    fn place(self, base: *mut u8, len: usize, offset: Self::Offset, size: usize) -> Option<*mut u8>;
    /// The same in memory 0.
    fn place_near(self, machine: &Machine, offset: u32, size: usize) -> Option<*mut u8>;
}

impl Index for i32 {
    #[inline(always)]
    fn number(self) -> u64 {
        u64::from(self as u32)
    }
    #[inline(always)]
    fn saturated(self) -> u32 {
        self as u32
    }
}

impl Address for i32 {
    type Offset = u32;
    #[inline(always)]
    unsafe fn read_offset(machine: &mut Machine) -> u32 {
        // SAFETY: as the caller promises.
        unsafe { machine.next32() }
    }
    #[inline(always)]
    fn sum(self, other: i32) -> i32 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn start(self, offset: u32) -> usize {
        if cfg!(target_pointer_width = "64") {
            // No sum can overflow 64 bits.
            self as u32 as usize + offset as usize
        } else {
            (self as u32).saturating_add(offset) as usize
        }
    }
    #[inline(always)]
    fn place(self, base: *mut u8, len: usize, offset: u32, size: usize) -> Option<*mut u8> {
        place(base, len, self as u32, offset, size)
    }
    #[inline(always)]
    fn place_near(self, machine: &Machine, offset: u32, size: usize) -> Option<*mut u8> {
        place_near(machine, self as u32, offset, size)
    }
}

/// How the bytes of a memory are read and written, by plain rows and by those of shared memories.
pub trait Touch {
    /// Reads a value of a type whose bits are all of them valid.
    ///
    /// # Safety
    /// The place is inside of a memory.
    unsafe fn read<M: Copy>(place: *const M) -> M;
    /// Writes a value.
    ///
    /// # Safety
    /// As for [`Touch::read`].
    unsafe fn write<M: Copy>(place: *mut M, value: M);
    /// Bytes of a memory.
    ///
    /// # Safety
    /// The memory exists.
    unsafe fn len(memory: *const MemoryEntity) -> usize;
    /// Place of `size` bytes at an address and an offset in memory 0.
    fn place_near<A: Address>(machine: &Machine, address: A, offset: u32, size: usize) -> Option<*mut u8>;
    /// Whether there may be more beyond the length: see `rodata.rs`.
    const HAS_MORE: bool;
}

/// Of a memory that one thread has.
pub struct Plain;
impl Touch for Plain {
    const HAS_MORE: bool = true;
    #[inline(always)]
    unsafe fn read<M: Copy>(place: *const M) -> M {
        // SAFETY: the caller promises a place, which nothing else touches.
        unsafe { place.read_unaligned() }
    }
    #[inline(always)]
    unsafe fn write<M: Copy>(place: *mut M, value: M) {
        // SAFETY: as in `read`.
        unsafe { place.write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn len(memory: *const MemoryEntity) -> usize {
        // SAFETY: as the caller promises.
        unsafe { (*memory).len }
    }
    #[inline(always)]
    fn place_near<A: Address>(machine: &Machine, address: A, offset: u32, size: usize) -> Option<*mut u8> {
        address.place_near(machine, offset, size)
    }
}

/// Address of `size` bytes at `address + offset` in a memory of `len` bytes.
#[inline(always)]
fn place(base: *mut u8, len: usize, address: u32, offset: u32, size: usize) -> Option<*mut u8> {
    #[cfg(target_pointer_width = "64")]
    {
        // No sum can overflow 64 bits.
        let start = address as usize + offset as usize;
        if start + size > len { None } else { Some(base.wrapping_add(start)) }
    }
    #[cfg(not(target_pointer_width = "64"))]
    {
        // From the end, one sum is looked at and not two: an offset of 16 bits and a size have no carry.
        let end = (address as usize).checked_add((offset as usize).checked_add(size)?)?;
        if end > len { None } else { Some(base.wrapping_add(end).wrapping_sub(size)) }
    }
}

/// The same in memory 0. On 64-bit machines the common case is one comparison without a sum: any access that begins
/// before the last seven bytes is inside.
#[inline(always)]
fn place_near(machine: &Machine, address: u32, offset: u32, size: usize) -> Option<*mut u8> {
    #[cfg(target_pointer_width = "64")]
    {
        let start = address as usize + offset as usize;
        if size <= 8 && start < machine.context().memory_easy {
            return Some(machine.memory.wrapping_add(start));
        }
        core::hint::cold_path();
    }
    place(machine.memory, machine.memory_len(), address, offset, size)
}

/// How a form gives the memory offset.
pub trait OffsetField {
    /// Reads it.
    ///
    /// # Safety
    /// The current instruction has this field here.
    unsafe fn read(machine: &mut Machine) -> u32;
}
/// One unit.
pub struct Offset16;
/// None: the address is an immediate.
pub struct NoOffset;
impl OffsetField for Offset16 {
    #[inline(always)]
    unsafe fn read(machine: &mut Machine) -> u32 {
        // SAFETY: the field is there.
        u32::from(unsafe { machine.next16() })
    }
}
impl OffsetField for NoOffset {
    #[inline(always)]
    unsafe fn read(_: &mut Machine) -> u32 {
        0
    }
}

pub(super) const OUT_OF_BOUNDS: Flow = Err(Exit::trap(Trap::MemoryOutOfBounds));

/// What an access does that is not below the memory's length; its fields begin at `start`: traps, or, where there may be more (`rodata.rs`), is
/// executed again by the general arm of the match, which looks there. A call here would take registers from all handlers (measured: twice the
/// instructions on a Cortex-M4F).
#[inline(always)]
fn not_below<O: Access>(machine: &mut Machine, start: *const u16) -> Flow {
    if cfg!(rodata) && O::Touch::HAS_MORE {
        machine.ip = start;
        return Err(Exit::BEYOND);
    }
    OUT_OF_BOUNDS
}

/// Loads from memory 0 at `address`; offset and result are the next fields, the first one was at `start`.
///
/// # Safety
/// The current instruction has an offset of kind `F` and a result of kind `D` here.
#[inline(always)]
unsafe fn load<O: Access, D: Put, F: OffsetField>(
    machine: &mut Machine,
    start: *const u16,
    address: O::Address,
) -> Flow {
    // SAFETY: the fields are there; `place_near` checks the range against the memory's length.
    unsafe {
        let offset = F::read(machine);
        match O::Touch::place_near(machine, address, offset, size_of::<O::Memory>()) {
            Some(place) => {
                D::put(machine, O::Touch::read(place.cast::<O::Memory>()).extend());
                Ok(())
            }
            None => not_below::<O>(machine, start),
        }
    }
}

/// Load from memory 0.
pub struct Load<O, A, D, F>(PhantomData<(O, A, D, F)>);
impl<O: Access, A: Read, D: Put, F: OffsetField> Instruction for Load<O, A, D, F> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, offset, result.
        unsafe {
            let start = machine.ip;
            let address = A::read(machine);
            load::<O, D, F>(machine, start, address)
        }
    }
}

/// Load from memory 0 at a sum.
pub struct LoadSum<O, A, B, D>(PhantomData<(O, A, B, D)>);
impl<O: Access, A: Read, B: Read, D: Put> Instruction for LoadSum<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: two addends, offset, result.
        unsafe {
            let start = machine.ip;
            let address = A::read::<O::Address>(machine).sum(B::read(machine));
            load::<O, D, Offset16>(machine, start, address)
        }
    }
}

/// Store to memory 0.
pub struct Store<O, A, V, F>(PhantomData<(O, A, V, F)>);
impl<O: Access, A: Read, V: Read, F: OffsetField> Instruction for Store<O, A, V, F> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, offset, value; `place` checks the range against the memory's length.
        unsafe {
            let start = machine.ip;
            let address = A::read::<O::Address>(machine);
            let offset = F::read(machine);
            match O::Touch::place_near(machine, address, offset, size_of::<O::Memory>()) {
                Some(place) => {
                    // Read only now: one register less on the way here.
                    let value = V::read::<O::Value>(machine);
                    O::Touch::write(place.cast::<O::Memory>(), O::Memory::wrap(value));
                    Ok(())
                }
                None => not_below::<O>(machine, start),
            }
        }
    }
}

/// The entity of the memory named by the next field.
///
/// # Safety
/// The next field is a memory index of the current instance.
#[inline(always)]
pub unsafe fn memory(machine: &mut Machine) -> *mut MemoryEntity {
    // SAFETY: the index was checked by `image::verify`, the address stems from instantiation.
    unsafe {
        let index = machine.next16();
        let cx = machine.context();
        cx.memories.add(*cx.spaces.memories.add(index as usize) as usize)
    }
}

/// Load from any memory with any offset.
pub struct LoadFar<O, A, D>(PhantomData<(O, A, D)>);
impl<O: Access, A: Read, D: Put> Instruction for LoadFar<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, result; `place` checks the range.
        unsafe {
            let start = machine.ip;
            let address = A::read::<O::Address>(machine);
            let memory = memory(machine);
            let offset = O::Address::read_offset(machine);
            match address.place((*memory).base, O::Touch::len(memory), offset, size_of::<O::Memory>()) {
                Some(place) => {
                    D::put(machine, O::Touch::read(place.cast::<O::Memory>()).extend());
                    Ok(())
                }
                None => not_below::<O>(machine, start),
            }
        }
    }
}

/// Store to any memory with any offset.
pub struct StoreFar<O, A, V>(PhantomData<(O, A, V)>);
impl<O: Access, A: Read, V: Read> Instruction for StoreFar<O, A, V> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, value; `place` checks the range.
        unsafe {
            let start = machine.ip;
            let address = A::read::<O::Address>(machine);
            let memory = memory(machine);
            let offset = O::Address::read_offset(machine);
            let value = V::read::<O::Value>(machine);
            match address.place((*memory).base, O::Touch::len(memory), offset, size_of::<O::Memory>()) {
                Some(place) => {
                    O::Touch::write(place.cast::<O::Memory>(), O::Memory::wrap(value));
                    Ok(())
                }
                None => not_below::<O>(machine, start),
            }
        }
    }
}

/// memory.size.
pub struct MemorySize<I, D>(PhantomData<(I, D)>);
impl<I: Index, D: Put> Instruction for MemorySize<I, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, result.
        unsafe {
            let memory = memory(machine);
            let pages = rodata::size(&*memory) >> (*memory).page_size_log2;
            D::put(machine, I::from_immediate(pages as i64));
        }
        Ok(())
    }
}

/// memory.grow: leaves the loop; the store grows the memory, sets r0 and goes on.
pub struct MemoryGrow<I, A, D>(PhantomData<(I, A, D)>);
impl<I: Index, A: Read, D> Instruction for MemoryGrow<I, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, pages; the result is r0 in every form.
        unsafe {
            let memory = memory(machine);
            let pages = A::read::<I>(machine);
            let cx = &mut *machine.cx;
            cx.request.address = memory.offset_from(cx.memories) as u32;
            cx.request.is_table = false;
            cx.request.delta = pages.number();
        }
        Err(Exit::GROW)
    }
}

/// Charges a bulk operator by its size: one unit of fuel per 64 bytes or 16 elements, when fuel is on.
#[inline(always)]
pub fn charge(cx: &mut Context, units: u64) -> Flow {
    if cx.metered {
        match cx.fuel.checked_sub(units) {
            Some(left) => cx.fuel = left,
            None => return Err(Exit::trap(Trap::OutOfFuel)),
        }
    }
    Ok(())
}

/// Whether the range of `len` bytes or elements at `start` is inside `size` of them.
#[inline(always)]
pub fn range(start: impl Index, len: impl Index, size: usize) -> bool {
    start.number().checked_add(len.number()).is_some_and(|end| end <= size as u64)
}

/// Where a range of a memory is, all of it.
///
/// # Safety
/// The memory exists.
#[inline(always)]
unsafe fn span(memory: *const MemoryEntity, start: impl Index, len: impl Index, is_store: bool) -> Option<*mut u8> {
    // SAFETY: as the caller promises.
    unsafe {
        if range(start, len, (*memory).len) {
            return Some((*memory).base.wrapping_add(start.number() as usize));
        }
        // No window is in a memory with addresses of 64 bits.
        rodata::beyond(memory, start.saturated() as usize, len.saturated() as usize, is_store)
    }
}

/// memory.fill.
pub struct MemoryFill<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for MemoryFill<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, destination, value, length; the range is checked before it is written.
        unsafe {
            let memory = memory(machine);
            let (start, value, len): (I, u32, I) = (machine.read(), machine.read(), machine.read());
            let Some(place) = span(memory, start, len, true) else { return OUT_OF_BOUNDS };
            charge(&mut *machine.cx, len.number() / 64)?;
            place.write_bytes(value as u8, len.number() as usize);
        }
        Ok(())
    }
}

/// memory.copy: the length has the narrower of both memories' address types.
pub struct MemoryCopy<I, J, N, A, B, C>(PhantomData<(I, J, N, A, B, C)>);
impl<I: Index, J: Index, N: Index> Instruction for MemoryCopy<I, J, N, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both memories, destination, source, length; both ranges are checked first, and may overlap.
        unsafe {
            let (to, from) = (memory(machine), memory(machine));
            let (destination, source, len): (I, J, N) = (machine.read(), machine.read(), machine.read());
            let Some(to) = span(to, destination, len, true) else { return OUT_OF_BOUNDS };
            let Some(from) = span(from, source, len, false) else { return OUT_OF_BOUNDS };
            charge(&mut *machine.cx, len.number() / 64)?;
            to.copy_from(from, len.number() as usize);
        }
        Ok(())
    }
}

/// memory.init.
pub struct MemoryInit<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for MemoryInit<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, segment, destination, source, length; both ranges are checked first; the segment lies
        // in the image, which no guest memory overlaps.
        unsafe {
            let memory = memory(machine);
            let index = machine.next32();
            let segment = *machine.context().spaces.datas.add(index as usize);
            let (destination, source, len): (I, i32, i32) = (machine.read(), machine.read(), machine.read());
            let Some(to) = span(memory, destination, len, true) else { return OUT_OF_BOUNDS };
            if !range(source, len, segment.len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 64)?;
            to.copy_from(segment.base.wrapping_add(source.number() as usize), len.number() as usize);
        }
        Ok(())
    }
}

/// data.drop.
pub struct DataDrop;
impl Instruction for DataDrop {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: field: a segment index of the current instance; the entry is this instance's own.
        unsafe {
            let index = machine.next32();
            (*machine.context().spaces.datas.add(index as usize)).len = 0;
        }
        Ok(())
    }
}
