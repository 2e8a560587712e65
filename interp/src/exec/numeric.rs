//! Generic handlers of computing rows: unary, binary, compare-and-branch, loop edge, select, wide arithmetic.
//!
//! One handler a shape; the row's semantics come from `num` through [`operation`], which `build.rs` generates.

use super::{
    Instruction,
    machine::{Cell, Exit, Flow, Machine, Put, Read, Slot},
};
use crate::trap::Trap;
use core::marker::PhantomData;

/// What a semantic function may return.
pub trait Outcome<T> {
    /// The value, or the trap.
    fn into_result(self) -> Result<T, Trap>;
}
impl<T> Outcome<T> for T {
    #[inline(always)]
    fn into_result(self) -> Result<T, Trap> {
        Ok(self)
    }
}
impl<T> Outcome<T> for Result<T, Trap> {
    #[inline(always)]
    fn into_result(self) -> Result<T, Trap> {
        self
    }
}
impl Outcome<i32> for bool {
    #[inline(always)]
    fn into_result(self) -> Result<i32, Trap> {
        Ok(i32::from(self))
    }
}

/// An operation of one operand.
pub trait Operation1 {
    /// Operand.
    type A: Cell;
    /// Result.
    type D: Cell;
    /// Its semantics.
    ///
    /// # Errors
    /// The trap, for operations that trap.
    fn eval(a: Self::A) -> Result<Self::D, Trap>;
}

/// An operation of two operands.
pub trait Operation2 {
    /// Left operand.
    type A: Cell;
    /// Right operand.
    type B: Cell;
    /// Result.
    type D: Cell;
    /// Its semantics.
    ///
    /// # Errors
    /// The trap, for operations that trap.
    fn eval(a: Self::A, b: Self::B) -> Result<Self::D, Trap>;
}

/// Two operations in a row.
pub trait Operation3 {
    /// All operands and results.
    type T: Cell;
    /// The second operation on the result of the first, of `a` and `b`, and on `c`.
    fn eval(a: Self::T, b: Self::T, c: Self::T) -> Self::T;
}

/// An operation on two 128-bit values.
pub trait WideOperation {
    /// Its semantics, on low and high halves.
    fn eval(a: [i64; 4]) -> (i64, i64);
}

/// An operation on two 64-bit values with a 128-bit result.
pub trait MulWideOperation {
    /// Its semantics.
    fn eval(a: [i64; 2]) -> (i64, i64);
}

/// The types of a load or store.
pub trait Access {
    /// The address, beside a constant offset.
    type Address: super::memory::Address;
    /// As it lies in memory.
    type Memory: super::memory::Scalar<Self::Value>;
    /// As it lies in a register or slot.
    type Value: Cell;
    /// How memory is touched.
    type Touch: super::memory::Touch;
}

/// One zero-sized type per computing row.
#[allow(missing_docs)]
pub mod operation {
    use super::super::atomic::{AtomicAccess, Rmw};
    use super::super::machine::Handle;
    use super::super::memory::Plain;
    use super::super::shared::Shared;
    #[cfg(feature = "simd")]
    use super::super::simd::*;
    use super::{Access, MulWideOperation, Operation1, Operation2, Operation3, Outcome, WideOperation};
    #[cfg(feature = "simd")]
    use crate::num::V128;
    use crate::{num, trap::Trap};
    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}

/// Result of one operand.
pub struct Unary<O, A, D>(PhantomData<(O, A, D)>);
impl<O: Operation1, A: Read, D: Put> Instruction for Unary<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the form's operands stand in this order.
        unsafe {
            let a = A::read::<O::A>(machine);
            match O::eval(a) {
                Ok(value) => {
                    D::put(machine, value);
                    Ok(())
                }
                Err(trap) => Err(Exit::trap(trap)),
            }
        }
    }
}

/// Result of two operands.
pub struct Binary<O, A, B, D>(PhantomData<(O, A, B, D)>);
impl<O: Operation2, A: Read, B: Read, D: Put> Instruction for Binary<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the form's operands stand in this order.
        unsafe {
            let a = A::read::<O::A>(machine);
            let b = B::read::<O::B>(machine);
            match O::eval(a, b) {
                Ok(value) => {
                    D::put(machine, value);
                    Ok(())
                }
                Err(trap) => Err(Exit::trap(trap)),
            }
        }
    }
}

/// Result of three operands: two operations in a row.
pub struct Chain<O, A, B, C, D>(PhantomData<(O, A, B, C, D)>);
impl<O: Operation3, A: Read, B: Read, C: Read, D: Put> Instruction for Chain<O, A, B, C, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the form's operands stand in this order.
        unsafe {
            let a = A::read::<O::T>(machine);
            let b = B::read::<O::T>(machine);
            let c = C::read::<O::T>(machine);
            D::put(machine, O::eval(a, b, c));
        }
        Ok(())
    }
}

/// Whether a comparison of two operands, or a test of one, came out not zero. Comparisons do not trap.
#[inline(always)]
fn holds<D: Cell + PartialEq<i32>>(result: Result<D, Trap>) -> bool {
    result.is_ok_and(|value| value != 0)
}

/// Goes to the branch target in the next field, or past it.
///
/// # Safety
/// The next field is a REL16, the last of the instruction, and its target a block start.
#[inline(always)]
pub unsafe fn branch_if(machine: &mut Machine, taken: bool) -> Flow {
    // SAFETY: the field exists, and its target was checked by `image::verify`.
    unsafe {
        if taken {
            let distance = machine.unit(0) as i16;
            machine.ip = machine.ip.offset(distance as isize);
        } else {
            machine.ip = machine.ip.add(1);
        }
    }
    Ok(())
}

macro_rules! branches { ($($(#[$doc:meta])* $name:ident($operation:ident, $($operand:ident),*) if $holds:literal;)*) => { $(
    $(#[$doc])*
    pub struct $name<O, $($operand),*>(PhantomData<(O, $($operand),*)>);
    impl<O: $operation<D = i32>, $($operand: Read),*> Instruction for $name<O, $($operand),*> {
        #[inline(always)]
        #[allow(non_snake_case)]
        unsafe fn run(machine: &mut Machine) -> Flow {
            // SAFETY: the form's operands stand in this order, the branch target last.
            unsafe {
                $(let $operand = $operand::read(machine);)*
                branch_if(machine, holds(O::eval($($operand),*)) == $holds)
            }
        }

        #[inline(always)]
        #[allow(non_snake_case)]
        unsafe fn then<Next: Instruction>(machine: &mut Machine) -> Flow {
            // SAFETY: as in `run`; behind the target field is the token of `Next`.
            unsafe {
                $(let $operand = $operand::read(machine);)*
                if holds(O::eval($($operand),*)) == $holds {
                    return branch_if(machine, true);
                }
                machine.ip = machine.ip.add(2);
                Next::run(machine)
            }
        }
    }
)* } }
branches! {
    /// Branch if a test holds.
    BranchIf1(Operation1, A) if true;
    /// Branch if a test does not hold.
    BranchUnless1(Operation1, A) if false;
    /// Branch if a comparison holds.
    BranchIf2(Operation2, A, B) if true;
    /// Branch if a comparison does not hold.
    BranchUnless2(Operation2, A, B) if false;
}

/// Types that a loop edge counts with.
pub trait Counter: Cell {
    /// Wrapping sum.
    fn add(self, step: Self) -> Self;
}
impl Counter for i32 {
    #[inline(always)]
    fn add(self, step: i32) -> i32 {
        self.wrapping_add(step)
    }
}
impl Counter for i64 {
    #[inline(always)]
    fn add(self, step: i64) -> i64 {
        self.wrapping_add(step)
    }
}

/// Adds the immediate in the field after next to the slot in the next field; the accumulator gets the sum.
///
/// # Safety
/// The next fields are a slot of type `T` and an immediate of one unit.
#[inline(always)]
pub unsafe fn step<T: Counter>(machine: &mut Machine) -> T {
    // SAFETY: as the caller promises; the slot was checked by `image::verify`.
    unsafe {
        let slot = machine.slot();
        let step = T::from_immediate(i64::from(machine.next16() as i16));
        let value = T::load(slot).add(step);
        value.store(slot);
        value.to_accumulator(machine);
        value
    }
}

/// Step of a local.
pub struct Step<T, X>(PhantomData<(T, X)>);
impl<T: Counter> Instruction for Step<T, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: slot, step.
        unsafe { step::<T>(machine) };
        Ok(())
    }
}

/// Steps of two locals.
pub struct StepTwo<T, X, Y>(PhantomData<(T, X, Y)>);
impl<T: Counter> Instruction for StepTwo<T, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: slot, step, slot, step.
        unsafe {
            step::<T>(machine);
            step::<T>(machine);
        }
        Ok(())
    }
}

/// Loop edge: slot += immediate, branch if the comparison of the slot with the operand holds.
pub struct LoopEdge<O, X, B>(PhantomData<(O, X, B)>);
impl<O: Operation2<D = i32>, X: Read, B: Read> Instruction for LoopEdge<O, X, B>
where
    O::A: Counter,
{
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: slot, step, operand, target; the slot was checked by `image::verify`.
        unsafe {
            let value = step::<O::A>(machine);
            let bound = B::read::<O::B>(machine);
            branch_if(machine, holds(O::eval(value, bound)))
        }
    }
}

/// Choice between two values by a condition.
pub struct Select<T, C, A, B, D>(PhantomData<(T, C, A, B, D)>);
impl<T: Cell, C: Read, A: Read, B: Read, D: Put> Instruction for Select<T, C, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the form's operands stand in this order.
        unsafe {
            let condition = C::read::<i32>(machine);
            let (a, b) = (A::read::<T>(machine), B::read::<T>(machine));
            D::put(machine, if condition != 0 { a } else { b });
        }
        Ok(())
    }
}

/// Operation on 128-bit values in pairs of slots. All operands are read before a result is written.
pub struct Wide<O, A, B, C, D, E, F>(PhantomData<(O, A, B, C, D, E, F)>);
impl<O: WideOperation> Instruction for Wide<O, Slot, Slot, Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: four operands and two results, all slots.
        unsafe {
            let operands = [machine.read(), machine.read(), machine.read(), machine.read()];
            let (low, high) = O::eval(operands);
            Slot::put(machine, low);
            Slot::put(machine, high);
        }
        Ok(())
    }
}

/// Wide product.
pub struct MulWide<O, A, B, C, D>(PhantomData<(O, A, B, C, D)>);
impl<O: MulWideOperation> Instruction for MulWide<O, Slot, Slot, Slot, Slot> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: two operands and two results, all slots.
        unsafe {
            let operands = [machine.read(), machine.read()];
            let (low, high) = O::eval(operands);
            Slot::put(machine, low);
            Slot::put(machine, high);
        }
        Ok(())
    }
}
