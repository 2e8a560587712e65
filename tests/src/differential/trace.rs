//! What happened, in words that do not depend on the engine.

/// Name of a trap that an engine's own limit caused.
pub const LIMIT: &str = "limit";

/// A value. NaNs are all the same; of a reference only its kind is known, and whether it is null.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Value {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    FuncRef { is_null: bool },
    ExternRef { is_null: bool },
    ExnRef { is_null: bool },
    AnyRef(Any),
}

/// A reference of the hierarchy of `any`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Any {
    Null,
    I31(i32),
    Struct,
    Array {
        len: u32,
    },
    /// A reference of the host.
    Host,
}

impl Value {
    /// A float of these bits.
    pub fn f32(bits: u32) -> Value {
        Value::F32(if f32::from_bits(bits).is_nan() { f32::NAN.to_bits() } else { bits })
    }

    /// A float of these bits.
    pub fn f64(bits: u64) -> Value {
        Value::F64(if f64::from_bits(bits).is_nan() { f64::NAN.to_bits() } else { bits })
    }
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// With these results.
    Returned(Vec<Value>),
    /// With a trap of this name.
    Trapped(&'static str),
    /// With an error that is no trap.
    Failed(String),
}

/// Everything that can be seen from outside an instance.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// Name, value.
    pub globals: Vec<(String, Value)>,
    /// Name, pages, hash of the contents.
    pub memories: Vec<(String, u64, u64)>,
    /// Name, elements, hash of which are null.
    pub tables: Vec<(String, u64, u64)>,
    /// Hash of the arguments that host functions were called with, in order.
    pub host_calls: u64,
}

/// What an instance exports under a name.
pub enum Export {
    /// A global of this value.
    Global(Value),
    /// A memory.
    Memory {
        /// Its pages.
        pages: u64,
        /// Hash of its bytes.
        contents: u64,
    },
    /// A table.
    Table {
        /// Its elements.
        size: u64,
        /// Hash of which are null.
        elements: u64,
    },
    /// A function or a tag, or nothing.
    Other,
}

impl Export {
    /// A memory with these bytes.
    pub fn memory(pages: u64, bytes: &[u8]) -> Export {
        Export::Memory { pages, contents: hash(bytes) }
    }

    /// A table of so many elements.
    pub fn table(size: u64, mut is_null: impl FnMut(u64) -> bool) -> Export {
        Export::Table { size, elements: (0..size).fold(0, |hash, i| mix(hash, u64::from(is_null(i)))) }
    }
}

/// One step of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// The module or its image was refused, with this message.
    Refused(String),
    /// Instantiation ended so; a trap of the start function among others.
    Instantiated(Outcome),
    /// An exported function was called.
    Called {
        /// Its name.
        name: String,
        /// With these.
        args: Vec<Value>,
        /// What came of it.
        outcome: Outcome,
        /// What was to be seen afterwards.
        state: State,
    },
}

impl Event {
    /// Whether an engine's own limit ended it.
    pub fn is_limit(&self) -> bool {
        matches!(self, Event::Instantiated(outcome) | Event::Called { outcome, .. } if *outcome == Outcome::Trapped(LIMIT))
    }
}

/// A hash of bytes, quick also without optimisation: FNV-1a over words of eight bytes.
pub fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let rest = rest.iter().map(|byte| u64::from(*byte));
    words.chain(rest).fold(0xcbf2_9ce4_8422_2325 ^ bytes.len() as u64, mix)
}

/// The hash with one more word.
pub fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nans_are_one_value_and_zeros_two() {
        assert_eq!(Value::f32(0x7fc0_0001), Value::f32(0xffc0_0000));
        assert_eq!(Value::f64(0x7ff8_0000_0000_0001), Value::f64(f64::NAN.to_bits()));
        assert_ne!(Value::f32(0), Value::f32(0x8000_0000));
    }

    #[test]
    fn each_byte_counts_in_the_hash() {
        let bytes = [0_u8; 21];
        for at in 0..bytes.len() {
            let mut changed = bytes;
            changed[at] = 1;
            assert_ne!(hash(&changed), hash(&bytes), "byte {at}");
        }
        assert_ne!(hash(&bytes[..20]), hash(&bytes));
    }
}
