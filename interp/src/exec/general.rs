//! The one arm of the match, where code size counts, that serves all instructions without an arm of their own: it reads in tables
//! what the others have in their code.
//!
//! build.rs lays out the tables from `isa/table.rs`. Instructions of rows of one shape with the same types, whose tokens follow one another, are a
//! *run*; a run has letters for each of its forms, which are decoded one by one, and says what is then to be done with the values. This
//! takes some hundred machine instructions where an arm takes ten, and two bytes or none of flash where an arm takes thirty; so what is executed most, by
//! a list (`isa/hot.txt`), has arms.
//!
//! All values are 64 bits here, of which those of 32 bits use the lower half; accumulators are places in the context, as slots are in the frame.

#[cfg(feature = "gc")]
use super::gc;
#[cfg(feature = "simd")]
use super::machine::Cell;
#[allow(unused_imports)] // Builds of level base have no rows of two operations.
use super::numeric::Operation3;
use super::{
    Instruction,
    context::{Context, OPERANDS},
    control::Header,
    machine::{Exit, Flow, Machine, read32},
    numeric::{Operation1, Operation2, operation},
    rodata,
};
#[cfg(feature = "simd")]
use crate::num::V128;
use crate::trap::Trap;
use core::marker::PhantomData;

/// Instructions of rows of one shape with the same types.
struct Run {
    /// The first one's token.
    token: u16,
    /// Where in [`LETTERS`] the forms begin.
    letters: u16,
    /// Number of forms of each row.
    forms: u8,
    /// Per letter whether its operand is of 64 bits, in the lower four bits, and whether it is a float, in the upper.
    types: u8,
    /// What is to be done: see [`what`].
    what: u8,
    /// Number of the first row's operation in its function, or place of its access in [`ACCESSES`].
    first: u8,
}

/// What letters mean, as build.rs numbers them. Those with a place have it in their two lowest bits.
mod letter {
    /// The place is the accumulator of the type.
    pub const ACCUMULATOR: u16 = 1;
    /// A slot.
    pub const SLOT: u16 = 2;
    /// A global of this module.
    pub const GLOBAL: u16 = 3;
    // These and 4: the result goes there.
    /// The result goes to a slot and the accumulator.
    pub const TO_BOTH: u16 = 8 | SLOT;
    /// A slot to which an immediate of one unit is added; the sum also goes to the accumulator, and is an operand.
    pub const STEP: u16 = 12 | SLOT;
    /// An immediate of one unit is an operand.
    pub const IMMEDIATE16: u16 = 8;
    /// Of two units.
    pub const IMMEDIATE32: u16 = 9;
    /// Of four units.
    pub const IMMEDIATE64: u16 = 11;
    /// An offset of one unit, behind all parts of the address.
    pub const OFFSET: u16 = 12;
    /// A memory and an offset of two units, or four if addresses have 64 bits, behind the address.
    pub const FAR: u16 = 13;
    /// Branch target.
    pub const BRANCH: u16 = 15;
    /// Nothing: an offset that is absent.
    pub const NOTHING: u16 = 4;
}

/// What is done with operands, as build.rs numbers it; other numbers are functions of operations.
mod what {
    /// The first is the result.
    pub const MOVE: u8 = 0;
    /// The first chooses between the others.
    pub const SELECT: u8 = 1;
    /// The first is an address that is loaded from.
    pub const LOAD: u8 = 2;
    /// The first is an address that the second is stored to.
    pub const STORE: u8 = 3;
    /// The first is a structure, the second its type, the third the offset of a field. Those with 1 more write the value behind.
    #[cfg(feature = "gc")]
    pub const FIELD_GET: u8 = 4;
    /// The first is an array, the second an index. Those with 1 more write the value behind.
    #[cfg(feature = "gc")]
    pub const ELEMENT_GET: u8 = 6;
    /// The first function.
    #[cfg(feature = "gc")]
    pub const FUNCTIONS: u8 = 8;
    /// Set if a branch is taken where the operation gives 0.
    pub const UNLESS: u8 = 0x80;
}

/// Operands.
type Values = [u64; OPERANDS];

/// A value as it is in 64 bits.
trait Bits: Copy {
    /// From the lower bits.
    fn of(bits: u64) -> Self;
    /// With anything above.
    fn bits(self) -> u64;
}
macro_rules! bits { ($($ty:ty, $bits:ident => $of:expr, $value:ident => $to:expr;)*) => { $(
    impl Bits for $ty {
        #[inline(always)]
        fn of($bits: u64) -> $ty { $of }
        #[inline(always)]
        fn bits(self) -> u64 { let $value = self; $to }
    }
)* } }
bits! {
    i32, bits => bits as i32, value => u64::from(value as u32);
    i64, bits => bits as i64, value => value as u64;
    f32, bits => f32::from_bits(bits as u32), value => u64::from(value.to_bits());
    f64, bits => f64::from_bits(bits), value => value.to_bits();
}

/// Puts the result in the place of the first operand. 0, or the trap.
#[inline(always)]
fn finish<T: Bits>(values: &mut Values, result: Result<T, Trap>) -> u32 {
    match result {
        Ok(value) => {
            values[0] = value.bits();
            0
        }
        Err(trap) => trap as u32,
    }
}

include!(concat!(env!("OUT_DIR"), "/general.rs"));

/// Any instruction without an arm of its own.
pub struct General;
impl Instruction for General {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the token is behind; it is one of the runs', for all others have arms.
        unsafe {
            let (ip, r0) = general(machine.cx, machine.fp, machine.ip, machine.r0);
            if ip.is_null() {
                return Err(Exit(r0));
            }
            (machine.ip, machine.r0) = (ip, r0);
        }
        Ok(())
    }
}

/// Executes the instruction whose fields begin at `ip`, with the lower half of r0, which stands nowhere else; gives where the next one is and r0 after it, or
/// null and the trap.
///
/// # Safety
/// As for [`Instruction::run`]; the instruction is one of [`RUNS`].
#[inline(never)]
unsafe fn general(cx: *mut Context, fp: *mut u8, ip: *const u16, r0: u32) -> (*const u16, u32) {
    // SAFETY: as the caller promises; what is decoded is of this instruction.
    unsafe {
        let (ip, operation) = decode(cx, fp, ip, r0);
        if ip.is_null() {
            return (ip, operation);
        }
        if operation != u32::from(what::MOVE) {
            let what = operation as u8 & !what::UNLESS;
            #[cfg(feature = "gc")]
            let trap = if what < what::FUNCTIONS {
                object(cx, what, operation >> 8)
            } else {
                operate(what, operation >> 8, &mut (*cx).decoded.values)
            };
            #[cfg(not(feature = "gc"))]
            let trap = operate(what, operation >> 8, &mut (*cx).decoded.values);
            if trap != 0 {
                return (core::ptr::null(), trap);
            }
        }
        put(cx, ip, operation)
    }
}

/// Puts the result where it belongs, or branches: gives what [`general`] does. Apart, as that has the operation below itself on the native stack, and those on
/// floats take most.
///
/// # Safety
/// As for [`general`].
#[cfg_attr(feature = "floats", inline(never))]
unsafe fn put(cx: *mut Context, mut ip: *const u16, operation: u32) -> (*const u16, u32) {
    // SAFETY: as the caller promises.
    unsafe {
        let decoded = &(*cx).decoded;
        let value = decoded.values[0];
        if !decoded.result.is_null() {
            store(decoded.result, value, decoded.is_wide_result);
            store(decoded.also, value, decoded.is_wide_result);
        } else if !decoded.target.is_null() && (value as u32 != 0) != (operation & u32::from(what::UNLESS) != 0) {
            ip = decoded.target;
        }
        (ip, (*cx).saved.r0 as u32)
    }
}

/// Decodes the instruction for [`general`], and does what needs no operation: gives where the next one is, and what is left to do, or null and the
/// trap. What is left is a number of [`what`], in the lowest byte, and that of the operation. Apart, so that what this
/// takes of the native stack is given back before the operation runs.
///
/// # Safety
/// As for [`general`].
#[inline(never)]
unsafe fn decode(cx: *mut Context, fp: *mut u8, mut ip: *const u16, r0: u32) -> (*const u16, u32) {
    // SAFETY: the verifier has checked the fields that the form has, in this order, against the frame and the instance; letters
    // stem from the same table. Memory is touched inside its length only.
    unsafe {
        let token = *ip.sub(1);
        let mut run = RUNS.as_ptr().add(usize::from(*STARTS.as_ptr().add(usize::from(token / STRIDE))));
        while (*run.add(1)).token <= token {
            run = run.add(1);
        }
        let run = &*run;
        let (number, forms) = (u32::from(token - run.token), u32::from(run.forms));
        core::hint::assert_unchecked(forms != 0);
        let (row, form) = (number / forms, number % forms);
        let mut letters = *LETTERS.as_ptr().add(usize::from(run.letters) + form as usize);
        let integer = (&raw mut (*cx).saved.r0).cast::<u32>();
        *integer = r0;
        let (mut memory, mut len, mut named) = ((*cx).memory_base, (*cx).memory_len, 0);
        let decoded = &mut (*cx).decoded;
        // What no operand sets: the second part of an address, and where nothing goes.
        decoded.values[1] = 0;
        (decoded.result, decoded.target) = (core::ptr::null_mut(), core::ptr::null());
        let mut next = decoded.values.as_mut_ptr();
        let mut types = run.types;
        while letters != 0 {
            let (letter, is_wide) = (letters & 15, types & 1 != 0);
            let field = *ip;
            let accumulator = if types & 16 != 0 { (&raw mut (*cx).saved.f0).cast() } else { integer };
            let (place, mut units) = match letter & 3 {
                letter::ACCUMULATOR => (accumulator, 0),
                letter::SLOT => (fp.add(usize::from(field)).cast(), 1),
                _ => ((*cx).own_globals.wrapping_add(usize::from(field)).cast(), 1),
            };
            let mut value = None;
            match letter {
                letter::ACCUMULATOR | letter::SLOT | letter::GLOBAL => value = Some(load(place, is_wide)),
                letter::STEP => {
                    let sum = load(place, is_wide).wrapping_add(i64::from(*ip.add(1) as i16) as u64);
                    store(place, sum, is_wide);
                    store(accumulator, sum, is_wide);
                    (value, units) = (Some(sum), 2);
                }
                letter::IMMEDIATE16 => value = Some(i64::from(field as i16) as u64),
                letter::IMMEDIATE32 => (value, units) = (Some(i64::from(read32(ip) as i32) as u64), 2),
                letter::IMMEDIATE64 => {
                    (value, units) = (Some(u64::from(read32(ip)) | u64::from(read32(ip.add(2))) << 32), 4);
                }
                letter::OFFSET | letter::NOTHING | letter::FAR => {
                    // The address, which may be a sum of two, is the first operand; it is as wide as the type of memory says.
                    let is_wide_address = cfg!(feature = "memory64") && run.types & 1 != 0;
                    let sum = decoded.values[0].wrapping_add(decoded.values[1]);
                    let address = if is_wide_address { sum } else { u64::from(sum as u32) };
                    let mut offset = u64::from(field);
                    if letter == letter::NOTHING {
                        (offset, units) = (0, 0);
                    } else if letter == letter::FAR && cfg!(feature = "far-memory") {
                        let entity = &*(*cx).memories.add(*(*cx).spaces.memories.add(usize::from(field)) as usize);
                        (memory, len, named) = (entity.base, entity.len, usize::from(field));
                        (offset, units) = (u64::from(read32(ip.add(1))), 3);
                        if is_wide_address {
                            (offset, units) = (offset | u64::from(read32(ip.add(3))) << 32, 5);
                        }
                    }
                    next = decoded.values.as_mut_ptr();
                    // A sum that is too large is no place in any memory.
                    value = Some(address.saturating_add(offset));
                }
                letter::BRANCH => decoded.target = ip.offset(isize::from(field as i16)),
                _ => {
                    (decoded.result, decoded.is_wide_result) = (place, is_wide);
                    decoded.also = if letter == letter::TO_BOTH { accumulator } else { place };
                }
            }
            if let Some(value) = value {
                *next = value;
                next = next.add(1);
            }
            ip = ip.add(units);
            (letters, types) = (letters >> 4, types >> 1);
        }
        let values = &mut decoded.values;
        match run.what {
            what::MOVE => (ip, u32::from(what::MOVE)),
            what::SELECT => {
                values[0] = if values[0] as u32 != 0 { values[1] } else { values[2] };
                (ip, u32::from(what::MOVE))
            }
            what::LOAD | what::STORE => {
                let access = *ACCESSES.as_ptr().add(usize::from(run.first) + row as usize);
                let beyond = |start, size, is_store| {
                    // No window is in a memory with addresses of 64 bits.
                    let start = usize::try_from(start).unwrap_or(usize::MAX);
                    let entity = (*cx).memories.add(*(*cx).spaces.memories.add(named) as usize);
                    rodata::beyond(entity, start, size as usize, is_store)
                };
                let trap = self::access((memory, len), beyond, access, run.what == what::STORE, values);
                if trap == 0 { (ip, u32::from(what::MOVE)) } else { (core::ptr::null(), trap) }
            }
            function => (ip, u32::from(function) | (u32::from(run.first) + row) << 8),
        }
    }
}

/// Reads a value; the upper half of one of 32 bits is 0.
///
/// # Safety
/// One or two words are there.
#[inline(never)]
unsafe fn load(place: *const u32, is_wide: bool) -> u64 {
    // SAFETY: as the caller promises.
    unsafe { u64::from(*place) | if is_wide { u64::from(*place.add(1)) << 32 } else { 0 } }
}

/// Writes a value.
///
/// # Safety
/// As for [`load`].
#[inline(never)]
unsafe fn store(place: *mut u32, value: u64, is_wide: bool) {
    // SAFETY: as the caller promises.
    unsafe {
        *place = value as u32;
        if is_wide {
            *place.add(1) = (value >> 32) as u32;
        }
    }
}

/// Loads from the address that the first value is, or stores the second there; `access` is one of [`ACCESSES`]. What is not below the memory's
/// length may be where `beyond` says. 0, or the trap.
///
/// # Safety
/// The memory has `len` bytes.
#[inline(always)]
unsafe fn access(
    (memory, len): (*mut u8, usize),
    beyond: impl FnOnce(u64, u32, bool) -> Option<*mut u8>,
    access: u8,
    is_store: bool,
    values: &mut Values,
) -> u32 {
    let bytes = 1_u32 << (access & 3);
    let mut place = memory.wrapping_add(values[0] as usize);
    if values[0].checked_add(u64::from(bytes)).is_none_or(|end| end > len as u64) {
        let Some(beyond) = beyond(values[0], bytes, is_store) else { return Trap::MemoryOutOfBounds as u32 };
        place = beyond;
    }
    // SAFETY: the bytes are inside.
    unsafe { touch(place, access, is_store, values) };
    0
}

/// Reads into the first value, or writes the second.
///
/// # Safety
/// As many bytes as [`access`] says, which need not be aligned, are there.
#[cfg_attr(feature = "gc", inline(never))]
#[cfg_attr(not(feature = "gc"), inline(always))]
unsafe fn touch(place: *mut u8, access: u8, is_store: bool, values: &mut Values) {
    let bytes = 1_u32 << (access & 3);
    // SAFETY: as the caller promises.
    unsafe {
        if is_store {
            let value = values[1];
            match bytes {
                1 => place.write(value as u8),
                2 => place.cast::<u16>().write_unaligned(value as u16),
                4 => place.cast::<u32>().write_unaligned(value as u32),
                _ => place.cast::<u64>().write_unaligned(value),
            }
            return;
        }
        let mut low = match bytes {
            1 => u32::from(*place),
            2 => u32::from(place.cast::<u16>().read_unaligned()),
            _ => place.cast::<u32>().read_unaligned(),
        };
        let mut high = if bytes == 8 { place.add(4).cast::<u32>().read_unaligned() } else { 0 };
        if access & 4 != 0 {
            let unused = 32 - 8 * bytes;
            low = ((low << unused) as i32 >> unused) as u32;
            high = (low as i32 >> 31) as u32;
        }
        values[0] = u64::from(low) | u64::from(high) << 32;
    }
}

/// Reads or writes a field or an element, whose access has a number in [`ACCESSES`]. 0, or the trap.
///
/// # Safety
/// The operands of the instruction are decoded.
#[cfg(feature = "gc")]
#[inline(never)]
unsafe fn object(cx: *mut Context, what: u8, number: u32) -> u32 {
    // SAFETY: the verifier has seen that the type is one of structures, with such a field at the offset. The object is checked.
    unsafe {
        let access = *ACCESSES.as_ptr().add(number as usize);
        let mut machine = Machine::resume(cx);
        let values = &mut (*cx).decoded.values;
        let [handle, second, third, fourth] = *values;
        let (place, value) = if what < what::ELEMENT_GET {
            (gc::field_at(&mut machine, handle as u32, second as u32, third as u16), fourth)
        } else {
            (gc::element_at(&machine, handle as u32, second as u32, (u32::from(access >> 4), access & 3)), third)
        };
        match place {
            Ok(place) => {
                values[1] = value;
                touch(place, access & 7, what & 1 != 0, values);
                0
            }
            Err(exit) => exit.0,
        }
    }
}

/// An instruction as a function of its own, for those whose code would take registers, or native stack, of all arms if it stood in the loop: on
/// vectors, atomic ones, on objects. They go on to the next instruction, trap, or are to be executed again when there is room for an object.
pub struct Apart<I>(PhantomData<I>);
impl<I: Instruction> Instruction for Apart<I> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: as the caller promises.
        unsafe {
            let (ip, r0) = apart::<I>(machine.cx, machine.fp, machine.ip, machine.r0);
            if ip.is_null() {
                if cfg!(feature = "gc") && r0 == Exit::COLLECT.0 {
                    machine.ip = machine.ip.sub(1);
                }
                return Err(Exit(r0));
            }
            (machine.ip, machine.r0) = (ip, r0);
        }
        Ok(())
    }
}

/// Executes `I`, whose fields begin at `ip`, with the lower half of r0; gives what [`general`] does.
///
/// # Safety
/// As for [`Instruction::run`].
#[inline(never)]
unsafe fn apart<I: Instruction>(cx: *mut Context, fp: *mut u8, ip: *const u16, r0: u32) -> (*const u16, u32) {
    // SAFETY: as the caller promises; what else the machine has is in the context.
    unsafe {
        let mut machine = Machine { ip, fp, r0, ..Machine::resume(cx) };
        match I::run(&mut machine) {
            Ok(()) => (machine.ip, machine.r0),
            Err(exit) => {
                debug_assert!(
                    exit.as_trap().is_some() || exit == Exit::COLLECT,
                    "what goes on later where it ends is not apart: {exit:?}"
                );
                (core::ptr::null(), exit.0)
            }
        }
    }
}

/// Operands of an operation on vectors; the first becomes the result.
#[cfg(feature = "simd")]
type Vectors = [V128; 3];

/// An operation on vectors alone, whatever its form.
#[cfg(feature = "simd")]
pub trait VectorOperation {
    /// How many it takes.
    const OPERANDS: usize;
    /// Puts the result in the place of the first.
    fn compute(values: &mut Vectors);
}

#[cfg(feature = "simd")]
macro_rules! vector_operations { ($($(#[$doc:meta])* $name:ident $operands:literal $bound:path: |$values:ident| $result:expr;)*) => { $(
    $(#[$doc])*
    pub struct $name<O>(PhantomData<O>);
    impl<O: $bound> VectorOperation for $name<O> {
        const OPERANDS: usize = $operands;
        fn compute($values: &mut Vectors) {
            if let Ok(result) = $result {
                $values[0] = result;
            }
        }
    }
)* } }
#[cfg(feature = "simd")]
vector_operations! {
    /// Of one vector.
    Vector1 1 Operation1<A = V128, D = V128>: |values| O::eval(values[0]);
    /// Of two.
    Vector2 2 Operation2<A = V128, B = V128, D = V128>: |values| O::eval(values[0], values[1]);
    /// Of three.
    Vector3 3 Operation3<T = V128>: |values| Ok::<V128, Trap>(O::eval(values[0], values[1], values[2]));
}

/// An operation on vectors in any form. What its operands are the token says, as tokens of forms follow one another from `FIRST` on; `FORMS` has four bits
/// for each: which operands are slots, and in the fourth whether the result goes to one too.
#[cfg(feature = "simd")]
pub struct VectorByForm<O, const FIRST: u16, const FORMS: u32>(PhantomData<O>);
#[cfg(feature = "simd")]
impl<O: VectorOperation, const FIRST: u16, const FORMS: u32> Instruction for VectorByForm<O, FIRST, FORMS> {
    #[inline(always)]
    unsafe fn run(machine: &mut Machine) -> Flow {
        // SAFETY: the token is behind, and one of the row's.
        unsafe {
            let form = u32::from((*machine.ip.sub(1)).wrapping_sub(FIRST));
            machine.ip = vectors(machine.cx, machine.fp, machine.ip, FORMS >> (4 * form), O::OPERANDS, O::compute);
        }
        Ok(())
    }
}

/// Executes an operation on vectors whose fields begin at `ip`; gives where the next instruction is.
///
/// # Safety
/// As for [`Instruction::run`], of the form that the lower four bits of `letters` say.
#[cfg(feature = "simd")]
#[inline(never)]
unsafe fn vectors(
    cx: *mut Context,
    fp: *mut u8,
    mut ip: *const u16,
    letters: u32,
    operands: usize,
    compute: fn(&mut Vectors),
) -> *const u16 {
    // SAFETY: the verifier has checked the slots against the frame; here v0 rests in the context.
    unsafe {
        let mut values: Vectors = [V128::ZERO; 3];
        for (index, value) in values.iter_mut().enumerate().take(operands) {
            *value = if letters >> index & 1 != 0 {
                let slot = fp.add(usize::from(*ip));
                ip = ip.add(1);
                V128::load(slot)
            } else {
                (*cx).v0.into()
            };
        }
        compute(&mut values);
        (*cx).v0 = values[0].into();
        if letters & 8 != 0 {
            values[0].store(fp.add(usize::from(*ip)));
            ip = ip.add(1);
        }
        ip
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
