//! What a store with one instance takes of an arena: exactly, from the image and the size of the guest stack, without running, at
//! compile time if need be.
//!
//! [`Bound::of`] goes through the blocks that [`Store::new`](super::Store::new) and `instance.rs` allocate, in their order, over the records of the
//! image; [`Sizes`] says how large each is on a kind of machine. That both agree is tested over images of all kinds, on hosts and on
//! boards: an arena of that size is enough, and one that is smaller by its alignment is not.
//!
//! Damaged bytes give no bound, or one that is of no use; they are refused when they are parsed.

use super::{BLOCK_ALIGN, InstanceEntity, STACK_SLACK_BYTES, call::Outer, limits::Limits};
use crate::{
    exec::{
        context::{DataEntity, ElemEntity, GlobalEntity, MemoryEntity, Spaces, TableEntity},
        observe::Observed,
    },
    image::format::{
        DataRecord, ElemRecord, GlobalRecord, HAS_MAX, Header, IS_FIXED, IS_MUTABLE, ImportRecord, MAGIC, MemoryRecord,
        PARAMS_BYTES, READ_ONLY, SectionRecord, TYPE_KIND, TYPE_KIND_SHIFT, TableRecord, section,
    },
    types::{ExternKind, GlobalType, ValType},
};

/// Bytes of objects that a word of the collector's bitmap is about: see `gc/heap.rs`.
const MARK_WORD_BYTES: u32 = 256;
#[cfg(feature = "objects")]
const _: () = assert!(MARK_WORD_BYTES == crate::gc::heap::MARK_WORD_BYTES);

/// A layout of objects on the heap: see `gc/heap.rs`.
const LAYOUT: Size = Size::new(20, 4);
#[cfg(feature = "objects")]
const _: () = assert!(size_of::<crate::gc::Layout>() == 20 && align_of::<crate::gc::Layout>() == 4);

/// Size and alignment of a block's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    bytes: u16,
    align: u16,
}

impl Size {
    const WORD: Size = Size::new(4, 4);

    const fn new(bytes: u16, align: u16) -> Size {
        Size { bytes, align }
    }

    pub(super) const fn of<T>() -> Size {
        Size { bytes: size_of::<T>() as u16, align: align_of::<T>() as u16 }
    }
}

/// How large a store's records are on a kind of machine, in a kind of build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// What an arena has to be aligned to for a bound to be exact, in bytes.
    pub arena_align: usize,
    stack_slack_bytes: usize,
    context: Size,
    instance: Size,
    spaces: Size,
    data: Size,
    elem: Size,
    global: Size,
    global_type: Size,
    /// The value of a global that holds a vector; none in builds without those.
    vector: Size,
    table: Size,
    memory: Size,
    /// For each call from the host that there may be at once, where there may be objects.
    outer: Size,
    calls: u64,
    tag: Size,
    /// Whether read-only data that are marked so stay in the image.
    keeps_rodata: bool,
    /// In builds with an allocator, an entry for each function, and one for each type in a hash table.
    entities: Option<[Size; 2]>,
}

impl Sizes {
    /// Of this build.
    pub const HERE: Sizes = Sizes {
        arena_align: BLOCK_ALIGN,
        stack_slack_bytes: STACK_SLACK_BYTES,
        context: Size::of::<Observed>(),
        instance: Size::of::<InstanceEntity>(),
        spaces: Size::of::<Spaces>(),
        data: Size::of::<DataEntity>(),
        elem: Size::of::<ElemEntity>(),
        global: Size::of::<GlobalEntity>(),
        global_type: Size::of::<GlobalType>(),
        vector: if cfg!(feature = "simd") { Size::new(16, 4) } else { Size::new(0, 4) },
        table: Size::of::<TableEntity>(),
        memory: Size::of::<MemoryEntity>(),
        outer: Size::of::<Outer>(),
        calls: Limits::DEFAULT.host_nesting as u64 + 1,
        #[cfg(feature = "exceptions")]
        tag: Size::of::<super::tag::TagEntity>(),
        #[cfg(not(feature = "exceptions"))]
        tag: Size::WORD,
        keeps_rodata: cfg!(rodata),
        entities: super::funcs::SIZES,
    };

    /// Of a microcontroller: 32 bits, no allocator, no vectors, which take 24 bytes more and 16 a global. If this is a build for objects,
    /// then of a build for objects.
    pub const MICROCONTROLLER: Sizes = Sizes {
        arena_align: 8,
        stack_slack_bytes: 0,
        context: Size::new(
            match (cfg!(feature = "objects"), cfg!(feature = "gc")) {
                (_, true) => 272,
                (true, false) => 256,
                (false, false) => 240,
            },
            8,
        ),
        instance: Size::new(if cfg!(feature = "exceptions") { 304 } else { 296 }, 8),
        spaces: Size::new(if cfg!(feature = "gc") { 68 } else { 64 }, 4),
        data: Size::new(8, 4),
        elem: Size::new(8, 4),
        global: Size::new(8, 8),
        global_type: if cfg!(feature = "function-references") { Size::new(12, 4) } else { Size::new(3, 1) },
        vector: Size::new(0, 4),
        table: Size::new(48, 8),
        memory: Size::new(56, 8),
        outer: Size::new(16, 4),
        calls: 3,
        tag: Size::new(12, 4),
        keeps_rodata: false,
        entities: None,
    };

    /// The same in a build with feature `rodata`.
    pub const MICROCONTROLLER_RODATA: Sizes =
        Sizes { memory: Size::new(64, 8), keeps_rodata: true, ..Sizes::MICROCONTROLLER };
}

#[cfg(all(compact, target_pointer_width = "32", not(feature = "simd")))]
const _: () = {
    let (here, there) =
        (Sizes::HERE, if cfg!(rodata) { Sizes::MICROCONTROLLER_RODATA } else { Sizes::MICROCONTROLLER });
    const fn same(here: Size, there: Size) {
        assert!(here.bytes == there.bytes && here.align == there.align, "`Sizes::MICROCONTROLLER` is out of date");
    }
    assert!(here.arena_align == there.arena_align && here.stack_slack_bytes == there.stack_slack_bytes);
    same(here.context, there.context);
    same(here.instance, there.instance);
    same(here.spaces, there.spaces);
    same(here.data, there.data);
    same(here.elem, there.elem);
    same(here.global, there.global);
    same(here.global_type, there.global_type);
    same(here.table, there.table);
    same(here.memory, there.memory);
    same(here.outer, there.outer);
    assert!(here.calls == there.calls);
    #[cfg(feature = "exceptions")]
    same(here.tag, there.tag);
};

/// What a store with one instance takes, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// All of it: the size of the arena. The arena has to begin at a multiple of 8 bytes, on 64-bit hosts with an allocator of 16, or be
    /// larger by as much less one.
    pub bytes: usize,
    /// The guest stack.
    pub stack_bytes: usize,
    /// Linear memories at their first size, without what is read in the image.
    pub memory_bytes: usize,
    /// Of linear memories what is read in the image, and no part of the arena: marked by `sheave compile --rodata`, in builds with feature
    /// `rodata`.
    pub rodata_bytes: usize,
    /// Elements of tables and passive segments.
    pub elements_bytes: usize,
    /// Values of globals.
    pub globals_bytes: usize,
    /// Structs, arrays and exceptions, with the collector's bitmap.
    pub objects_bytes: usize,
    /// What is left: the store's and the instance's own records, with what alignment costs.
    pub records_bytes: usize,
    /// What else the arena needs, so that the guest can grow all of its memory; `None` if that has no limit, or more than one thing can
    /// grow, which are copied then.
    pub growth_bytes: Option<u64>,
}

impl Bound {
    /// The bound for one instance of this image and a guest stack of so many bytes in this build; `None` if that is not an image, or more than
    /// there is. Without room for structs, arrays and exceptions: see [`Bound::with_objects`].
    pub const fn of(image: &[u8], stack_bytes: usize) -> Option<Bound> {
        Bound::on(&Sizes::HERE, image, stack_bytes)
    }

    /// The same for a machine of those sizes.
    pub const fn on(sizes: &Sizes, image: &[u8], stack_bytes: usize) -> Option<Bound> {
        Bound::with_objects(sizes, image, stack_bytes, 0)
    }

    /// The same with so many bytes for objects, as in `Limits::objects_bytes`.
    pub const fn with_objects(sizes: &Sizes, image: &[u8], stack_bytes: usize, objects_bytes: usize) -> Option<Bound> {
        let Some(records) = Records::find(image) else { return None };
        let mut arena = Cursor { end: 0, is_too_large: false };
        arena.block(
            (stack_bytes as u64).saturating_add(sizes.stack_slack_bytes as u64),
            Size::new(1, sizes.arena_align as u16),
        );
        arena.block(1, sizes.context);
        let mut heap_bytes = 0;
        if objects_bytes != 0 {
            arena.block(sizes.calls, sizes.outer);
            // The bitmap has a word for each so many bytes; what is left of them is not used.
            let words = objects_bytes as u64 / MARK_WORD_BYTES as u64;
            heap_bytes = arena.block(words, Size::WORD) + arena.block(words * MARK_WORD_BYTES as u64 / 4, Size::WORD);
        }
        let funcs = records.count(section::FUNC_TYPES, 4);
        if let Some([_, ty]) = sizes.entities {
            let types = records.count(section::TYPES, 8);
            arena.block(types, Size::WORD);
            if types != 0 {
                let buckets = (2 * (types + 1)).next_power_of_two();
                arena.block(if buckets < 8 { 8 } else { buckets }, Size::WORD);
            }
            arena.list(types, ty);
            arena.list(types, Size::WORD);
            arena.list(records.count(section::TYPE_BYTES, 1), Size::new(1, 1));
        }
        arena.block(1, sizes.instance);
        arena.block(1, sizes.spaces);
        let (tags, imported_tags) = (records.count(section::TAGS, 4), records.imported(ExternKind::Tag));
        // Descriptors: one for each structure, array and tag, and one that the heap has for itself; and what is beyond the first 32 words of objects.
        let types = records.count(section::TYPES, 8);
        let (mut objects, mut more, mut i) = (0, 0, 0);
        while i < types {
            if let Some(words) = records.object_words(i) {
                more += words.saturating_sub(32).div_ceil(32);
                objects += 1;
            }
            i += 1;
        }
        i = imported_tags;
        while i < tags {
            more += records.payload_cells(i).saturating_sub(32).div_ceil(32);
            i += 1;
        }
        if objects + tags - imported_tags != 0 {
            arena.block(objects + tags - imported_tags + 1, LAYOUT);
            arena.list(more, Size::WORD);
        }
        if objects != 0 {
            // Per type index, and where there is an allocator per type of the store.
            arena.block(types, Size::WORD);
            if sizes.entities.is_some() {
                arena.block(types, Size::WORD);
            }
        }
        if let Some([func, _]) = sizes.entities {
            arena.list(records.count(section::FUNCS, 12) + records.imported(ExternKind::Func), func);
            arena.block(funcs, Size::WORD);
        } else {
            arena.block(records.imported(ExternKind::Func), Size::WORD);
        }
        let tables = records.count(section::TABLES, TableRecord::BYTES);
        let memories = records.count(section::MEMORIES, MemoryRecord::BYTES);
        let globals = records.count(section::GLOBALS, GlobalRecord::BYTES);
        let elems = records.count(section::ELEMS, ElemRecord::BYTES);
        arena.block(tables, Size::WORD);
        arena.block(memories, Size::WORD);
        arena.block(globals, Size::WORD);

        if tags != 0 {
            arena.block(tags, Size::WORD);
            arena.list(tags - imported_tags, sizes.tag);
        }
        arena.block(records.count(section::DATA, DataRecord::BYTES), sizes.data);
        arena.block(elems, sizes.elem);
        let (mut elements_bytes, mut i) = (0, 0);
        while i < elems {
            let record = records.record(section::ELEMS, ElemRecord::BYTES, i);
            // Passive: kind, form, reserved; element; table; offset; first item, number of items.
            if record.byte(0) == 1 {
                elements_bytes += arena.block(record.word(28) as u64, Size::WORD);
            }
            i += 1;
        }
        let own_globals = globals - records.imported(ExternKind::Global);
        let mut globals_bytes = arena.list(own_globals, sizes.global);
        arena.list(own_globals, sizes.global_type);
        let (mut vectors, mut i) = (0, globals - own_globals);
        while i < globals {
            // Type first, with a bit that says that it is mutable.
            let content = records.record(section::GLOBALS, GlobalRecord::BYTES, i).word(0) & !IS_MUTABLE;
            let is_vector = content == ValType::V128.to_word();
            vectors += is_vector as u64;
            i += 1;
        }
        globals_bytes += arena.list(vectors, sizes.vector);
        let (first_table, first_memory) = (records.imported(ExternKind::Table), records.imported(ExternKind::Memory));
        arena.list(tables - first_table, sizes.table);
        arena.list(memories - first_memory, sizes.memory);
        // What can grow by how much; nothing if by anything.
        let (mut growing_count, mut growth_bytes) = (0, Some(0_u64));
        i = first_table;
        while i < tables {
            let record = records.record(section::TABLES, TableRecord::BYTES, i);
            // Element; flags, reserved; minimum; maximum. Without an allocator, tables that no instruction writes are read in the image.
            let (min, max) = (record.long(8), record.long(16));
            let is_fixed = record.byte(4) & IS_FIXED != 0;
            if !(is_fixed && sizes.entities.is_none()) {
                elements_bytes += arena.block(min, Size::WORD);
            }
            if !is_fixed && (record.byte(4) & HAS_MAX == 0 || max > min) {
                (growing_count, growth_bytes) = (growing_count + 1, None);
            }
            i += 1;
        }
        let (mut memory_bytes, mut rodata_bytes) = (0, 0);
        i = first_memory;
        while i < memories {
            let record = records.record(section::MEMORIES, MemoryRecord::BYTES, i);
            // Base-2 logarithm of the page size, flags, reserved; minimum; maximum.
            let (page, min, max) = (1_u64 << (record.byte(0) & 31), record.long(4), record.long(12));
            let rodata = if sizes.keeps_rodata { records.rodata(i) } else { 0 };
            rodata_bytes += rodata as usize;
            let bytes = min.saturating_mul(page).saturating_sub(rodata);
            memory_bytes += arena.block(bytes, Size::new(1, sizes.arena_align as u16));
            if record.byte(1) & HAS_MAX == 0 {
                (growing_count, growth_bytes) = (growing_count + 1, None);
            } else if max > min {
                (growing_count, growth_bytes) = (growing_count + 1, Some((max - min).saturating_mul(page)));
            }
            i += 1;
        }
        if arena.is_too_large {
            return None;
        }
        let others = stack_bytes + memory_bytes + elements_bytes + globals_bytes + heap_bytes;
        Some(Bound {
            bytes: arena.end,
            stack_bytes,
            memory_bytes,
            rodata_bytes,
            elements_bytes,
            globals_bytes,
            objects_bytes: heap_bytes,
            records_bytes: arena.end - others,
            growth_bytes: if growing_count > 1 { None } else { growth_bytes },
        })
    }
}

/// How far the arena is used.
struct Cursor {
    end: usize,
    is_too_large: bool,
}

impl Cursor {
    /// A block of so many values, which may be none; gives its bytes.
    const fn block(&mut self, count: u64, size: Size) -> usize {
        let first = (self.end as u64).next_multiple_of(size.align as u64);
        let bytes = count.saturating_mul(size.bytes as u64);
        let end = first.saturating_add(bytes);
        // What no 32-bit machine can address is too much for each.
        self.is_too_large |= end > u32::MAX as u64;
        if !self.is_too_large {
            self.end = end as usize;
        }
        if self.is_too_large { 0 } else { bytes as usize }
    }

    /// A block of so many values, if there are any.
    const fn list(&mut self, count: u64, size: Size) -> usize {
        if count == 0 { 0 } else { self.block(count, size) }
    }
}

/// Where the sections of an image are.
struct Records<'a> {
    image: &'a [u8],
    /// By number: first byte and number of bytes.
    sections: [(usize, usize); section::REQUIRED_END as usize],
    /// Number of imports by kind.
    imported: [u64; 5],
}

impl<'a> Records<'a> {
    const fn find(image: &'a [u8]) -> Option<Records<'a>> {
        let bytes = Bytes(image);
        if image.len() < Header::BYTES || bytes.long(0) != u64::from_le_bytes(MAGIC) {
            return None;
        }
        let mut records = Records { image, sections: [(0, 0); section::REQUIRED_END as usize], imported: [0; 5] };
        // The number of sections stands at 50 in the header.
        let (sections_count, mut i) = (bytes.word(50) & 0xffff, 0);
        while i < sections_count {
            // Number, flags; offset; bytes; count.
            let at = Header::BYTES + i as usize * SectionRecord::BYTES;
            let (id, first, length) =
                (bytes.word(at) & 0xffff, bytes.word(at + 4) as usize, bytes.word(at + 8) as usize);
            if first > image.len() || length > image.len() - first {
                return None;
            }
            if id < section::REQUIRED_END as u32 {
                records.sections[id as usize] = (first, length);
            }
            i += 1;
        }
        let mut i = 0;
        while i < records.count(section::IMPORTS, ImportRecord::BYTES) {
            // Behind the two names: kind, index.
            let kind = records.record(section::IMPORTS, ImportRecord::BYTES, i).word(16);
            if kind >= 5 {
                return None;
            }
            records.imported[kind as usize] += 1;
            i += 1;
        }
        let is_whole = records.imported(ExternKind::Table) <= records.count(section::TABLES, TableRecord::BYTES)
            && records.imported(ExternKind::Memory) <= records.count(section::MEMORIES, MemoryRecord::BYTES)
            && records.imported(ExternKind::Global) <= records.count(section::GLOBALS, GlobalRecord::BYTES)
            && records.imported(ExternKind::Tag) <= records.count(section::TAGS, 4);
        if is_whole { Some(records) } else { None }
    }

    /// Words behind the header of a structure of this type; 0 of an array, and nothing of a function.
    const fn object_words(&self, ty: u64) -> Option<u64> {
        // First byte; what it is; bytes of the fields in the upper half of the second word.
        let record = self.record(section::TYPES, 8, ty);
        let (first, kind, len) =
            (record.word(0) as u64, record.word(4) as u16 & TYPE_KIND, record.word(4) as u64 >> 16);
        if kind == 0 {
            return None;
        }
        if kind != 1 << TYPE_KIND_SHIFT || len < 8 || first + len > self.count(section::TYPE_BYTES, 1) {
            return Some(0);
        }
        // The last field: its type, its offset.
        let field = self.record(section::TYPE_BYTES, 1, first + len - 8);
        let bytes = match field.byte(0) & 0x7f {
            0x7b => 16,
            0x7c | 0x7e => 8,
            0x78 => 1,
            0x77 => 2,
            _ => 4,
        };
        let end = (field.word(4) as u64 & 0xffff) + bytes;
        // A header of 8 bytes, and a multiple of 8: see `gc/layout.rs`.
        Some(end.next_multiple_of(8).saturating_sub(8) / 4)
    }

    /// Cells of the payload of a tag's exceptions.
    const fn payload_cells(&self, tag: u64) -> u64 {
        let ty = self.record(section::TAGS, 4, tag).word(0) as u64;
        if ty >= self.count(section::TYPES, 8) {
            return 0;
        }
        // First byte; bytes of the parameters in the lower bits of the next word.
        let record = self.record(section::TYPES, 8, ty);
        let (first, len) = (record.word(0) as u64, record.word(4) as u64 & PARAMS_BYTES as u64);
        if first + len > self.count(section::TYPE_BYTES, 1) {
            return 0;
        }
        let (mut at, mut cells) = (first, 0);
        while at < first + len {
            let byte = self.record(section::TYPE_BYTES, 1, at).byte(0);
            cells += match byte {
                0x7c | 0x7e => 2,
                0x7b => 4,
                _ => 1,
            };
            // A reference to a type with an index.
            at += if byte | 0x40 == 0x63 { 4 } else { 1 };
        }
        cells
    }

    /// Bytes of a memory's segment of read-only data.
    const fn rodata(&self, memory: u64) -> u64 {
        let mut i = 0;
        while i < self.count(section::DATA, DataRecord::BYTES) {
            // Kind, memory, offset; first byte, number of bytes.
            let record = self.record(section::DATA, DataRecord::BYTES, i);
            if record.word(0) == READ_ONLY && record.word(4) as u64 == memory {
                return record.word(24) as u64;
            }
            i += 1;
        }
        0
    }

    const fn imported(&self, kind: ExternKind) -> u64 {
        self.imported[kind as usize]
    }

    const fn count(&self, id: u16, record_bytes: usize) -> u64 {
        (self.sections[id as usize].1 / record_bytes) as u64
    }

    /// What follows from record `i` of a section on.
    const fn record(&self, id: u16, record_bytes: usize, i: u64) -> Bytes<'a> {
        let (_, rest) = self.image.split_at(self.sections[id as usize].0 + i as usize * record_bytes);
        Bytes(rest)
    }
}

/// Little-endian numbers in bytes; what is missing reads as zero.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    const fn byte(self, at: usize) -> u8 {
        if at < self.0.len() { self.0[at] } else { 0 }
    }

    const fn word(self, at: usize) -> u32 {
        u32::from_le_bytes([self.byte(at), self.byte(at + 1), self.byte(at + 2), self.byte(at + 3)])
    }

    const fn long(self, at: usize) -> u64 {
        self.word(at) as u64 | (self.word(at + 4) as u64) << 32
    }
}
