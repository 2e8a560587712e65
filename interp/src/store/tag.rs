//! Tags: what exceptions are told apart by. A tag is one entity, whoever imports it; its exceptions have a layout of their own on the heap, so
//! that an exception's descriptor says which tag it has.

use super::{OutOfMemory, Store, next_address};
use crate::{
    gc::{Kind, layout::Storage},
    types::{ExternKind, FuncType, TypeIndex},
};

/// A tag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagEntity {
    /// Of its exceptions, on the heap of objects.
    pub(super) descriptor: u32,
    /// Its type: the number in the store.
    #[cfg(not(compact))]
    type_id: u32,
    /// Its type: instance, and index in its image.
    #[cfg(compact)]
    ty: (u32, TypeIndex),
}

impl Store {
    /// A tag whose exceptions carry the parameters of this type. Indices in it are those of this store.
    ///
    /// # Errors
    /// No memory, or too many tags.
    #[cfg(not(compact))]
    pub fn new_tag(&mut self, ty: FuncType<'_>) -> Result<u32, OutOfMemory> {
        let type_id = self.funcs.types.intern_func(&mut self.heap, ty)?;
        let descriptor = self.describe_exception(ty)?;
        self.push_tag(TagEntity { descriptor, type_id })
    }

    /// A tag of an instance to be, of the type with this index in its image; `types` are the numbers of the image's types.
    #[cfg(not(compact))]
    pub(crate) fn new_own_tag(
        &mut self,
        image: &crate::image::Image<'static>,
        types: &[u32],
        ty: TypeIndex,
    ) -> Result<u32, OutOfMemory> {
        let type_id = types[ty.to_usize()];
        let descriptor = self.describe_exception(image.func_type(ty).ok_or(OutOfMemory)?)?;
        self.push_tag(TagEntity { descriptor, type_id })
    }

    /// A tag of an instance to be, of the type with this index in its image.
    #[cfg(compact)]
    pub(crate) fn new_own_tag(
        &mut self,
        image: &crate::image::Image<'static>,
        (): &(),
        ty: TypeIndex,
    ) -> Result<u32, OutOfMemory> {
        let instance = self.instances_count();
        let descriptor = self.describe_exception(image.func_type(ty).ok_or(OutOfMemory)?)?;
        self.push_tag(TagEntity { descriptor, ty: (instance, ty) })
    }

    /// Makes room for the tags that an image defines; for their descriptors there is room.
    pub(crate) fn reserve_tags(&mut self, image: &crate::image::Image<'static>) -> Result<(), OutOfMemory> {
        let count = image.count(ExternKind::Tag) - image.imported_count(ExternKind::Tag);
        self.tags.reserve(&mut self.heap, count as usize)
    }

    fn describe_exception(&mut self, ty: FuncType<'_>) -> Result<u32, OutOfMemory> {
        let owner = next_address(self.tags.len())?;
        self.objects.describe(&mut self.heap, Kind::Exception, owner, ty.params().iter().map(Storage::from))
    }

    fn push_tag(&mut self, tag: TagEntity) -> Result<u32, OutOfMemory> {
        let address = next_address(self.tags.len())?;
        self.tags.push(&mut self.heap, tag)?;
        Ok(address)
    }

    /// Type of a tag: its parameters are what exceptions carry.
    #[cfg(not(compact))]
    pub fn tag_type(&self, address: u32) -> FuncType<'_> {
        self.funcs.types.func(self.tags[address as usize].type_id)
    }

    /// Type of a tag: its parameters are what exceptions carry.
    #[cfg(compact)]
    pub fn tag_type(&self, address: u32) -> FuncType<'_> {
        let (instance, ty) = self.tags[address as usize].ty;
        self.image(instance).func_type(ty).expect("a parsed image has the types of its tags")
    }

    /// Number of the type of a tag, which all equal types have.
    #[cfg(not(compact))]
    pub(crate) fn tag_type_id(&self, address: u32) -> u32 {
        self.tags[address as usize].type_id
    }

    /// Descriptor of a tag's exceptions, for [`Store::new_object`].
    pub fn tag_descriptor(&self, address: u32) -> u32 {
        self.tags[address as usize].descriptor
    }
}
