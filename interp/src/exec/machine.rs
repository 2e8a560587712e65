//! The virtual machine that handlers work on: its registers, and how operands are read and written.
//!
//! Everything a handler does goes through here. Invariants: `ip` points into the code of the current instance at the
//! field that comes next; `fp` points at a frame whose bytes up to its declared size lie inside the store's stack region
//! (checked when the frame was entered); every operand has been checked against that size by `image::verify`.

use super::{
    context::Context,
    registers::{FloatRegister, IntegerRegister, LengthRegister, VectorRegister},
};
use crate::trap::Trap;

/// A 32-bit reference as it stands in a cell: 0 is null.
pub type Handle = u32;

/// Why the dispatch loop was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Exit(pub u32);

impl Exit {
    /// The call from the host has ended.
    pub const FINISHED: Exit = Exit(0x100);
    /// A host function is to be called; the context says which.
    pub const HOST_CALL: Exit = Exit(0x101);
    /// As `HOST_CALL`, and the frame is left afterwards.
    pub const HOST_TAIL_CALL: Exit = Exit(0x102);
    /// Not enough fuel for the next block; `ip` is at the `fuel` instruction.
    pub const OUT_OF_FUEL: Exit = Exit(0x103);
    /// The signal word is set; `ip` is behind the `signal` instruction.
    pub const SIGNAL: Exit = Exit(0x104);
    /// `memory.grow` or `table.grow` asks the embedder; the context says what.
    pub const GROW: Exit = Exit(0x105);
    /// A function of another instance or of the host is to be called; the context says which. Stays inside `exec`.
    pub const CALL_FOREIGN: Exit = Exit(0x106);
    /// As `CALL_FOREIGN`, and the frame is left.
    pub const RETURN_CALL_FOREIGN: Exit = Exit(0x107);
    /// A frame of another instance is returned to. Stays inside `exec`.
    pub const RETURN_CROSS: Exit = Exit(0x108);
    /// A sample was asked for; `ip` is at the instruction that comes next.
    pub const SAMPLE: Exit = Exit(0x109);
    /// The function whose stub this is has to be translated; `ip` is behind the `lazy` instruction.
    pub const LAZY: Exit = Exit(0x10a);
    /// No room for an object, whose size is in the context; `ip` is at the instruction that wants it, which is executed again then.
    pub const COLLECT: Exit = Exit(0x10b);
    /// The exception in the context is to be thrown; `ip` is behind the instruction that throws.
    pub const THROW: Exit = Exit(0x10c);
    /// The guest waits until it is notified; the context says where. `ip` is behind the instruction.
    pub const WAIT: Exit = Exit(0x10d);
    /// Guests that wait are to be woken; the context says where and how many.
    pub const NOTIFY: Exit = Exit(0x10e);

    /// Whether an object is of a type has to be decided; the context says which. `ip` is at the instruction that wants to know, which is executed
    /// again then. Stays inside `exec`.
    pub const VERDICT: Exit = Exit(0x10f);
    /// A function is called whose type is not the expected one, but may be below it; the context says which. `ip` is behind the call.
    /// Stays inside `exec`.
    pub const CALL_BELOW: Exit = Exit(0x110);
    /// As `CALL_BELOW`, and the frame is left.
    pub const RETURN_CALL_BELOW: Exit = Exit(0x111);
    /// An access to a memory is not below its length, but may be elsewhere; `ip` is behind the token. Stays inside `exec`.
    pub const BEYOND: Exit = Exit(0x112);

    /// A trap.
    pub const fn trap(trap: Trap) -> Exit {
        Exit(trap as u32)
    }

    /// The trap, if it is one.
    pub fn as_trap(self) -> Option<Trap> {
        u8::try_from(self.0).ok().and_then(Trap::from_code)
    }
}

/// Result of a handler: go on, or leave.
pub type Flow = Result<(), Exit>;

/// The registers. Handlers get it by reference and are always inlined, so that it lives in machine registers.
pub struct Machine {
    /// Next unit of code.
    pub ip: *const u16,
    /// Current frame.
    pub fp: *mut u8,
    /// What changes seldom: memory, globals, limits, the store.
    pub cx: *mut Context,
    /// First byte of memory 0. Changes only outside of the interpreter, and with the instance.
    pub memory: *mut u8,
    /// Its length.
    pub len: LengthRegister,
    /// Integer accumulator. An i32 in it has its upper half undefined.
    pub r0: IntegerRegister,
    /// Float accumulator. An f32 in it is its bits in the low half.
    pub f0: FloatRegister,
    /// Vector accumulator.
    pub v0: VectorRegister,
}

/// The float accumulator: a float, so that it lives in such a register.
#[cfg(target_pointer_width = "64")]
pub type Float = f64;

/// The float accumulator, as bits: machines of 32 bits seldom have a register for all of them, and each way into one and out of it
/// would take its own place in the native frame of the dispatch loop (measured on a Cortex-M4F: 176 bytes).
#[cfg(not(target_pointer_width = "64"))]
#[derive(Clone, Copy, Debug)]
pub struct Float(u64);

#[cfg(not(target_pointer_width = "64"))]
impl Float {
    /// That of these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Float {
        Float(bits)
    }

    /// Its bits.
    #[inline(always)]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}

impl Machine {
    /// Unit at `index` from `ip`.
    ///
    /// # Safety
    /// The unit belongs to the instruction being executed.
    #[inline(always)]
    pub unsafe fn unit(&self, index: usize) -> u16 {
        // SAFETY: the caller promises that the unit is a field of the current, verified instruction.
        unsafe { *self.ip.add(index) }
    }

    /// The next field of one unit.
    ///
    /// # Safety
    /// The instruction being executed has a one-unit field here.
    #[inline(always)]
    pub unsafe fn next16(&mut self) -> u16 {
        // SAFETY: as the caller promises.
        unsafe {
            let value = *self.ip;
            self.ip = self.ip.add(1);
            value
        }
    }

    /// The next field of two units.
    ///
    /// # Safety
    /// The instruction being executed has a two-unit field here.
    #[inline(always)]
    pub unsafe fn next32(&mut self) -> u32 {
        // SAFETY: as the caller promises.
        unsafe {
            let value = read32(self.ip);
            self.ip = self.ip.add(2);
            value
        }
    }

    /// Address of the slot named by the next field.
    ///
    /// # Safety
    /// The next field is a slot, result or window cell, verified to lie in the frame.
    #[inline(always)]
    pub unsafe fn slot(&mut self) -> *mut u8 {
        // SAFETY: the offset was checked against the frame's size by `image::verify`.
        unsafe {
            let offset = self.next16();
            address(self.fp, offset as usize)
        }
    }

    /// The next slot, read.
    ///
    /// # Safety
    /// The next field is a slot of type `T`.
    #[inline(always)]
    pub unsafe fn read<T: Cell>(&mut self) -> T {
        // SAFETY: the slot lies in the frame.
        unsafe {
            let slot = self.slot();
            T::load(slot)
        }
    }

    /// The context.
    #[inline(always)]
    pub fn context(&self) -> &Context {
        // SAFETY: `cx` points to the store's context, which outlives the run and is not written while this borrow lasts:
        // handlers run on one thread and drop the borrow before they call anything that refreshes it.
        unsafe { &*self.cx }
    }
}

/// The address `offset` bytes behind `base`; on Intel's cores in a register of its own.
///
/// Left to itself, the compiler uses addresses of base and index. Intel's cores since Golden Cove hand what was just stored
/// to a load without delay, but not where an address has an index: an integer that is written and read again then takes 7
/// cycles instead of 1 (measured). Linear memory gains nothing by this: what is stored there is seldom read so soon.
///
/// AMD's cores make no such difference, and the addition costs an instruction: on Zen 3 the benchmark's programs take 0.965 of
/// the time without it (crc32 0.65, life 0.80, bignum 0.83). A build for one of them, which `target-cpu` asks for, is known by SSE4a.
///
/// # Safety
/// As for `add` of pointers: the sum stays in what `base` points into.
#[inline(always)]
pub unsafe fn address(base: *mut u8, offset: usize) -> *mut u8 {
    #[cfg(all(target_arch = "x86_64", not(target_feature = "sse4a"), not(miri)))]
    // SAFETY: the instruction only adds.
    unsafe {
        let (mut address, base) = (offset, base.expose_provenance());
        core::arch::asm!("add {0}, {1}", inlateout(reg) address, in(reg) base, options(pure, nomem, nostack));
        core::ptr::with_exposed_provenance_mut(address)
    }
    #[cfg(not(all(target_arch = "x86_64", not(target_feature = "sse4a"), not(miri))))]
    // SAFETY: as the caller promises.
    unsafe {
        base.add(offset)
    }
}

/// The same pointer, as one value: where it comes from the compiler does not know. For handlers that are short of registers, which it would
/// fill with what the pointer was made of.
#[inline(always)]
pub fn opaque<T>(pointer: *const T) -> *const T {
    #[cfg(all(not(miri), any(target_arch = "x86_64", target_arch = "aarch64")))]
    // SAFETY: there is no instruction.
    unsafe {
        let mut place = pointer.expose_provenance();
        core::arch::asm!("/* {0} */", inlateout(reg) place, options(pure, nomem, nostack, preserves_flags));
        core::ptr::with_exposed_provenance(place)
    }
    #[cfg(not(all(not(miri), any(target_arch = "x86_64", target_arch = "aarch64"))))]
    pointer
}

/// Reads two units as one little-endian value: one unaligned read on 64-bit machines, two aligned ones elsewhere.
///
/// # Safety
/// Both units are readable.
#[inline(always)]
pub unsafe fn read32(ip: *const u16) -> u32 {
    // SAFETY: the caller promises both units.
    unsafe {
        if cfg!(target_pointer_width = "64") {
            ip.cast::<u32>().read_unaligned()
        } else {
            u32::from(*ip) | u32::from(*ip.add(1)) << 16
        }
    }
}

/// A value that fits an accumulator and one or two cells.
pub trait Cell: Copy {
    /// From its accumulator.
    fn from_accumulator(machine: &Machine) -> Self;
    /// To its accumulator.
    fn to_accumulator(self, machine: &mut Machine);
    /// From a sign-extended immediate.
    fn from_immediate(value: i64) -> Self;
    /// From a slot.
    ///
    /// # Safety
    /// `slot` is readable for the value's width and 4-byte aligned.
    unsafe fn load(slot: *const u8) -> Self;
    /// To a slot.
    ///
    /// # Safety
    /// `slot` is writable for the value's width and 4-byte aligned.
    unsafe fn store(self, slot: *mut u8);
}

impl Cell for i32 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> i32 {
        machine.low() as i32
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        machine.set_low(self as u32);
    }
    #[inline(always)]
    fn from_immediate(value: i64) -> i32 {
        value as i32
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> i32 {
        // SAFETY: the caller promises four readable, aligned bytes.
        unsafe { *slot.cast::<i32>() }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: the caller promises four writable, aligned bytes.
        unsafe { *slot.cast::<i32>() = self }
    }
}

impl Cell for u32 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> u32 {
        machine.low()
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        machine.set_low(self);
    }
    #[inline(always)]
    fn from_immediate(value: i64) -> u32 {
        value as u32
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> u32 {
        // SAFETY: the caller promises four readable, aligned bytes.
        unsafe { *slot.cast::<u32>() }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: the caller promises four writable, aligned bytes.
        unsafe { *slot.cast::<u32>() = self }
    }
}

impl Cell for i64 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> i64 {
        machine.integer() as i64
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        machine.set_integer(self as u64);
    }
    #[inline(always)]
    fn from_immediate(value: i64) -> i64 {
        value
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> i64 {
        // SAFETY: the caller promises eight readable bytes, aligned to four: on 64-bit machines one unaligned read, on
        // 32-bit ones two aligned reads.
        unsafe {
            if cfg!(target_pointer_width = "64") {
                slot.cast::<i64>().read_unaligned()
            } else {
                let (low, high) = (*slot.cast::<u32>(), *slot.add(4).cast::<u32>());
                (u64::from(low) | u64::from(high) << 32) as i64
            }
        }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: the caller promises eight writable bytes, aligned to four; see `load`.
        unsafe {
            if cfg!(target_pointer_width = "64") {
                slot.cast::<i64>().write_unaligned(self);
            } else {
                *slot.cast::<u32>() = self as u32;
                *slot.add(4).cast::<u32>() = (self >> 32) as u32;
            }
        }
    }
}

impl Cell for f32 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> f32 {
        machine.single()
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        machine.set_single(self);
    }
    #[inline(always)]
    fn from_immediate(value: i64) -> f32 {
        f32::from_bits(value as u32)
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> f32 {
        // SAFETY: the caller promises four readable, aligned bytes.
        unsafe { *slot.cast::<f32>() }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: the caller promises four writable, aligned bytes.
        unsafe { *slot.cast::<f32>() = self }
    }
}

impl Cell for f64 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> f64 {
        machine.float()
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        machine.set_float(self);
    }
    #[inline(always)]
    fn from_immediate(value: i64) -> f64 {
        f64::from_bits(value as u64)
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> f64 {
        // SAFETY: as the caller promises, with the alignment that `i64::load` asks for.
        f64::from_bits(unsafe { i64::load(slot) } as u64)
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: as the caller promises, with the alignment that `i64::store` asks for.
        unsafe { (self.to_bits() as i64).store(slot) }
    }
}

/// An operand kind that can be read.
pub trait Read {
    /// Reads the operand and moves `ip` behind its field.
    ///
    /// # Safety
    /// The current instruction has an operand of this kind and of type `T` here.
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T;
}

/// An operand kind that can be written.
pub trait Put {
    /// Writes the operand and moves `ip` behind its field.
    ///
    /// # Safety
    /// The current instruction has an operand of this kind and of type `T` here.
    unsafe fn put<T: Cell>(machine: &mut Machine, value: T);
}

/// The accumulator of the type.
pub struct Reg;
/// A frame slot.
pub struct Slot;
/// A frame slot and the accumulator.
pub struct Write;
/// 16-bit immediate.
pub struct Imm16;
/// 32-bit immediate.
pub struct Imm32;
/// 64-bit immediate.
pub struct Imm64;

impl Read for Reg {
    #[inline(always)]
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T {
        T::from_accumulator(machine)
    }
}
impl Read for Slot {
    #[inline(always)]
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T {
        // SAFETY: the next field is a slot of type `T`.
        unsafe { machine.read() }
    }
}
impl Read for Imm16 {
    #[inline(always)]
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T {
        // SAFETY: the next field is an immediate of one unit.
        T::from_immediate(i64::from(unsafe { machine.next16() } as i16))
    }
}
impl Read for Imm32 {
    #[inline(always)]
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T {
        // SAFETY: the next field is an immediate of two units.
        T::from_immediate(i64::from(unsafe { machine.next32() } as i32))
    }
}
impl Read for Imm64 {
    #[inline(always)]
    unsafe fn read<T: Cell>(machine: &mut Machine) -> T {
        // SAFETY: the next field is an immediate of four units.
        let (low, high) = unsafe { (machine.next32(), machine.next32()) };
        T::from_immediate((u64::from(low) | u64::from(high) << 32) as i64)
    }
}
impl Put for Reg {
    #[inline(always)]
    unsafe fn put<T: Cell>(machine: &mut Machine, value: T) {
        value.to_accumulator(machine);
    }
}
impl Put for Slot {
    #[inline(always)]
    unsafe fn put<T: Cell>(machine: &mut Machine, value: T) {
        // SAFETY: the next field is a slot of type `T`.
        unsafe {
            let slot = machine.slot();
            value.store(slot);
        }
    }
}
impl Put for Write {
    #[inline(always)]
    unsafe fn put<T: Cell>(machine: &mut Machine, value: T) {
        // SAFETY: the next field is a slot of type `T`.
        unsafe {
            let slot = machine.slot();
            value.store(slot);
        }
        value.to_accumulator(machine);
    }
}
