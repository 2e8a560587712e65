//! Handlers that serve several rows at once, for the match loop where code size counts: build.rs puts rows of one shape and the
//! same types into a group, and the match has one arm for each form of a group instead of one for each instruction.
//!
//! An arm reads the operands as its form says and calls the group's operation, which picks the row by the token and is not
//! inlined. That costs some ten instructions more than an arm of its own and saves most of the code: with 64-bit numbers on a
//! 32-bit machine an arm has 40 bytes and more, and there are hundreds. What is hot, operations and branches on i32, keeps its own arms
//! (`is_direct` in build.rs).

// A build with a list of handlers (build.rs) uses what its list needs.
#![allow(dead_code)]

use super::{
    Instruction,
    control::Header,
    machine::{Cell, Exit, Flow, Machine, Put, Read, Slot},
    memory::{Address, OffsetField, memory},
    numeric::{Counter, branch_if, step},
};
use crate::trap::Trap;
use core::marker::PhantomData;

/// Rows of one operand.
pub trait Operations1 {
    /// Operand.
    type A: Cell;
    /// Result.
    type D: Cell;
    /// The result, or a trap if the operation of any row can trap.
    type Outcome: Outcome<Self::D>;
    /// The operation of the row with this token.
    ///
    /// # Safety
    /// The token is one of this group's.
    unsafe fn eval(a: Self::A, token: u16) -> Self::Outcome;
}

/// Rows of two operands.
pub trait Operations2 {
    /// Left operand.
    type A: Cell;
    /// Right operand.
    type B: Cell;
    /// Result.
    type D: Cell;
    /// The result, or a trap if the operation of any row can trap.
    type Outcome: Outcome<Self::D>;
    /// The operation of the row with this token.
    ///
    /// # Safety
    /// The token is one of this group's.
    unsafe fn eval(a: Self::A, b: Self::B, token: u16) -> Self::Outcome;
}

/// Rows of two operations.
pub trait Operations3 {
    /// All operands and results.
    type T: Cell;
    /// The operations of the row with this token.
    ///
    /// # Safety
    /// The token is one of this group's.
    unsafe fn eval(a: Self::T, b: Self::T, c: Self::T, token: u16) -> Self::T;
}

/// Rows that load or store.
pub trait Accesses {
    /// The address, beside a constant offset.
    type Address: Address;
    /// As it lies in a register or slot.
    type Value: Cell;
    /// Loads as the row with this token does, from `start` on in the memory at `base` of `len` bytes; `None` if that is outside.
    ///
    /// # Safety
    /// The token is one of this group's, and the memory is there.
    unsafe fn load(base: *mut u8, len: usize, start: usize, token: u16) -> Option<Self::Value>;
    /// Stores as the row with this token does; gives whether that was inside.
    ///
    /// # Safety
    /// As for [`Accesses::load`].
    unsafe fn store(base: *mut u8, len: usize, start: usize, value: Self::Value, token: u16) -> bool;
}

/// What an operation gives, in as few registers as can be, where a `Result` would be in memory.
pub trait Outcome<T> {
    /// Of an operation.
    fn of(result: Result<T, Trap>) -> Self;
    /// The value.
    ///
    /// # Errors
    /// The trap.
    fn value(self) -> Result<T, Exit>;
}

/// A value: no row of the group traps.
#[repr(transparent)]
pub struct Surely<T>(T);
/// A value and 0, or the code of a trap.
pub struct Perhaps<T>(T, u32);

impl<T: Cell> Outcome<T> for Surely<T> {
    #[inline(always)]
    fn of(result: Result<T, Trap>) -> Self {
        result.map_or_else(|_| unreachable!("build.rs knows the rows that trap"), Surely)
    }
    #[inline(always)]
    fn value(self) -> Result<T, Exit> {
        Ok(self.0)
    }
}

impl<T: Cell> Outcome<T> for Perhaps<T> {
    #[inline(always)]
    fn of(result: Result<T, Trap>) -> Self {
        match result {
            Ok(value) => Perhaps(value, 0),
            Err(trap) => Perhaps(T::from_immediate(0), trap as u32),
        }
    }
    #[inline(always)]
    fn value(self) -> Result<T, Exit> {
        if self.1 == 0 { Ok(self.0) } else { Err(Exit(self.1)) }
    }
}

/// The bits of an f32. Groups get and give floats so: calls would move them to float registers and back otherwise, and each such way
/// has its place in the native frame of the dispatch loop.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bits32(i32);
/// The bits of an f64.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Bits64(i64);

macro_rules! bits { ($($bits:ident($integer:ty) $float:ty, $get:ident, $set:ident;)*) => { $(
    impl From<$float> for $bits {
        #[inline(always)]
        fn from(value: $float) -> $bits {
            $bits(value.to_bits() as $integer)
        }
    }
    impl From<$bits> for $float {
        #[inline(always)]
        fn from(bits: $bits) -> $float {
            <$float>::from_bits(bits.0 as _)
        }
    }
    impl Cell for $bits {
        #[inline(always)]
        fn from_accumulator(machine: &Machine) -> $bits {
            $bits(machine.$get().to_bits() as $integer)
        }
        #[inline(always)]
        fn to_accumulator(self, machine: &mut Machine) {
            machine.$set(<$float>::from(self));
        }
        #[inline(always)]
        fn from_immediate(value: i64) -> $bits {
            $bits(value as $integer)
        }
        #[inline(always)]
        unsafe fn load(slot: *const u8) -> $bits {
            // SAFETY: as the caller promises.
            $bits(unsafe { <$integer>::load(slot) })
        }
        #[inline(always)]
        unsafe fn store(self, slot: *mut u8) {
            // SAFETY: as the caller promises.
            unsafe { self.0.store(slot) }
        }
    }
)* } }
bits! { Bits32(i32) f32, single, set_single; Bits64(i64) f64, float, set_float; }

/// The groups, and which row a token means.
#[allow(missing_docs, clippy::missing_safety_doc, clippy::useless_conversion, unused_imports)]
pub mod group {
    use super::super::memory::Scalar;
    use super::super::numeric::{Access, Operation1, Operation2, Operation3, operation};
    use super::{
        Accesses, Bits32, Bits64, Operations1, Operations2, Operations3, Perhaps, Surely, inside, outcome, row,
    };
    #[cfg(feature = "simd")]
    use crate::num::V128;
    include!(concat!(env!("OUT_DIR"), "/groups.rs"));
}

/// Which row of a group a token means: its tokens begin with `FIRST`, and each row has `FORMS` of them. `FACTOR` is 2^16 / `FORMS`,
/// rounded up, so that nothing has to be divided; build.rs has looked that it gives the same for all tokens of the group.
#[inline(always)]
fn row<const FIRST: u16, const FACTOR: u32>(token: u16) -> u32 {
    u32::from(token.wrapping_sub(FIRST)).wrapping_mul(FACTOR) >> 16
}

/// A result as groups pass it.
#[inline(always)]
fn outcome<T: Into<D>, D, O: Outcome<D>>(result: Result<T, Trap>) -> O {
    O::of(result.map(Into::into))
}

/// The place of a value of type `T` that begins at `start`, if it is inside of `len` bytes.
#[inline(always)]
fn inside<T>(base: *mut u8, len: usize, start: usize) -> Option<*mut T> {
    let end = start.checked_add(size_of::<T>())?;
    (end <= len).then(|| base.wrapping_add(start).cast())
}

/// The token of the instruction whose first field is next.
///
/// # Safety
/// `machine` stands right behind a token.
#[inline(always)]
unsafe fn token(machine: &Machine) -> u16 {
    // SAFETY: as the caller promises.
    unsafe { *machine.ip.sub(1) }
}

/// Writes a result, or leaves with the trap.
///
/// # Safety
/// The next operand is a result of kind `D`.
#[inline(always)]
unsafe fn put<T: Cell, D: Put>(machine: &mut Machine, outcome: impl Outcome<T>) -> Flow {
    let value = outcome.value()?;
    // SAFETY: as the caller promises.
    unsafe { D::put(machine, value) };
    Ok(())
}

/// As `Unary`.
pub struct GroupedUnary<O, A, D>(PhantomData<(O, A, D)>);
impl<O: Operations1, A: Read, D: Put> Instruction for GroupedUnary<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the form's operands stand in this order; the token is of this arm, and so of this group.
        unsafe {
            let token = token(machine);
            let a = A::read(machine);
            put::<O::D, D>(machine, O::eval(a, token))
        }
    }
}

/// As `Binary`.
pub struct GroupedBinary<O, A, B, D>(PhantomData<(O, A, B, D)>);
impl<O: Operations2, A: Read, B: Read, D: Put> Instruction for GroupedBinary<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as in `GroupedUnary`.
        unsafe {
            let token = token(machine);
            let (a, b) = (A::read(machine), B::read(machine));
            put::<O::D, D>(machine, O::eval(a, b, token))
        }
    }
}

/// As `Chain`.
pub struct GroupedChain<O, A, B, C, D>(PhantomData<(O, A, B, C, D)>);
impl<O: Operations3, A: Read, B: Read, C: Read, D: Put> Instruction for GroupedChain<O, A, B, C, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as in `GroupedUnary`.
        unsafe {
            let token = token(machine);
            let (a, b, c) = (A::read(machine), B::read(machine), C::read(machine));
            D::put(machine, O::eval(a, b, c, token));
        }
        Ok(())
    }
}

/// As `BranchIf2`. Comparisons do not trap.
pub struct GroupedBranchIf2<O, A, B>(PhantomData<(O, A, B)>);
impl<O: Operations2<D = i32>, A: Read, B: Read> Instruction for GroupedBranchIf2<O, A, B> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as in `GroupedUnary`; the branch target is last.
        unsafe {
            let token = token(machine);
            let (a, b) = (A::read(machine), B::read(machine));
            branch_if(machine, O::eval(a, b, token).value()? != 0)
        }
    }
}

/// As `BranchUnless2`.
pub struct GroupedBranchUnless2<O, A, B>(PhantomData<(O, A, B)>);
impl<O: Operations2<D = i32>, A: Read, B: Read> Instruction for GroupedBranchUnless2<O, A, B> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as in `GroupedBranchIf2`.
        unsafe {
            let token = token(machine);
            let (a, b) = (A::read(machine), B::read(machine));
            branch_if(machine, O::eval(a, b, token).value()? == 0)
        }
    }
}

/// As `LoopEdge`.
pub struct GroupedLoopEdge<O, X, B>(PhantomData<(O, X, B)>);
impl<O: Operations2<D = i32>, X: Read, B: Read> Instruction for GroupedLoopEdge<O, X, B>
where
    O::A: Counter,
{
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: slot, step, operand, target; the token is of this group.
        unsafe {
            let token = token(machine);
            let value = step::<O::A>(machine);
            let bound = B::read(machine);
            branch_if(machine, O::eval(value, bound, token).value()? != 0)
        }
    }
}

/// Loads from memory 0 at `address`; offset and result are the next fields.
///
/// # Safety
/// The current instruction, one of `O` with this token, has an offset of kind `F` and a result of kind `D` here.
#[inline(always)]
unsafe fn load<O: Accesses, D: Put, F: OffsetField>(machine: &mut Machine, token: u16, address: O::Address) -> Flow {
    // SAFETY: the fields are there, and the group looks at the range.
    unsafe {
        let start = address.start(F::read(machine).into());
        match O::load(machine.memory, machine.memory_len(), start, token) {
            Some(value) => {
                D::put(machine, value);
                Ok(())
            }
            None => Err(Exit::trap(Trap::MemoryOutOfBounds)),
        }
    }
}

/// As `Load`.
pub struct GroupedLoad<O, A, D, F>(PhantomData<(O, A, D, F)>);
impl<O: Accesses, A: Read, D: Put, F: OffsetField> Instruction for GroupedLoad<O, A, D, F> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, offset, result; the token is of this group.
        unsafe {
            let token = token(machine);
            let address = A::read(machine);
            load::<O, D, F>(machine, token, address)
        }
    }
}

/// As `LoadSum`.
pub struct GroupedLoadSum<O, A, B, D>(PhantomData<(O, A, B, D)>);
impl<O: Accesses, A: Read, B: Read, D: Put> Instruction for GroupedLoadSum<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: two addends, offset, result; the token is of this group.
        unsafe {
            let token = token(machine);
            let address = A::read::<O::Address>(machine).sum(B::read(machine));
            load::<O, D, super::memory::Offset16>(machine, token, address)
        }
    }
}

/// As `LoadFar`.
pub struct GroupedLoadFar<O, A, D>(PhantomData<(O, A, D)>);
impl<O: Accesses, A: Read, D: Put> Instruction for GroupedLoadFar<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, result; the token is of this group, which looks at the range.
        unsafe {
            let token = token(machine);
            let address = A::read::<O::Address>(machine);
            let memory = memory(machine);
            let start = address.start(O::Address::read_offset(machine));
            match O::load((*memory).base, (*memory).len, start, token) {
                Some(value) => {
                    D::put(machine, value);
                    Ok(())
                }
                None => Err(Exit::trap(Trap::MemoryOutOfBounds)),
            }
        }
    }
}

/// Header of a return whose form names the cell: the token says which, as tokens of cells follow one another from `FIRST` on. It stands
/// `BACK` units before the next one.
pub struct HeaderByToken<const FIRST: u16, const BACK: usize>;
impl<const FIRST: u16, const BACK: usize> Header for HeaderByToken<FIRST, BACK> {
    #[inline(always)]
    unsafe fn place(machine: &Machine) -> *mut u8 {
        // SAFETY: the token is behind, as far as the form has fields; the header lies in the frame.
        unsafe { machine.fp.add(4 * usize::from((*machine.ip.sub(BACK)).wrapping_sub(FIRST))) }
    }
}

/// What a store gives.
#[inline(always)]
fn stored(is_inside: bool) -> Flow {
    if is_inside { Ok(()) } else { Err(Exit::trap(Trap::MemoryOutOfBounds)) }
}

/// As `Store`.
pub struct GroupedStore<O, A, V, F>(PhantomData<(O, A, V, F)>);
impl<O: Accesses, A: Read, V: Read, F: OffsetField> Instruction for GroupedStore<O, A, V, F> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, offset, value; the token is of this group, which looks at the range.
        unsafe {
            let token = token(machine);
            let address = A::read::<O::Address>(machine);
            let start = address.start(F::read(machine).into());
            let value = V::read(machine);
            stored(O::store(machine.memory, machine.memory_len(), start, value, token))
        }
    }
}

/// As `StoreFar`.
pub struct GroupedStoreFar<O, A, V>(PhantomData<(O, A, V)>);
impl<O: Accesses, A: Read> Instruction for GroupedStoreFar<O, A, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: address, memory, offset, value; the token is of this group, which looks at the range.
        unsafe {
            let token = token(machine);
            let address = A::read::<O::Address>(machine);
            let memory = memory(machine);
            let start = address.start(O::Address::read_offset(machine));
            let value = machine.read();
            stored(O::store((*memory).base, (*memory).len, start, value, token))
        }
    }
}
