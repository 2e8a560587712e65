//! What vectors add to the handlers: the accumulator v0, how vectors lie in slots and memory, and handlers whose operands are immediates of
//! another kind. Everything else about vectors is rows of shapes that other values have too.

use super::{
    Instruction,
    machine::{Cell, Flow, Machine, Put, Read, read32},
    memory::Scalar,
    variable::any,
};
use crate::num::{self, V128};
use core::marker::PhantomData;

impl Cell for V128 {
    #[inline(always)]
    fn from_accumulator(machine: &Machine) -> V128 {
        #[cfg(dispatch = "tail")]
        {
            machine.v0
        }
        #[cfg(not(dispatch = "tail"))]
        {
            machine.context().v0.into()
        }
    }
    #[inline(always)]
    fn to_accumulator(self, machine: &mut Machine) {
        #[cfg(dispatch = "tail")]
        {
            machine.v0 = self;
        }
        #[cfg(not(dispatch = "tail"))]
        // SAFETY: no borrow of the context outlives a handler's use of it: see `context`.
        unsafe {
            (*machine.cx).v0 = self.into();
        }
    }
    /// Nothing has such an immediate; the low half.
    #[inline(always)]
    fn from_immediate(value: i64) -> V128 {
        [value, 0].into()
    }
    #[inline(always)]
    unsafe fn load(slot: *const u8) -> V128 {
        // SAFETY: the caller promises 16 readable bytes, aligned to four: on 64-bit machines one unaligned read, on 32-bit ones
        // four aligned reads.
        unsafe {
            if cfg!(target_pointer_width = "64") {
                slot.cast::<V128>().read_unaligned()
            } else {
                slot.cast::<[u32; 4]>().read().into()
            }
        }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u8) {
        // SAFETY: the caller promises 16 writable bytes, aligned to four; see `load`.
        unsafe {
            if cfg!(target_pointer_width = "64") {
                slot.cast::<V128>().write_unaligned(self);
            } else {
                slot.cast::<[u32; 4]>().write(self.into());
            }
        }
    }
}

impl Scalar<V128> for V128 {
    #[inline(always)]
    fn extend(self) -> V128 {
        self
    }
    #[inline(always)]
    fn wrap(value: V128) -> V128 {
        value
    }
}

/// What lies in memory and becomes a vector; nothing of the kind is stored.
macro_rules! loaded { ($($(#[$doc:meta])* $name:ident($memory:ty) |$value:ident| $vector:expr;)*) => { $(
    $(#[$doc])*
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub struct $name($memory);
    impl Scalar<V128> for $name {
        #[inline(always)]
        fn extend(self) -> V128 {
            let $value = self.0;
            $vector
        }
        #[inline(always)]
        fn wrap(_: V128) -> $name {
            unreachable!("no row stores such a value")
        }
    }
)* } }
loaded! {
    /// Eight lanes of 8 bits, to be sign-extended.
    Load8x8S(u64) |value| num::i16x8_extend_low_i8x16_s([value, 0].into());
    /// Eight lanes of 8 bits, to be zero-extended.
    Load8x8U(u64) |value| num::i16x8_extend_low_i8x16_u([value, 0].into());
    /// Four lanes of 16 bits, to be sign-extended.
    Load16x4S(u64) |value| num::i32x4_extend_low_i16x8_s([value, 0].into());
    /// Four lanes of 16 bits, to be zero-extended.
    Load16x4U(u64) |value| num::i32x4_extend_low_i16x8_u([value, 0].into());
    /// Two lanes of 32 bits, to be sign-extended.
    Load32x2S(u64) |value| num::i64x2_extend_low_i32x4_s([value, 0].into());
    /// Two lanes of 32 bits, to be zero-extended.
    Load32x2U(u64) |value| num::i64x2_extend_low_i32x4_u([value, 0].into());
    /// A byte for all lanes.
    Load8Splat(u8) |value| [value; 16].into();
    /// Two bytes for all lanes.
    Load16Splat(u16) |value| [value; 8].into();
    /// Four bytes for all lanes.
    Load32Splat(u32) |value| [value; 4].into();
    /// Eight bytes for all lanes.
    Load64Splat(u64) |value| [value; 2].into();
    /// Four bytes, to be zero-extended.
    Load32Zero(u32) |value| [value, 0, 0, 0].into();
    /// Eight bytes, to be zero-extended.
    Load64Zero(u64) |value| [value, 0].into();
}

/// A lane of a vector.
pub trait ExtractOperation {
    /// The lane's value.
    type D: Cell;
    /// Its semantics.
    fn eval(a: V128, lane: u16) -> Self::D;
}

/// A vector with a lane replaced.
pub trait ReplaceOperation {
    /// The lane's value.
    type B: Cell;
    /// Its semantics.
    fn eval(a: V128, lane: u16, b: Self::B) -> V128;
}

/// The next eight fields as a vector.
///
/// # Safety
/// The current instruction has two operands of 64 bits here.
#[inline(always)]
unsafe fn immediate(machine: &mut Machine) -> V128 {
    // SAFETY: as the caller promises.
    unsafe {
        let units = machine.ip;
        machine.ip = units.add(8);
        if cfg!(target_pointer_width = "64") {
            units.cast::<V128>().read_unaligned()
        } else {
            [read32(units), read32(units.add(2)), read32(units.add(4)), read32(units.add(6))].into()
        }
    }
}

/// Constant vector.
pub struct VectorConst<D>(PhantomData<D>);
impl<D: Put> Instruction for VectorConst<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: both halves, result.
        unsafe {
            let value = immediate(machine);
            D::put(machine, value);
        }
        Ok(())
    }
}

/// Bytes of two vectors by number.
pub struct Shuffle<A, B, D>(PhantomData<(A, B, D)>);
impl<A: Read, B: Read, D: Put> Instruction for Shuffle<A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: two vectors, the numbers, result.
        unsafe {
            let (a, b) = (A::read::<V128>(machine), B::read::<V128>(machine));
            let lanes = immediate(machine);
            D::put(machine, num::i8x16_shuffle(a, b, lanes));
        }
        Ok(())
    }
}

/// A lane of a vector.
pub struct ExtractLane<O, A, D>(PhantomData<(O, A, D)>);
impl<O: ExtractOperation, A: Read, D: Put> Instruction for ExtractLane<O, A, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: vector, number of the lane, result.
        unsafe {
            let a = A::read::<V128>(machine);
            let lane = machine.next16();
            D::put(machine, O::eval(a, lane));
        }
        Ok(())
    }
}

/// A vector with a lane replaced.
pub struct ReplaceLane<O, A, B, D>(PhantomData<(O, A, B, D)>);
impl<O: ReplaceOperation, A: Read, B: Read, D: Put> Instruction for ReplaceLane<O, A, B, D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: vector, number of the lane, value, result.
        unsafe {
            let a = A::read::<V128>(machine);
            let lane = machine.next16();
            let b = B::read::<O::B>(machine);
            D::put(machine, O::eval(a, lane, b));
        }
        Ok(())
    }
}

/// Place of the vector in the global whose index is the next field.
///
/// # Safety
/// The next field is the index of a global that holds a vector.
#[inline(always)]
unsafe fn global(machine: &mut Machine) -> *mut [u32; 4] {
    // SAFETY: `image::verify` checked index and type; `store::global` gave the number of a vector that is there.
    unsafe {
        let number = (*any(machine)).bits;
        machine.context().vectors.add(number as usize)
    }
}

/// global.get of a vector.
pub struct VectorGlobalGet<D>(PhantomData<D>);
impl<D: Put> Instruction for VectorGlobalGet<D> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, result.
        unsafe {
            let value = *global(machine);
            D::put(machine, V128::from(value));
        }
        Ok(())
    }
}

/// global.set of a vector.
pub struct VectorGlobalSet<A>(PhantomData<A>);
impl<A: Read> Instruction for VectorGlobalSet<A> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: fields: global, value.
        unsafe {
            let place = global(machine);
            *place = A::read::<V128>(machine).into();
        }
        Ok(())
    }
}
