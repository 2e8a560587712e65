//! What an image needs of the build that runs it: groups of features, all instructions' handlers.
//!
//! Sits beside the rules of `mod.rs`: [`verify`](super::verify) asks here first, and loading an image that was verified before, which
//! `embed_image!` makes, asks for nothing else.

use super::{NO_INSTRUCTION, error, indices::is_table64, operand_types};
use crate::{
    error::{Error, ErrorKind},
    image::{ConstExpr, Func, Image, Options},
    isa::{self, table::group},
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

/// What the records of an image, beside its instructions, need of a build: bits of [`group`].
pub fn needed_groups(image: &Image<'_>) -> u32 {
    needed(image, u32::MAX)
}

/// Those of them that are among `groups`. Inlined, so that nobody looks for what is not asked for.
#[inline(always)]
fn needed(image: &Image<'_>, groups: u32) -> u32 {
    let any = |kind, is_it: &dyn Fn(u32) -> bool| (0..image.count(kind)).any(is_it);
    let memory = |index| image.memory(MemoryIndex(index));
    let if_any = |group: u32, is_needed: &dyn Fn() -> bool| if groups & group != 0 && is_needed() { group } else { 0 };
    if_any(group::REFERENCE_TYPES, &|| {
        let is_null = |index| image.table(TableIndex(index)).is_none_or(|table| table.init == ConstExpr::Zero);
        image.elem_exprs.len() != 0 || any(ExternKind::Table, &|index| !is_null(index))
    }) | if_any(group::EXTENDED_CONST, &|| image.hidden_funcs_count() != 0)
        | if_any(group::EXCEPTIONS, &|| image.count(ExternKind::Tag) != 0)
        | if_any(group::FAR_MEMORY, &|| image.count(ExternKind::Memory) > 1)
        | if_any(group::MEMORY64, &|| {
            any(ExternKind::Memory, &|index| memory(index).is_some_and(|memory| memory.is_memory64))
                || any(ExternKind::Table, &|index| is_table64(image, index) == Some(true))
        })
        | if_any(group::THREADS, &|| {
            any(ExternKind::Memory, &|index| memory(index).is_some_and(|memory| memory.is_shared))
        })
        | if_any(group::SIMD, &|| {
            let global = |index| image.global(GlobalIndex(index));
            operand_types(image).any(|ty| ty == ValType::V128)
                || any(ExternKind::Global, &|index| global(index).is_some_and(|of| of.ty.content == ValType::V128))
        })
}

/// Refuses an image whose records this build cannot instantiate, by the name of what it needs.
fn lacking(image: &Image<'_>) -> Result<(), Error> {
    let lacking = needed(image, !isa::GROUPS);
    match group::NAMES.get(lacking.trailing_zeros() as usize) {
        Some(name) => Err(Error::new(ErrorKind::Unsupported(name))),
        None => Ok(()),
    }
}

/// Refuses an image with an instruction that this build has no handler for, by the name of what it needs. In builds that have them
/// all there is nothing to look at. [`super::verify`] refuses those too.
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
