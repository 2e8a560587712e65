//! Code of instances whose functions are translated when they are first called. `no_lazy.rs` stands in for this file where
//! nothing is translated.
//!
//! Such an instance runs a copy of its image's code, in which every function is a *stub*: the units before an entry as the function's
//! type alone dictates them, and the instruction `lazy`. That leaves the interpreter; the embedder has the function translated and
//! hands it to [`Store::install`], which puts it behind the others, lets what is called by address and from code to come go there, and
//! makes the stub a branch to it, for what was linked to the stub before.
//!
//! Invariants: the copy only grows at its end, so that offsets in it stay; it may move, so that nobody keeps pointers into it but the
//! context and [`Spaces`](crate::exec::context::Spaces), while the guest does not leave the interpreter. Its functions have the
//! verifier's properties because the translator gives them, as for an image that it has just written.

use super::{OutOfMemory, Store, backtrace::CodePlace};
use crate::{
    error::{Error, ErrorKind},
    image::{CellMap, Image, LazyFunc, Options, format::Handler},
    isa::{FRAME_UNITS, INDEX_UNITS, Row, encode::put32},
    push::push,
    types::FuncIndex,
};
use alloc::vec::Vec;

/// The code of one such instance. The store has them in the order of the instances.
pub(super) struct Code {
    instance: u32,
    /// What the image has, then what was installed.
    units: Vec<u16>,
    /// What was installed: unit at which it begins, function, where its cell map begins.
    installed: Vec<(u32, FuncIndex, u32)>,
    /// The cell maps of what was installed.
    cell_maps: Vec<u8>,
    /// The handlers of what was installed, as an image has them.
    handlers: Vec<Handler>,
    /// Of what was installed: unit, byte offset in the wasm module; ascending.
    source_map: Vec<(u32, u32)>,
}

impl Code {
    /// The function whose code, stub or not, holds the unit.
    fn place_at<'a>(&'a self, image: &Image<'a>, unit: u32) -> Option<CodePlace<'a>> {
        // A stub's frame in the copy is that of the function, once that is there.
        let (first, func, cell_map) = match self.installed.partition_point(|(first, ..)| *first <= unit).checked_sub(1)
        {
            Some(i) => {
                let (first, func, map) = self.installed[i];
                let end = self.installed.get(i + 1).map_or(self.cell_maps.len(), |(_, _, next)| *next as usize);
                (first, func, &self.cell_maps[map as usize..end])
            }
            // A guest does not stay in a stub.
            None => image.func_at(unit).map(|func| (func.entry - FRAME_UNITS as u32, func.index, [].as_slice()))?,
        };
        let frame: &[u16; FRAME_UNITS] = self.units.get(first as usize..)?.first_chunk()?;
        let [_, _, _, header_offset, _, _, frame_low, frame_high] = *frame;
        let before = self.source_map.partition_point(|(at, _)| *at <= unit).checked_sub(1);
        Some(CodePlace {
            func,
            header_offset,
            frame_bytes: u32::from(frame_low) | u32::from(frame_high) << 16,
            cell_map: CellMap::from_bytes(cell_map),
            wasm_offset: before.map(|i| self.source_map[i]).filter(|(at, _)| *at >= first).map(|(_, wasm)| wasm),
        })
    }
}

impl Store {
    /// Where in the list the code of an instance is, if it has one of its own.
    fn lazy_index(&self, instance: u32) -> Option<usize> {
        self.lazy.binary_search_by_key(&instance, |code| code.instance).ok()
    }

    fn lazy_code(&self, instance: u32) -> Option<&Code> {
        self.lazy_index(instance).map(|i| &self.lazy[i])
    }

    /// Where the code begins that the next instance runs, which is of this image: in the image, or in a copy.
    pub(crate) fn code_to_run(&mut self, image: &Image<'static>) -> Result<*const u16, OutOfMemory> {
        if !image.options().contains(Options::LAZY) {
            return Ok(image.code().as_ptr());
        }
        let instance = self.instances_count();
        // One may have had a copy already that then failed to come into being.
        self.lazy.retain(|code| code.instance < instance);
        let mut units = Vec::new();
        units.try_reserve(image.code().len()).map_err(|_| OutOfMemory)?;
        units.extend_from_slice(image.code());
        let first = units.as_ptr();
        push(
            &mut self.lazy,
            Code {
                instance,
                units,
                installed: Vec::new(),
                cell_maps: Vec::new(),
                handlers: Vec::new(),
                source_map: Vec::new(),
            },
        )?;
        Ok(first)
    }

    /// The code that an instance runs: its image's, or its own.
    pub fn code(&self, instance: u32) -> &[u16] {
        match self.lazy_code(instance) {
            Some(code) => &code.units,
            None => self.image(instance).code(),
        }
    }

    /// The first handler in the function whose code holds the unit for which `is_caught` holds.
    pub(super) fn handler_at(&self, instance: u32, unit: u32, is_caught: impl Fn(&Handler) -> bool) -> Option<Handler> {
        match self.lazy_code(instance) {
            Some(code) => {
                // Installed code is not moved: handlers of a function come in a row, in the order of the functions.
                let installed = code.installed.partition_point(|(first, ..)| *first <= unit).checked_sub(1)?;
                let first = code.installed[installed].0;
                let from = code.handlers.partition_point(|handler| handler.target < first);
                let end = code.installed.get(installed + 1).map_or(u32::MAX, |(next, ..)| *next);
                let handlers = code.handlers[from..].iter().take_while(|handler| handler.target < end);
                handlers.copied().find(is_caught)
            }
            None => {
                let image = self.image(instance);
                image.handlers_of(&image.func_at(unit)?).find(is_caught)
            }
        }
    }

    /// The function whose code holds the unit.
    pub(super) fn place_at(&self, instance: u32, unit: u32) -> Option<CodePlace<'_>> {
        let image = self.image(instance);
        match self.lazy_code(instance) {
            Some(code) => code.place_at(image, unit),
            None => CodePlace::in_image(image, unit),
        }
    }

    /// After [`Stop::Lazy`](super::Stop::Lazy): puts the function's code into the instance, and the guest at its start.
    ///
    /// # Errors
    /// `OutOfMemory`; `Limit` if the instance's code is longer than 4 GiB; `Trap` with `StackOverflow` if there is no room for the
    /// function's frame. The call has to be abandoned then.
    ///
    /// # Panics
    /// If that is not how the guest stopped, or the function another one.
    ///
    /// # Safety
    /// The function was translated from the module that the instance's image was made from, with the same settings.
    pub unsafe fn install(&mut self, func: &LazyFunc) -> Result<(), Error> {
        let instance = self.context().instance;
        let i = self.lazy_index(instance).expect("an instance with stubs");
        let first = self.lazy[i].units.len();
        let end = first + func.code.len();
        if end > (u32::MAX / 2) as usize {
            return Err(Error::new(ErrorKind::Limit("code of an instance longer than 4 GiB")));
        }
        self.make_room(i, func.code.len())?;
        self.lazy[i].source_map.try_reserve(func.source_map.len()).map_err(|_| OutOfMemory)?;
        self.lazy[i].installed.try_reserve(1).map_err(|_| OutOfMemory)?;
        self.lazy[i].cell_maps.try_reserve(func.cell_map.len()).map_err(|_| OutOfMemory)?;
        self.lazy[i].handlers.try_reserve(func.handlers.len()).map_err(|_| OutOfMemory)?;
        #[cfg(feature = "observe")]
        self.count_longer(instance, end)?;
        // From here on nothing fails but the check of the stack, when all is in place.
        let functions = self.spaces[instance as usize].funcs.functions;
        // SAFETY: the list has as many entries as the module has functions; all indices are of that module.
        let address = |index: u32| unsafe { *functions.add(index as usize) as usize };
        let entry = first + FRAME_UNITS;
        let stub = self.funcs.entities[address(func.index.0)].entry as usize;
        let Code { units, installed, cell_maps, handlers, source_map, .. } = &mut self.lazy[i];
        assert!(units[stub] == Row::Lazy.token(0), "a function that is not translated yet");
        units.extend_from_slice(&func.code);
        installed.push((first as u32, func.index, cell_maps.len() as u32));
        cell_maps.extend_from_slice(&func.cell_map);
        handlers.extend(func.handlers.iter().map(|handler| handler.moved(first as u32)));
        source_map.extend(func.source_map.iter().map(|(unit, wasm)| (first as u32 + unit, *wasm)));
        put32(units, first, func.index.0);
        self.funcs.entities[address(func.index.0)].entry = entry as u32;
        for field in &func.calls {
            let at = first + *field as usize;
            let callee = u32::from(units[at]) | u32::from(units[at + 1]) << 16;
            put32(units, at, self.funcs.entities[address(callee)].entry.wrapping_sub(at as u32));
        }
        units.copy_within(first + INDEX_UNITS..entry, stub - FRAME_UNITS + INDEX_UNITS);
        units[stub] = Row::BrWide.token(0);
        put32(units, stub + 1, (entry - (stub + 1)) as u32);
        let entry = self.code_ptr(instance).wrapping_add(entry);
        self.context_mut().saved.ip = entry;
        // SAFETY: the units before the entry were just copied there, and the guest's frame is in the stack.
        unsafe { self.clear_frame(entry, self.context().saved.fp) }
            .map_err(|trap| Error::new(ErrorKind::Trap(trap)))?;
        Ok(())
    }

    /// Makes room for so many units more, number `i` of the codes being that of the instance that runs. The code may move, and with
    /// it what points into it: its instance and the guest.
    fn make_room(&mut self, i: usize, units_count: usize) -> Result<(), OutOfMemory> {
        let Code { instance, units, .. } = &mut self.lazy[i];
        let spaces = &mut self.spaces[*instance as usize];
        let before = spaces.code as usize;
        units.try_reserve(units_count).map_err(|_| OutOfMemory)?;
        spaces.code = units.as_ptr();
        let code = spaces.code;
        let ip = &mut self.context_mut().saved.ip;
        *ip = code.wrapping_byte_add((*ip as usize).wrapping_sub(before));
        self.set_stale();
        Ok(())
    }
}
