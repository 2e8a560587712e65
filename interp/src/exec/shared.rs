//! Plain accesses to shared memories, which other threads may touch at the same time, and bulk operators on them.
//!
//! The model of Wasm says what such races give: some of the bytes that were written. In Rust a race of plain accesses is undefined
//! behaviour, so no plain access, and no slice, is ever made of a shared memory. On x86-64 and AArch64 each access is an instruction in
//! inline assembly, whose races the machine defines, as it does for compiled Wasm. Elsewhere it is a relaxed atomic access of its width where it
//! is aligned, and one for each byte where it is not: an unaligned access may tear, which the model allows.
//!
//! Invariant: a shared memory never moves and never gets smaller, so that a place that was inside stays so.

use super::{
    Instruction,
    context::MemoryEntity,
    machine::{Flow, Machine, Put, Slot},
    memory::{Address, Index, OUT_OF_BOUNDS, Touch, charge, memory, range},
};
use core::{marker::PhantomData, mem::transmute_copy};

/// Bytes of a memory, shared or not.
#[inline(always)]
pub fn len(memory: &MemoryEntity) -> usize {
    #[cfg(shared)]
    // SAFETY: what is not null is the length of a memory that the store keeps.
    if let Some(len) = unsafe { memory.shared_len.as_ref() } {
        return len.load(core::sync::atomic::Ordering::Acquire);
    }
    memory.len
}

/// Of a memory that other threads may have.
pub struct Shared;
impl Touch for Shared {
    const HAS_MORE: bool = false;
    #[inline(always)]
    unsafe fn read<M: Copy>(place: *const M) -> M {
        // SAFETY: the caller promises a place; the value read has the size of `M`, whose bits are all valid.
        unsafe {
            match size_of::<M>() {
                1 => transmute_copy(&raw::load8(place.cast())),
                2 => transmute_copy(&raw::load16(place.cast())),
                4 => transmute_copy(&raw::load32(place.cast())),
                _ => transmute_copy(&raw::load64(place.cast())),
            }
        }
    }
    #[inline(always)]
    unsafe fn write<M: Copy>(place: *mut M, value: M) {
        // SAFETY: the caller promises a place; the value written has the size of `M`.
        unsafe {
            match size_of::<M>() {
                1 => raw::store8(place.cast(), transmute_copy(&value)),
                2 => raw::store16(place.cast(), transmute_copy(&value)),
                4 => raw::store32(place.cast(), transmute_copy(&value)),
                _ => raw::store64(place.cast(), transmute_copy(&value)),
            }
        }
    }
    #[inline(always)]
    unsafe fn len(memory: *const MemoryEntity) -> usize {
        // SAFETY: as the caller promises.
        unsafe { len(&*memory) }
    }
    #[inline(always)]
    fn place_near<A: Address>(machine: &Machine, address: A, offset: u32, size: usize) -> Option<*mut u8> {
        // What the context has is a size that the memory had.
        address.place_near(machine, offset, size).or_else(|| grown(machine, address, offset, size))
    }
}

/// The place in memory 0 by its present size.
#[cold]
fn grown<A: Address>(machine: &Machine, address: A, offset: u32, size: usize) -> Option<*mut u8> {
    let cx = machine.context();
    // SAFETY: `image::verify` has seen that there is a memory 0.
    let memory = unsafe { &*cx.memories.add(*cx.spaces.memories as usize) };
    address.place(memory.base, len(memory), offset.into(), size)
}

/// Copies bytes that may overlap, as by one access after the other.
///
/// # Safety
/// Both ranges are inside of memories, or the source is in an image or a buffer of the host's.
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) {
    let words = len & !7;
    // SAFETY: all places are inside of the ranges.
    unsafe {
        if (to as usize) <= from as usize {
            for i in (0..words).step_by(8) {
                raw::store64(to.add(i).cast(), raw::load64(from.add(i).cast()));
            }
            for i in words..len {
                raw::store8(to.add(i), raw::load8(from.add(i)));
            }
        } else {
            for i in (words..len).rev() {
                raw::store8(to.add(i), raw::load8(from.add(i)));
            }
            for i in (0..words).step_by(8).rev() {
                raw::store64(to.add(i).cast(), raw::load64(from.add(i).cast()));
            }
        }
    }
}

/// Fills bytes.
///
/// # Safety
/// The range is inside of a memory.
pub unsafe fn fill(to: *mut u8, value: u8, len: usize) {
    let words = len & !7;
    // SAFETY: all places are inside of the range.
    unsafe {
        for i in (0..words).step_by(8) {
            raw::store64(to.add(i).cast(), u64::from_ne_bytes([value; 8]));
        }
        for i in words..len {
            raw::store8(to.add(i), value);
        }
    }
}

/// memory.size of a shared memory.
pub struct MemorySizeShared<I, D>(PhantomData<(I, D)>);
impl<I: Index, D: Put> Instruction for MemorySizeShared<I, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, result.
        unsafe {
            let memory = memory(machine);
            let pages = Shared::len(memory) >> (*memory).page_size_log2;
            D::put(machine, I::from_immediate(pages as i64));
        }
        Ok(())
    }
}

/// memory.fill of a shared memory.
pub struct MemoryFillShared<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for MemoryFillShared<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, destination, value, length; the range is checked before it is written.
        unsafe {
            let memory = memory(machine);
            let (start, value, len): (I, u32, I) = (machine.read(), machine.read(), machine.read());
            if !range(start, len, Shared::len(memory)) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 64)?;
            fill((*memory).base.wrapping_add(start.number() as usize), value as u8, len.number() as usize);
        }
        Ok(())
    }
}

/// memory.copy of which a memory is shared.
pub struct MemoryCopyShared<I, J, N, A, B, C>(PhantomData<(I, J, N, A, B, C)>);
impl<I: Index, J: Index, N: Index> Instruction for MemoryCopyShared<I, J, N, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both memories, destination, source, length; both ranges are checked first, and may overlap.
        unsafe {
            let (to, from) = (memory(machine), memory(machine));
            let (destination, source, len): (I, J, N) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, Shared::len(to)) || !range(source, len, Shared::len(from)) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 64)?;
            let from = (*from).base.wrapping_add(source.number() as usize);
            copy((*to).base.wrapping_add(destination.number() as usize), from, len.number() as usize);
        }
        Ok(())
    }
}

/// memory.init of a shared memory.
pub struct MemoryInitShared<I, A, B, C>(PhantomData<(I, A, B, C)>);
impl<I: Index> Instruction for MemoryInitShared<I, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: memory, segment, destination, source, length; both ranges are checked first.
        unsafe {
            let memory = memory(machine);
            let index = machine.next32();
            let segment = *machine.context().spaces.datas.add(index as usize);
            let (destination, source, len): (I, i32, i32) = (machine.read(), machine.read(), machine.read());
            if !range(destination, len, Shared::len(memory)) || !range(source, len, segment.len as usize) {
                return OUT_OF_BOUNDS;
            }
            charge(&mut *machine.cx, len.number() / 64)?;
            let from = segment.base.wrapping_add(source.number() as usize);
            copy((*memory).base.wrapping_add(destination.number() as usize), from, len.number() as usize);
        }
        Ok(())
    }
}

/// Single accesses, one instruction each.
#[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod raw {
    use core::arch::asm;

    macro_rules! access { ($($load:ident $store:ident $int:ty, $register:ident, $x86_load:literal $x86_store:literal, $arm_load:literal $arm_store:literal;)*) => { $(
        /// # Safety
        /// The place is readable.
        #[inline(always)]
        pub unsafe fn $load(place: *const $int) -> $int {
            let value: $int;
            // SAFETY: the caller promises the place; the instruction only reads it.
            unsafe {
                #[cfg(target_arch = "x86_64")]
                asm!($x86_load, out($register) value, in(reg) place, options(nostack, preserves_flags, readonly));
                #[cfg(target_arch = "aarch64")]
                asm!($arm_load, out(reg) value, in(reg) place, options(nostack, preserves_flags, readonly));
            }
            value
        }

        /// # Safety
        /// The place is writable.
        #[inline(always)]
        pub unsafe fn $store(place: *mut $int, value: $int) {
            // SAFETY: the caller promises the place; the instruction only writes it.
            unsafe {
                #[cfg(target_arch = "x86_64")]
                asm!($x86_store, in($register) value, in(reg) place, options(nostack, preserves_flags));
                #[cfg(target_arch = "aarch64")]
                asm!($arm_store, in(reg) value, in(reg) place, options(nostack, preserves_flags));
            }
        }
    )* } }
    access! {
        load8 store8 u8, reg_byte, "mov {0}, byte ptr [{1}]" "mov byte ptr [{1}], {0}", "ldrb {0:w}, [{1}]" "strb {0:w}, [{1}]";
        load16 store16 u16, reg, "mov {0:x}, word ptr [{1}]" "mov word ptr [{1}], {0:x}", "ldrh {0:w}, [{1}]" "strh {0:w}, [{1}]";
        load32 store32 u32, reg, "mov {0:e}, dword ptr [{1}]" "mov dword ptr [{1}], {0:e}", "ldr {0:w}, [{1}]" "str {0:w}, [{1}]";
        load64 store64 u64, reg, "mov {0}, qword ptr [{1}]" "mov qword ptr [{1}], {0}", "ldr {0:x}, [{1}]" "str {0:x}, [{1}]";
    }
}

/// Single accesses where there is no assembly: relaxed atomics, of the whole value if it is aligned, of its bytes if not. Where there are no threads,
/// plain ones.
#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
mod raw {
    macro_rules! access { ($($load:ident $store:ident $int:ty, $atomic:ident;)*) => { $(
        /// # Safety
        /// The place is readable.
        #[inline(always)]
        pub unsafe fn $load(place: *const $int) -> $int {
            // SAFETY: the caller promises the place; atomics are made of aligned places only, or of bytes.
            unsafe {
                #[cfg(shared)]
                {
                    use core::sync::atomic::{AtomicU8, $atomic, Ordering::Relaxed};
                    if place.is_aligned() {
                        return $atomic::from_ptr(place.cast_mut()).load(Relaxed);
                    }
                    let first = place.cast_mut().cast::<u8>();
                    <$int>::from_ne_bytes(core::array::from_fn(|i| AtomicU8::from_ptr(first.add(i)).load(Relaxed)))
                }
                #[cfg(not(shared))]
                place.read_unaligned()
            }
        }

        /// # Safety
        /// The place is writable.
        #[inline(always)]
        pub unsafe fn $store(place: *mut $int, value: $int) {
            // SAFETY: as for the load.
            unsafe {
                #[cfg(shared)]
                {
                    use core::sync::atomic::{AtomicU8, $atomic, Ordering::Relaxed};
                    if place.is_aligned() {
                        return $atomic::from_ptr(place).store(value, Relaxed);
                    }
                    for (i, byte) in value.to_ne_bytes().into_iter().enumerate() {
                        AtomicU8::from_ptr(place.cast::<u8>().add(i)).store(byte, Relaxed);
                    }
                }
                #[cfg(not(shared))]
                place.write_unaligned(value);
            }
        }
    )* } }
    access! {
        load8 store8 u8, AtomicU8;
        load16 store16 u16, AtomicU16;
        load32 store32 u32, AtomicU32;
        load64 store64 u64, AtomicU64;
    }
}
