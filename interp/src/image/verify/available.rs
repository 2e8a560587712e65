//! What an image needs of the build that runs it: groups of features, all instructions' handlers.
//!
//! Sits beside the rules of `mod.rs`: [`verify`](super::verify) asks here first, and loading an image that was verified before, which
//! `embed_image!` makes, asks for nothing else.

use super::{NO_INSTRUCTION, error, is_table64, operand_types};
use crate::{
    error::{Error, ErrorKind},
    image::{ConstExpr, Func, Image, Options},
    isa,
    types::{ExternKind, GlobalIndex, MemoryIndex, TableIndex, ValType},
};

/// Refuses what the format can express and this version does not run.
pub(super) fn module(image: &Image<'_>) -> Result<(), Error> {
    let unsupported = |name| Err(Error::new(ErrorKind::Unsupported(name)));
    lacking(image)?;
    if image.options().contains(Options::LAZY) {
        return unsupported("image whose functions are yet to be translated: make one with eager compilation");
    }
    Ok(())
}

/// What the records of an image, beside its instructions, need of a build: bits of [`isa::table::group`].
pub fn needed_groups(image: &Image<'_>) -> u32 {
    let is_null = |index| image.table(TableIndex(index)).is_none_or(|table| table.init == ConstExpr::Zero);
    let has_refs = image.elem_exprs.len() != 0 || !(0..image.count(ExternKind::Table)).all(is_null);
    let memories = || (0..image.count(ExternKind::Memory)).map_while(|index| image.memory(MemoryIndex(index)));
    let has_64 = memories().any(|memory| memory.is_memory64)
        || (0..image.count(ExternKind::Table)).any(|index| is_table64(image, index) == Some(true));
    let memory64 = if has_64 { isa::table::group::MEMORY64 } else { 0 };
    let threads = if memories().any(|memory| memory.is_shared) { isa::table::group::THREADS } else { 0 };
    let refs = if has_refs { isa::table::group::REFERENCE_TYPES } else { 0 };
    let is_vector = |index| image.global(GlobalIndex(index)).is_some_and(|global| global.ty.content == ValType::V128);
    let has_vectors =
        operand_types(image).any(|ty| ty == ValType::V128) || (0..image.count(ExternKind::Global)).any(is_vector);
    let refs = refs | if has_vectors { isa::table::group::SIMD } else { 0 };
    refs | memory64 | threads | if image.hidden_funcs_count() != 0 { isa::table::group::EXTENDED_CONST } else { 0 }
}

/// Refuses an image whose records this build cannot instantiate, by the name of what it needs.
fn lacking(image: &Image<'_>) -> Result<(), Error> {
    const ALL: u32 = isa::table::group::REFERENCE_TYPES
        | isa::table::group::EXTENDED_CONST
        | isa::table::group::EXCEPTIONS
        | isa::table::group::MEMORY64
        | isa::table::group::THREADS
        | isa::table::group::SIMD;
    if isa::GROUPS & ALL == ALL {
        return Ok(());
    }
    let lacking = needed_groups(image) & !isa::GROUPS;
    match isa::table::group::NAMES.get(lacking.trailing_zeros() as usize) {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name))),
        None => Ok(()),
    }
}

/// Refuses an image with an instruction that this build has no handler for, by the name of what it needs. In builds that have them
/// all there is nothing to look at. [`verify`] refuses those too.
///
/// # Errors
/// `Unsupported` with that name; `Image` with `Code` if there is no instruction where one should be.
pub fn available(image: &Image<'_>) -> Result<(), Error> {
    if isa::IS_COMPLETE {
        return Ok(());
    }
    lacking(image)?;
    for_each_instruction(image, |func, token| match isa::unavailable(token) {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name)).in_func(func.index.0)),
        None => Ok(()),
    })
}

/// Calls `visit` with the token of each instruction of each function, in the order of the code; what superinstructions stand for, in their
/// place.
///
/// # Errors
/// Those of `visit`; `Image` with `Code` if there is no instruction where one should be.
pub fn for_each_instruction<'a>(
    image: &Image<'a>,
    mut visit: impl FnMut(&Func<'a>, u16) -> Result<(), Error>,
) -> Result<(), Error> {
    for func in image.code_funcs() {
        let code = image.code().get(..func.end as usize).unwrap_or(&[]);
        let mut at = func.entry as usize;
        while let Some(&token) = code.get(at) {
            let token = isa::first_of(token);
            visit(&func, token)?;
            at += isa::length(code, at, token).ok_or_else(|| error(image, &func, at, NO_INSTRUCTION.into()))?;
        }
    }
    Ok(())
}
