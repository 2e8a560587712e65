//! Decoder: code units to an instruction and its operands, straight from the table.
//!
//! Total over all inputs: any unit sequence gives an instruction or `None`, and reads nothing outside the slice.

use super::{
    Level, Role, Row, Ty, kind,
    layout::{self, Signature},
};

/// An instruction at its place in the code.
#[derive(Clone, Copy)]
pub struct Instruction<'a> {
    /// Its row.
    pub row: Row,
    /// One letter an operand, see [`kind`].
    pub form: &'static [u8],
    /// Level it belongs to.
    pub level: Level,
    /// Whether control never passes to the next instruction.
    pub ends_block: bool,
    /// Offset of its token in the code, in units.
    pub offset: usize,
    /// Length in units, token included.
    pub len: usize,
    signature: Signature,
    code: &'a [u16],
}

/// One operand of an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Letter, see [`kind`].
    pub kind: u8,
    /// What it is for.
    pub role: Role,
    /// Its type, if its role has one.
    pub ty: Option<Ty>,
    /// Value of its field: sign-extended for immediates; for branches and entries the target as a unit offset.
    pub value: i64,
    /// Unit offset of its field in the code.
    pub field: usize,
}

/// Row and form number of a token.
#[cfg(not(unnamed))]
#[cfg_attr(not(compact), inline)]
pub fn row_of(token: u16) -> Option<(Row, usize)> {
    let (row, form, _) = layout::look_up(first_of(token))?;
    Some((row, form))
}

/// The instruction that a token stands for, or the first of those.
#[cfg_attr(not(compact), inline)]
pub const fn first_of(token: u16) -> u16 {
    if let Some(elements) = super::superinstruction(token) { elements[0] } else { token }
}

/// Where a superinstruction goes on behind its element at unit `offset`: past its end, or at the target of `br`.
#[cfg_attr(not(compact), inline)]
pub fn next(code: &[u16], offset: usize, element: u16) -> Option<usize> {
    const BR: u16 = Row::Br.token(0);
    if element == BR {
        let distance = *code.get(offset + 1)? as i16;
        return (offset + 1).checked_add_signed(distance.into());
    }
    Some(offset + length(code, offset, element)?)
}

/// The name of what this build lacks for a token, if it has no handler for it.
#[cfg_attr(not(compact), inline)]
pub const fn unavailable(token: u16) -> Option<&'static str> {
    let mut i = 0;
    while i < super::available::LACKING.len() {
        let (first, end, name) = super::available::LACKING[i];
        if first <= token && token < end {
            return Some(name);
        }
        i += 1;
    }
    None
}

/// Decodes the instruction at unit `offset` of `code`; `None` if there is none, this build knows nothing of it, or it does not end
/// inside `code`.
#[cfg_attr(not(compact), inline)]
pub fn decode(code: &[u16], offset: usize) -> Option<Instruction<'_>> {
    let layout = layout::of(first_of(*code.get(offset)?))?;
    let mut len = layout.len;
    if layout.form.last() == Some(&kind::TARGETS) {
        len = with_targets(code, offset, len)?;
    }
    let layout::Layout { row, form, level, ends_block, signature, .. } = layout;
    (offset.checked_add(len)? <= code.len()).then_some(Instruction {
        row,
        form,
        level,
        ends_block,
        offset,
        len,
        signature,
        code,
    })
}

/// Whether control never passes to the instruction behind one with this token.
pub fn ends_block(token: u16) -> Option<bool> {
    layout::of(first_of(token)).map(|layout| layout.ends_block)
}

/// Length of a branch table at `offset` which has `len` units with one target.
fn with_targets(code: &[u16], offset: usize, len: usize) -> Option<usize> {
    let count = offset + len - 4;
    let count = u32::from(*code.get(count)?) | u32::from(*code.get(count + 1)?) << 16;
    len.checked_add((count as usize).checked_mul(2)?)
}

/// Length in units of the instruction with this token at unit `offset`; `None` if there is none.
#[cfg_attr(not(compact), inline)]
pub fn length(code: &[u16], offset: usize, token: u16) -> Option<usize> {
    let (row, len) = layout::row_and_len(token)?;
    if row == Row::BrTable { with_targets(code, offset, len) } else { Some(len) }
}

impl<'a> Instruction<'a> {
    /// Its operands, in the order of the fields. A branch table gives one operand per target.
    pub fn operands(&self) -> Operands<'a> {
        Operands { code: self.code, signature: self.signature, form: self.form, field: self.offset + 1, targets: 0 }
    }

    /// The type of the first operand that has one.
    pub fn first_ty(&self) -> Option<Ty> {
        { self.signature }.find_map(|(_, ty)| ty)
    }

    /// The type of the last one that has one.
    #[cfg(feature = "gc")]
    pub fn last_ty(&self) -> Option<Ty> {
        { self.signature }.filter_map(|(_, ty)| ty).last()
    }
}

/// Iterator over operands.
pub struct Operands<'a> {
    code: &'a [u16],
    signature: Signature,
    /// Letters of the operands to come.
    form: &'static [u8],
    field: usize,
    targets: u32,
}

impl Operands<'_> {
    fn unit(&self, index: usize) -> u16 {
        self.code[self.field + index]
    }

    fn pair(&self, index: usize) -> u32 {
        u32::from(self.unit(index)) | u32::from(self.unit(index + 1)) << 16
    }

    fn target(&mut self) -> Operand {
        let value = self.field as i64 + i64::from(self.pair(0) as i32);
        let operand = Operand { kind: kind::REL32, role: Role::Aux, ty: None, value, field: self.field };
        self.field += 2;
        operand
    }
}

impl Iterator for Operands<'_> {
    type Item = Operand;

    /// Inline even so, for the verifier: loading an image takes 6 % less time.
    #[cfg_attr(not(compact), inline(always))]
    fn next(&mut self) -> Option<Operand> {
        if self.targets > 0 {
            self.targets -= 1;
            return Some(self.target());
        }
        let (letter, form) = self.form.split_first()?;
        let (letter, (role, ty)) = (*letter, self.signature.next()?);
        self.form = form;
        if letter == kind::TARGETS {
            self.targets = self.pair(0);
            self.field += 2;
            return Some(self.target());
        }
        let units = kind::units(letter);
        let value = match letter {
            kind::SLOT | kind::WRITE => i64::from(self.unit(0)),
            kind::REG | kind::NONE => 0,
            b'0'..=kind::HEADER_MAX => 4 * i64::from(letter - b'0'),
            kind::IMM16 => i64::from(self.unit(0) as i16),
            kind::IMM32 => i64::from(self.pair(0) as i32),
            // Only people look at those.
            kind::IMM64 | kind::OFF64 if cfg!(compact) => 0,
            kind::IMM64 | kind::OFF64 => (u64::from(self.pair(0)) | u64::from(self.pair(2)) << 32) as i64,
            kind::REL16 => self.field as i64 + i64::from(self.unit(0) as i16),
            kind::REL32 | kind::ENTRY => self.field as i64 + i64::from(self.pair(0) as i32),
            _ if units == 2 => i64::from(self.pair(0)),
            _ => i64::from(self.unit(0)),
        };
        let operand = Operand { kind: letter, role, ty, value, field: self.field };
        self.field += units;
        Some(operand)
    }
}
