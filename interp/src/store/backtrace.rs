//! Walks the frames of a guest that was stopped, innermost first.
//!
//! Frames hold no names: the function is found by the instruction offset, through the image, or what stands in its place (`lazy`). The walk trusts nothing that
//! it has not checked, so that it ends well wherever the guest was stopped.

use super::Store;
use crate::{
    image::{CellMap, Image},
    isa::{BRIDGE_BYTES, EXIT_OFFSET, RETURN_CROSS_OFFSET},
    types::FuncIndex,
};

/// A frame of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its instance.
    pub instance: u32,
    /// Its function, by index in its module.
    pub func: FuncIndex,
    /// Where in the wasm module it stands, if the image tells.
    pub wasm_offset: Option<u32>,
}

/// A place in code: what a frame that stands there is of.
pub(super) struct CodePlace<'a> {
    /// The function.
    pub(super) func: FuncIndex,
    /// Byte offset of the header in its frame.
    pub(super) header_offset: u16,
    /// Bytes of its frame.
    #[cfg(feature = "alloc")]
    pub(super) frame_bytes: u32,
    /// Which cells of its frame hold references.
    #[cfg_attr(not(feature = "objects"), expect(dead_code))]
    pub(super) cell_map: CellMap<'a>,
    /// Where in the wasm module it is, if that is known.
    pub(super) wasm_offset: Option<u32>,
}

impl<'a> CodePlace<'a> {
    /// The place at a unit of an image's code; none outside of functions.
    pub(super) fn in_image(image: &Image<'a>, unit: u32) -> Option<CodePlace<'a>> {
        let func = image.func_at(unit)?;
        Some(CodePlace {
            func: func.index,
            header_offset: func.header_offset,
            #[cfg(feature = "alloc")]
            frame_bytes: func.frame_bytes,
            cell_map: func.cell_map,
            wasm_offset: image.wasm_offset(unit),
        })
    }
}

/// The frames of the call from the host that runs now, innermost first.
pub struct Frames<'a> {
    store: &'a Store,
    instance: u32,
    /// Byte offset in the code behind the instruction that the frame stands at.
    ip: usize,
    /// Byte offset of the frame in the stack.
    fp: usize,
    is_done: bool,
}

impl Store {
    /// The frames of the call from the host that runs now, innermost first.
    pub fn frames(&self) -> Frames<'_> {
        let cx = self.context();
        let ip = (cx.saved.ip as usize).wrapping_sub(self.code_ptr(cx.instance) as usize);
        self.frames_from(cx.instance, ip, cx.saved.fp)
    }

    /// The frames of a call from the host, from one on that stands at a byte offset in an instance's code; none if there is no such instance.
    pub(super) fn frames_from(&self, instance: u32, ip: usize, fp: *const u8) -> Frames<'_> {
        let fp = (fp as usize).wrapping_sub(self.stack.as_ptr() as usize);
        Frames { store: self, instance, ip, fp, is_done: instance as usize >= self.instances.len() }
    }
}

impl<'a> Frames<'a> {
    /// The frame, and the place in it of its return offset.
    fn current(&self) -> Option<(Frame, usize)> {
        let place = self.place()?;
        let frame = Frame { instance: self.instance, func: place.func, wasm_offset: place.wasm_offset };
        Some((frame, self.fp.checked_add(usize::from(place.header_offset))?))
    }

    /// The frame that is next: its instance, the unit that it stands at, where it begins in the stack.
    #[cfg(feature = "exceptions")]
    pub(super) fn position(&self) -> Option<(u32, u32, usize)> {
        let unit = u32::try_from(self.ip / 2).ok()?.checked_sub(1)?;
        (!self.is_done).then_some((self.instance, unit, self.fp))
    }

    /// Where in code it stands.
    fn place(&self) -> Option<CodePlace<'a>> {
        let store = self.store;
        // The unit before `ip` belongs to the instruction: a call stands before its return offset, a trap is raised behind
        // the token at the least. Only a guest out of fuel stands before an instruction, perhaps its function's first.
        let mut unit = u32::try_from(self.ip / 2).ok()?.checked_sub(1)?;
        if store.place_at(self.instance, unit).is_none() {
            unit += 1;
        }
        store.place_at(self.instance, unit)
    }

    /// Goes to the caller of the frame whose return offset is at `header`.
    fn up(&mut self, header: usize) -> Option<()> {
        let mut offset = self.word(header)?;
        if offset == EXIT_OFFSET {
            return None;
        }
        if offset == RETURN_CROSS_OFFSET {
            self.fp = self.fp.checked_sub(BRIDGE_BYTES as usize)?;
            offset = self.word(self.fp)?;
            self.instance = self.word(self.fp + 4)?;
        }
        if self.instance >= self.store.instances_count() {
            return None;
        }
        self.ip = offset as usize;
        let delta = self.store.code(self.instance).get((self.ip / 2).checked_sub(1)?)?;
        self.fp = self.fp.checked_sub(usize::from(*delta))?;
        // A frame replaced by a tail call across instances stands on a bridge that returns to the host.
        (offset != EXIT_OFFSET).then_some(())
    }

    /// Names all references in the frames.
    #[cfg(feature = "objects")]
    pub(super) fn references(mut self, found: &mut impl FnMut(u32)) {
        while !self.is_done {
            let Some(place) = self.place() else { return };
            for cell in place.cell_map.iter() {
                if let Some(reference) = self.word(self.fp + (cell * crate::types::CELL_BYTES) as usize) {
                    found(reference);
                }
            }
            self.is_done = self.up(self.fp + usize::from(place.header_offset)).is_none();
        }
    }

    fn word(&self, offset: usize) -> Option<u32> {
        let inside = offset.is_multiple_of(4) && offset.checked_add(4)? <= self.store.limits.stack_bytes;
        inside.then(|| self.store.cells(offset, 1)[0])
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if self.is_done {
            return None;
        }
        let current = self.current();
        self.is_done = match current {
            Some((_, header)) => self.up(header).is_none(),
            None => true,
        };
        current.map(|(frame, _)| frame)
    }
}
