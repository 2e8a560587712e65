//! What an image needs of the build that runs it: groups of features, all instructions' handlers.
//!
//! Sits beside the rules of `mod.rs`: [`verify`](super::verify) asks here first, and loading an image that was verified before, which
//! `embed_image!` makes, asks for nothing else.

use super::{NO_INSTRUCTION, error, operand_types};
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

/// What [`needed_groups`] looks for.
const OF_RECORDS: u32 = group::REFERENCE_TYPES
    | group::EXTENDED_CONST
    | group::EXCEPTIONS
    | group::FAR_MEMORY
    | group::MEMORY64
    | group::THREADS
    | group::SIMD;

/// What the records of an image, beside its instructions, need of a build: bits of [`group`].
pub fn needed_groups(image: &Image<'_>) -> u32 {
    let tables = || (0..image.count(ExternKind::Table)).map_while(|index| image.table(TableIndex(index)));
    let memories = || (0..image.count(ExternKind::Memory)).map_while(|index| image.memory(MemoryIndex(index)));
    let mut globals = (0..image.count(ExternKind::Global)).map_while(|index| image.global(GlobalIndex(index)));
    let has_refs = image.elem_exprs.len() != 0 || tables().any(|table| table.init != ConstExpr::Zero);
    let has_64 = memories().any(|memory| memory.is_memory64) || tables().any(|table| table.ty.is_table64);
    let has_vectors =
        operand_types(image).any(|ty| ty == ValType::V128) || globals.any(|global| global.ty.content == ValType::V128);
    let needs = [
        (has_refs, group::REFERENCE_TYPES),
        (image.hidden_funcs_count() != 0, group::EXTENDED_CONST),
        (image.count(ExternKind::Tag) != 0, group::EXCEPTIONS),
        (image.count(ExternKind::Memory) > 1, group::FAR_MEMORY),
        (has_64, group::MEMORY64),
        (memories().any(|memory| memory.is_shared), group::THREADS),
        (has_vectors, group::SIMD),
    ];
    needs.iter().fold(0, |groups, (is_needed, group)| if *is_needed { groups | group } else { groups })
}

/// Refuses an image whose records this build cannot instantiate, by the name of what it needs.
fn lacking(image: &Image<'_>) -> Result<(), Error> {
    if isa::GROUPS & OF_RECORDS == OF_RECORDS {
        return Ok(());
    }
    let lacking = needed_groups(image) & !isa::GROUPS;
    match group::NAMES.get(lacking.trailing_zeros() as usize) {
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
