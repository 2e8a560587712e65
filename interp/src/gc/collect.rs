//! Marking: finds what is alive, without recursion and without memory.
//!
//! An object is marked when it is found, and stands in a list until its fields were looked at. The list goes through the second word of
//! the objects' headers, which is nobody else's; so it is never too short, and each live object is looked at once.

use super::{
    heap::{Handle, Kind, Layout, ObjectHeap, number_of, size},
    layout::{ARRAY_HEADER_BYTES, HEADER_BYTES, OBJECT_ALIGN, Storage},
};

/// A collection in progress.
pub struct Marking<'a> {
    words: &'a mut [u32],
    marks: &'a mut [u32],
    layouts: &'a [Layout],
    bits: &'a [u32],
    /// The object found last that was not looked into; 0 if there is none.
    found: Handle,
    live_bytes: u32,
}

impl ObjectHeap {
    /// Collects: `roots` names everything that is reachable by `Marking::root`.
    pub fn collect(&mut self, roots: impl FnOnce(&mut Marking<'_>)) {
        self.marks.fill(0);
        let mut marking = Marking {
            words: &mut self.words,
            marks: &mut self.marks,
            layouts: &self.layouts,
            bits: &self.bits,
            found: 0,
            live_bytes: 0,
        };
        roots(&mut marking);
        marking.trace();
        self.live_bytes = marking.live_bytes;
        self.collections_count += 1;
    }
}

impl Marking<'_> {
    /// Something that is reachable: a reference of any kind.
    #[inline]
    pub fn root(&mut self, reference: Handle) {
        self.visit(reference);
    }

    /// Marks the object that this refers to, if it is one, and was not found before.
    #[inline(always)]
    fn visit(&mut self, reference: Handle) {
        if reference == 0 || !reference.is_multiple_of(OBJECT_ALIGN) {
            return;
        }
        let granule = reference / OBJECT_ALIGN;
        let (word, bit) = (&mut self.marks[(granule / 32) as usize], 1 << (granule % 32));
        if *word & bit == 0 {
            *word |= bit;
            self.words[(reference / 4) as usize + 1] = self.found;
            self.found = reference;
        }
    }

    /// Looks into what was found, until nothing is left.
    fn trace(&mut self) {
        while self.found != 0 {
            let handle = self.found;
            let first = (handle / 4) as usize;
            self.found = self.words[first + 1];
            self.live_bytes += size(self.words, self.layouts, handle);
            let layout = self.layouts[number_of(self.words[first])];
            match layout.kind {
                Kind::Array => {
                    if layout.element == Storage::Ref {
                        let elements = first + (ARRAY_HEADER_BYTES / 4) as usize;
                        for word in elements..elements + self.words[first + 2] as usize {
                            self.visit(self.words[word]);
                        }
                    }
                }
                Kind::Struct | Kind::Exception => {
                    let fields = first + (HEADER_BYTES / 4) as usize;
                    self.visit_fields(fields, layout.refs);
                    let words = (layout.bytes - HEADER_BYTES) / 4;
                    for i in 1..words.div_ceil(32) {
                        self.visit_fields(fields + 32 * i as usize, self.bits[(layout.more + i - 1) as usize]);
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn visit_fields(&mut self, first: usize, mut refs: u32) {
        while refs != 0 {
            self.visit(self.words[first + refs.trailing_zeros() as usize]);
            refs &= refs - 1;
        }
    }
}
