//! Changes of single fields in the code of an image.

use sheave_interp::{
    error::Error,
    image::{OwnedImage, format, verify},
    isa,
    translate::{Config, translate},
};

/// An image that can be changed and sealed again.
pub struct Patch {
    /// As it was made.
    pub original: OwnedImage,
    /// As it is now.
    pub image: Vec<u8>,
    code: usize,
}

impl Patch {
    /// The image of a module in text.
    pub fn new(wat: &str, config: &Config) -> Patch {
        let wasm = wat::parse_str(wat).expect("text of a module");
        let image = translate(&wasm, config).expect("valid module");
        let mut patch = Patch { original: OwnedImage::new(&image).unwrap(), image, code: 0 };
        patch.code = patch.section(format::section::CODE).0;
        patch
    }

    /// Offset and length of a section, from the directory.
    pub fn section(&self, id: u16) -> (usize, usize) {
        let word = |at: usize| u32::from_le_bytes(self.image[at..at + 4].try_into().unwrap()) as usize;
        let entries = (format::HEADER_BYTES..).step_by(format::SectionRecord::BYTES).take(format::SECTIONS_MAX);
        let at = entries.into_iter().find(|&at| word(at) & 0xffff == usize::from(id)).expect("the section is there");
        (word(at + 4), word(at + 8))
    }

    /// A unit of the code.
    pub fn unit(&self, unit: usize) -> u16 {
        u16::from_le_bytes(self.image[self.code + 2 * unit..][..2].try_into().unwrap())
    }

    /// Changes a unit of the code.
    pub fn set(&mut self, unit: usize, value: u16) {
        self.image[self.code + 2 * unit..][..2].copy_from_slice(&value.to_le_bytes());
    }

    /// Instruction number `nth` of a row, as it was made.
    pub fn find(&self, name: &str, nth: usize) -> isa::Instruction<'_> {
        let image = self.original.parse().expect("sound");
        let mut found = Vec::new();
        for func in image.code_funcs() {
            let mut at = func.entry as usize;
            while at < func.end as usize {
                let instruction = isa::decode(image.code(), at).expect("translated code");
                if instruction.row.get().name == name {
                    found.push(instruction);
                }
                at += instruction.len;
            }
        }
        assert!(nth < found.len(), "no {name} number {nth}");
        found[nth]
    }

    /// Puts another token in the place of an instruction's.
    pub fn token(&mut self, name: &str, nth: usize, token: u16) {
        self.set(self.find(name, nth).offset, token);
    }

    /// Changes the field of an operand.
    pub fn operand(&mut self, name: &str, nth: usize, operand: usize, change: impl Fn(u16) -> u16) {
        let field = self.find(name, nth).operands().nth(operand).expect("it has that many").field;
        self.set(field, change(self.unit(field)));
    }

    /// Lets a block start at a unit of the code.
    pub fn start_block(&mut self, unit: usize) {
        let (at, bytes) = self.section(format::section::BLOCK_STARTS);
        assert!(unit / 8 < bytes);
        self.image[at + unit / 8] |= 1 << (unit % 8);
    }

    /// Entry of function number `i` of those with code.
    pub fn entry(&self, i: u32) -> usize {
        self.original.parse().expect("sound").code_func(i).expect("there").entry as usize
    }

    /// Makes the checksum right again and loads the image.
    pub fn load(&mut self) -> Result<(), Error> {
        self.verified().map(drop)
    }

    /// The same; gives the bytes, which are verified then.
    pub fn verified(&mut self) -> Result<OwnedImage, Error> {
        let checksum = format::checksum(&self.image);
        self.image[format::CHECKSUM_OFFSET..][..8].copy_from_slice(&checksum.to_le_bytes());
        let owned = OwnedImage::new(&self.image)?;
        verify(&owned.parse()?)?;
        Ok(owned)
    }
}
