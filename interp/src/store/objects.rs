//! The store's side of the heap of objects: room for them, and what is reachable. See [`crate::gc`].

#[cfg(feature = "alloc")]
use super::suspend::Shared;
use super::{OutOfMemory, Store};
#[cfg(feature = "exceptions")]
use crate::types::{ExternKind, TagIndex};
use crate::{
    exec::machine::Handle,
    gc::{ObjectHeap, View},
    image::{Image, format::ElemMode},
    trap::Trap,
    types::{ElemIndex, RefType, ValType},
};
#[cfg(feature = "gc")]
use crate::{
    gc::layout::{self, Storage},
    types::{TypeIndex, rec::CompositeType},
};
use core::mem;

impl Store {
    /// The heap of objects.
    pub fn objects(&self) -> &ObjectHeap {
        &self.objects
    }

    /// The heap of objects, for writing fields.
    pub fn objects_mut(&mut self) -> &mut ObjectHeap {
        &mut self.objects
    }

    /// Makes room for descriptors of the structures, arrays and tags that an image defines: for all of them at once, since a list that grows
    /// leaves a hole in an arena.
    ///
    /// # Errors
    /// The heap has no more room.
    pub(crate) fn reserve_descriptors(&mut self, image: &Image<'static>) -> Result<(), OutOfMemory> {
        let (mut count, mut more) = (0, 0);
        let mut add = |words: u32| {
            count += 1;
            more += words.saturating_sub(32).div_ceil(32) as usize;
        };
        #[cfg(feature = "gc")]
        for ty in (0..image.types_count()).filter_map(|index| image.sub_type(TypeIndex(index))) {
            match ty.composite {
                CompositeType::Func(_) => {}
                CompositeType::Struct(fields) => {
                    let storages = fields.iter().map(|field| Storage::from(field.ty.storage));
                    add((layout::object_bytes(storages) - layout::HEADER_BYTES) / 4);
                }
                CompositeType::Array(_) => add(0),
            }
        }
        #[cfg(feature = "exceptions")]
        for index in image.imported_count(ExternKind::Tag)..image.count(ExternKind::Tag) {
            add(image.tag(TagIndex(index)).and_then(|ty| image.func_type(ty)).map_or(0, |ty| ty.params().cells()));
        }
        if count == 0 { Ok(()) } else { self.objects.reserve_descriptors(&mut self.heap, count, more) }
    }

    /// A new object with this descriptor, all of whose fields are zero or null; `len` is that of an array, else 0. Nothing keeps it alive
    /// yet when the next one is allocated.
    ///
    /// # Errors
    /// `OutOfHeap`.
    pub fn new_object(&mut self, descriptor: u32, len: u32) -> Result<Handle, Trap> {
        let bytes = self.objects.bytes_for(descriptor, len).ok_or(Trap::OutOfHeap)?;
        let handle = match self.context_mut().heap.take(bytes) {
            Some(handle) => handle,
            None => {
                self.room_for_object(bytes)?;
                self.context_mut().heap.take(bytes).ok_or(Trap::OutOfHeap)?
            }
        };
        self.objects.initialise(handle, descriptor, len);
        Ok(handle)
    }

    /// Makes the run that is allocated from one with room for so many bytes: the next one, or one that a collection has found.
    ///
    /// # Errors
    /// `OutOfHeap`.
    #[inline(never)]
    pub(super) fn room_for_object(&mut self, bytes: u32) -> Result<(), Trap> {
        if self.limits.objects_bytes == 0 {
            return Err(Trap::OutOfHeap);
        }
        let mut view = self.context().heap;
        let mut is_there = !self.objects.is_stressed() && self.objects.next_run(&mut view, bytes);
        if !is_there {
            self.collect();
            is_there = self.objects.start_over(&mut self.heap, &mut view, bytes);
        }
        self.use_run(view);
        if is_there { Ok(()) } else { Err(Trap::OutOfHeap) }
    }

    /// Collects, so that what is not reachable makes room for new objects. The guest stands between two instructions, or waits for the host.
    pub fn collect_garbage(&mut self) {
        if self.objects.bytes() == 0 {
            return;
        }
        let mut view = self.context().heap;
        self.collect();
        self.objects.start_over(&mut self.heap, &mut view, 0);
        self.use_run(view);
    }

    /// What handlers allocate from, from now on.
    fn use_run(&mut self, view: View) {
        self.context_mut().heap = View { base: self.objects.base(), ..view };
    }

    /// Marks what is reachable.
    fn collect(&mut self) {
        let mut objects = mem::replace(&mut self.objects, ObjectHeap::new(0, false));
        #[cfg(feature = "alloc")]
        self.parked.retain(|references| Shared::strong_count(references) > 1);
        objects.collect(|marking| self.references(&mut |reference| marking.root(reference)));
        self.objects = objects;
    }

    /// Names every reference that a guest or the host can reach without going through an object.
    fn references(&self, found: &mut impl FnMut(Handle)) {
        self.frames().references(found);
        for outer in self.outers.iter() {
            self.frames_from(outer.instance, outer.ip, outer.fp).references(found);
        }
        for (global, ty) in self.globals.iter().zip(self.global_types.iter()) {
            if holds_objects(ty.content) {
                found(global.bits as u32);
            }
        }
        for address in
            (0..self.tables_count()).filter(|address| holds_objects(self.table_type(*address).element.into()))
        {
            self.table(address).iter().copied().for_each(&mut *found);
        }
        for (instance, spaces) in self.instances.iter().zip(self.spaces.iter()) {
            for index in (0..instance.image.elems_count()).map(ElemIndex) {
                let Some(elem) = instance.image.elem(index) else { continue };
                if elem.mode != ElemMode::Passive || !holds_objects(elem.element.into()) {
                    continue;
                }
                // SAFETY: the instance has as many segments as its image, each with `len` items that instantiation has written.
                let items = unsafe {
                    let elem = *spaces.elems.add(index.to_usize());
                    core::slice::from_raw_parts(elem.base, elem.len as usize)
                };
                items.iter().copied().for_each(&mut *found);
            }
        }
        #[cfg(feature = "alloc")]
        self.parked.iter().flat_map(|references| references.iter()).copied().for_each(&mut *found);
        self.roots.iter().for_each(&mut *found);
    }

    /// The references in the frames of the call that runs, which is about to be taken off the stack. They stay alive as long as
    /// what is given here does.
    #[cfg(feature = "alloc")]
    pub(super) fn park_references(&mut self) -> Result<Option<Shared<[Handle]>>, OutOfMemory> {
        let mut references = alloc::vec::Vec::new();
        let mut is_complete = true;
        self.frames().references(&mut |reference| {
            if reference != 0 && reference.is_multiple_of(crate::gc::layout::OBJECT_ALIGN) {
                is_complete &= crate::push::push(&mut references, reference).is_ok();
            }
        });
        if !is_complete {
            return Err(OutOfMemory);
        }
        if references.is_empty() {
            return Ok(None);
        }
        let references = Shared::from(references);
        crate::push::push(&mut self.parked, Shared::clone(&references))?;
        Ok(Some(references))
    }

    /// Holds a reference until the scope of roots ends; gives its number.
    ///
    /// # Errors
    /// No memory.
    pub fn push_root(&mut self, reference: Handle) -> Result<u32, OutOfMemory> {
        self.roots.push(&mut self.heap, reference)
    }

    /// A reference that was pushed; `None` if its scope has ended.
    pub fn root(&self, number: u32) -> Option<Handle> {
        self.roots.get(number)
    }

    /// Where a scope of roots begins, for [`Store::leave_roots`].
    pub fn roots_len(&self) -> u32 {
        self.roots.len()
    }

    /// Ends the scope that began there.
    pub fn leave_roots(&mut self, len: u32) {
        self.roots.leave(len);
    }

    /// Holds a reference until it is given back by [`Store::release_root`]; gives its number.
    ///
    /// # Errors
    /// No memory.
    pub fn hold_root(&mut self, reference: Handle) -> Result<u32, OutOfMemory> {
        self.roots.hold(&mut self.heap, reference)
    }

    /// A held reference.
    ///
    /// # Panics
    /// May, if there is none with this number.
    pub fn held_root(&self, number: u32) -> Handle {
        self.roots.held(number)
    }

    /// Gives a held reference back.
    ///
    /// # Panics
    /// If there is none with this number.
    pub fn release_root(&mut self, number: u32) {
        self.roots.release(number);
    }
}

/// Whether a value of this type can be an object.
fn holds_objects(ty: ValType) -> bool {
    match ty {
        ValType::Ref(ty) => ty != RefType::FUNC,
        _ => false,
    }
}
