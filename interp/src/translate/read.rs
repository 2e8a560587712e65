//! The bytes of a function's body: numbers, types and accesses as the binary format codes them.
//!
//! Sits under `operator`, which asks for what an operator has behind its opcode. What is frequent is read here, in the shortest
//! way; the rest by wasmparser, from the same place. Invariant: what is read here is what wasmparser would read, and where
//! that finds an error, so does this; how the bytes are wrong is for the validator to say.
//!
//! Source: WebAssembly specification 3.0, sections 5.2.2 (integers), 5.4 (instructions).

use super::func::Refusal;
use wasmparser::{BinaryReader, BlockType, FromReader, Operator, OperatorsReader, WasmFeatures};

/// Where a memory is accessed, beside the address on the stack.
#[derive(Clone, Copy, Debug)]
pub struct MemArg {
    /// Binary logarithm of the alignment that is promised.
    pub align: u32,
    /// Index of the memory.
    pub memory: u32,
    /// What is added to the address, in bytes.
    pub offset: u64,
}

/// Bytes of a body, or of a constant expression.
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// How many have been read.
    at: usize,
    /// Offset of the first in the module.
    wasm_offset: u64,
    features: WasmFeatures,
}

impl<'a> Reader<'a> {
    /// Of what is left in a reader of wasmparser.
    pub fn new(mut reader: BinaryReader<'a>, features: WasmFeatures) -> Result<Reader<'a>, Refusal> {
        let wasm_offset = reader.original_position();
        let bytes = read(reader.read_bytes(reader.bytes_remaining()))?;
        Ok(Reader { bytes, at: 0, wasm_offset, features })
    }

    /// Offset of the next byte in the module.
    #[inline(always)]
    pub fn wasm_offset(&self) -> u32 {
        (self.wasm_offset + self.at as u64) as u32
    }

    /// Whether all has been read.
    pub fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The next byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8, Refusal> {
        let byte = *self.bytes.get(self.at).ok_or(Refusal::Unproven)?;
        self.at += 1;
        Ok(byte)
    }

    /// An unsigned number of 32 bits.
    #[inline(always)]
    pub fn unsigned(&mut self) -> Result<u32, Refusal> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u32::from(first)) } else { self.long_unsigned::<32>(first).map(|number| number as u32) }
    }

    #[inline(never)]
    fn long_unsigned<const BITS: u32>(&mut self, first: u8) -> Result<u64, Refusal> {
        let (mut result, mut shift) = (u64::from(first & 0x7f), 7);
        loop {
            let byte = self.byte()?;
            // The last byte there may be has room for the bits that are left.
            if shift + 7 > BITS && byte >> (BITS - shift) != 0 {
                return Err(Refusal::Unproven);
            }
            result |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(result);
            }
        }
    }

    /// A signed number of `BITS` bits.
    #[inline(always)]
    pub fn signed<const BITS: u32>(&mut self) -> Result<i64, Refusal> {
        let first = self.byte()?;
        if first < 0x80 { Ok(sign_extend(u64::from(first), 7)) } else { self.long_signed::<BITS>(first) }
    }

    #[inline(never)]
    fn long_signed<const BITS: u32>(&mut self, first: u8) -> Result<i64, Refusal> {
        let (mut result, mut shift) = (u64::from(first & 0x7f), 7);
        loop {
            let byte = self.byte()?;
            if shift + 7 >= BITS {
                // The last byte there may be. Bits beyond the number's are copies of its sign.
                let sign_and_beyond = ((byte << 1) as i8) >> (BITS - shift);
                if byte >= 0x80 || !matches!(sign_and_beyond, 0 | -1) {
                    return Err(Refusal::Unproven);
                }
            }
            result |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Ok(sign_extend(result, shift));
            }
        }
    }

    /// Four bytes.
    pub fn bytes4(&mut self) -> Result<u32, Refusal> {
        self.array().map(u32::from_le_bytes)
    }

    /// Eight bytes.
    pub fn bytes8(&mut self) -> Result<u64, Refusal> {
        self.array().map(u64::from_le_bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let bytes = *self.bytes[self.at..].first_chunk().ok_or(Refusal::Unproven)?;
        self.at += N;
        Ok(bytes)
    }

    /// The offset of a load or a store: of 64 bits, if there may be memories with such addresses.
    #[inline(always)]
    fn offset(&mut self) -> Result<u64, Refusal> {
        match self.byte()? {
            first @ 0..0x80 => Ok(u64::from(first)),
            first if self.features.contains(WasmFeatures::MEMORY64) => self.long_unsigned::<64>(first),
            first => self.long_unsigned::<32>(first),
        }
    }

    /// What a load or a store names.
    #[inline(always)]
    pub fn memarg(&mut self) -> Result<MemArg, Refusal> {
        /// The alignment has six bits; the next says that the index of a memory follows.
        const HAS_MEMORY: u32 = 1 << 6;
        let flags = self.unsigned()?;
        let memory = match flags {
            0..HAS_MEMORY => 0,
            _ if flags < 2 * HAS_MEMORY => self.unsigned()?,
            _ => return Err(Refusal::Unproven),
        };
        Ok(MemArg { align: flags & (HAS_MEMORY - 1), memory, offset: self.offset()? })
    }

    /// The type of a block.
    #[inline(always)]
    pub fn block_type(&mut self) -> Result<BlockType, Refusal> {
        const EMPTY: u8 = 0x40;
        match self.bytes.get(self.at) {
            Some(&EMPTY) => {
                self.at += 1;
                Ok(BlockType::Empty)
            }
            Some(0x41..0x80) => Ok(BlockType::Type(self.read()?)),
            _ => u32::try_from(self.signed::<33>()?).map(BlockType::FuncType).map_err(|_| Refusal::Unproven),
        }
    }

    /// What wasmparser reads.
    pub fn read<T: FromReader<'a>>(&mut self) -> Result<T, Refusal> {
        let mut reader = self.here();
        let value = read(reader.read())?;
        self.at += reader.current_position();
        Ok(value)
    }

    /// An operator whose opcode is next, as wasmparser reads it.
    pub fn operator(&mut self) -> Result<Operator<'a>, Refusal> {
        let mut reader = OperatorsReader::new(self.here());
        let operator = read(reader.read())?;
        self.at = (reader.original_position() - self.wasm_offset) as usize;
        Ok(operator)
    }

    fn here(&self) -> BinaryReader<'a> {
        BinaryReader::new_features(&self.bytes[self.at..], self.wasm_offset + self.at as u64, self.features)
    }

    /// Goes back by one byte.
    pub fn unread(&mut self) {
        self.at -= 1;
    }
}

/// What was read, if it could be.
fn read<T>(read: wasmparser::Result<T>) -> Result<T, Refusal> {
    read.map_err(|_| Refusal::Unproven)
}

/// The low `bits` bits of a number as a signed number.
#[inline(always)]
fn sign_extend(number: u64, bits: u32) -> i64 {
    let beyond = 64_u32.saturating_sub(bits);
    (number << beyond) as i64 >> beyond
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// All numbers that these bytes may be, by both readers: value and how many bytes, or an error.
    fn check(bytes: &[u8]) {
        let features = WasmFeatures::default();
        let ours = |read: fn(&mut Reader<'_>) -> Result<i64, Refusal>| {
            let mut reader = Reader { bytes, at: 0, wasm_offset: 0, features };
            read(&mut reader).ok().map(|value| (value, reader.at))
        };
        let theirs = |read: fn(&mut BinaryReader<'_>) -> wasmparser::Result<i64>| {
            let mut reader = BinaryReader::new_features(bytes, 0, features);
            read(&mut reader).ok().map(|value| (value, reader.current_position()))
        };
        assert_eq!(ours(|r| r.unsigned().map(i64::from)), theirs(|r| r.read_var_u32().map(i64::from)), "{bytes:x?}");
        let long = |r: &mut Reader<'_>| {
            let first = r.byte()?;
            if first < 0x80 { Ok(i64::from(first)) } else { r.long_unsigned::<64>(first).map(|number| number as i64) }
        };
        assert_eq!(ours(long), theirs(|r| r.read_var_u64().map(|number| number as i64)), "{bytes:x?}");
        assert_eq!(ours(|r| r.signed::<32>()), theirs(|r| r.read_var_i32().map(i64::from)), "{bytes:x?}");
        assert_eq!(ours(|r| r.signed::<33>()), theirs(|r| r.read_var_s33()), "{bytes:x?}");
        assert_eq!(ours(|r| r.signed::<64>()), theirs(|r| r.read_var_i64()), "{bytes:x?}");
    }

    #[test]
    fn numbers_are_what_wasmparser_reads() {
        const BYTES: [u8; 22] = [
            0x00, 0x01, 0x02, 0x04, 0x07, 0x08, 0x0f, 0x10, 0x1f, 0x3f, 0x40, 0x41, 0x60, 0x70, 0x78, 0x7c, 0x7e, 0x7f,
            0x80, 0x88, 0xc0, 0xff,
        ];
        check(&[]);
        for len in 1..=11 {
            for last in BYTES {
                for fill in [0x80, 0xff, 0xaa, 0xd5] {
                    let mut bytes = [fill; 12].to_vec();
                    bytes.truncate(len - 1);
                    bytes.push(last);
                    check(&bytes);
                    for next_to_last in BYTES {
                        bytes.truncate(len - 1);
                        if let Some(byte) = bytes.last_mut() {
                            *byte = next_to_last;
                        }
                        bytes.push(last);
                        check(&bytes);
                    }
                }
            }
        }
    }

    #[test]
    fn block_types_are_what_wasmparser_reads() {
        for first in 0..=u8::MAX {
            for second in [0x00, 0x01, 0x0f, 0x40, 0x70, 0x7f, 0x80, 0xff] {
                // `block`, its type, `end`.
                let bytes: Vec<u8> = [0x02, first, second, 0x00, 0x0b, 0x0b].to_vec();
                let features = WasmFeatures::default();
                let theirs = OperatorsReader::new(BinaryReader::new_features(&bytes, 0, features)).read().ok();
                let mut reader = Reader { bytes: &bytes, at: 1, wasm_offset: 0, features };
                let ours = reader.block_type().ok().map(|blockty| Operator::Block { blockty });
                assert_eq!(ours, theirs, "{bytes:x?}");
            }
        }
    }
}
