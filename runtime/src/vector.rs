//! A vector as hosts have it: the same in both embedding APIs.

use core::fmt;

/// A vector of 128 bits, lane 0 in the lowest. Compares by bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct V128([u8; 16]);

impl V128 {
    /// As one number.
    pub const fn as_u128(&self) -> u128 {
        u128::from_le_bytes(self.0)
    }

    /// Its bytes, as they lie in memory.
    pub const fn to_le_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<u128> for V128 {
    fn from(value: u128) -> V128 {
        V128(value.to_le_bytes())
    }
}

impl From<V128> for u128 {
    fn from(value: V128) -> u128 {
        value.as_u128()
    }
}

/// As a constant of the text format: four lanes of 32 bits.
impl fmt::Debug for V128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "i32x4")?;
        (0..4).try_for_each(|lane| write!(f, " {:#010x}", (self.as_u128() >> (32 * lane)) as u32))
    }
}
