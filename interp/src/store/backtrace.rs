//! Walks the frames of a guest that was stopped, innermost first.
//!
//! Frames hold no names: the function is found by the instruction offset, through the image. The walk trusts nothing that
//! it has not checked, so that it ends well wherever the guest was stopped.

use super::Store;
use crate::{
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
        let fp = (cx.saved.fp as usize).wrapping_sub(self.stack.as_ptr() as usize);
        let mut frames = Frames { store: self, instance: cx.instance, ip: 0, fp, is_done: false };
        match self.current_instance() {
            Some(instance) => {
                let code = self.image(instance).code().as_ptr() as usize;
                frames.ip = (cx.saved.ip as usize).wrapping_sub(code);
            }
            None => frames.is_done = true,
        }
        frames
    }
}

impl Frames<'_> {
    /// The frame, and the place in it of its return offset.
    fn current(&self) -> Option<(Frame, usize)> {
        let image = self.store.image(self.instance);
        // The unit before `ip` belongs to the instruction: a call stands before its return offset, a trap is raised behind
        // the token at the least. Only a guest out of fuel stands before an instruction, perhaps its function's first.
        let mut unit = u32::try_from(self.ip / 2).ok()?.checked_sub(1)?;
        if image.func_at(unit).is_none() {
            unit += 1;
        }
        let func = image.func_at(unit)?;
        let frame = Frame { instance: self.instance, func: func.index, wasm_offset: image.wasm_offset(unit) };
        Some((frame, self.fp.checked_add(usize::from(func.header_offset))?))
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
        let image = &self.store.instances.get(self.instance as usize)?.image;
        self.ip = offset as usize;
        let delta = image.code().get((self.ip / 2).checked_sub(1)?)?;
        self.fp = self.fp.checked_sub(usize::from(*delta))?;
        // A frame replaced by a tail call across instances stands on a bridge that returns to the host.
        (offset != EXIT_OFFSET).then_some(())
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
