//! In the place of `funcs.rs` in builds without an allocator: functions and types stay in the image; see `exec/few_functions.rs`.

use super::{External, Heap, OutOfMemory, Store, bound::Size};
#[cfg(feature = "gc")]
use crate::types::TypeIndex;
use crate::{
    exec::{
        context::FuncEntity,
        functions::{self, FuncSpace, Functions, HOST},
    },
    image::Image,
    instance::{Imports, Supply},
    types::{ExternKind, FuncIndex, FuncType},
};

/// All functions of a store: nothing beside what instances know.
pub(crate) struct Funcs;

impl Funcs {
    /// None.
    pub(super) const fn new(_: u64) -> Funcs {
        Funcs
    }

    /// What handlers find them by.
    pub(super) fn view(&self) -> Functions {}

    /// Nothing is there to be given back.
    pub(super) fn free(&mut self, _: &mut Heap) {}
}

impl Store {
    /// Types stay in the image.
    pub(crate) fn new_types(&mut self, _: &Image<'static>) -> Result<(), OutOfMemory> {
        Ok(())
    }

    /// The functions of an instance to be: those imported, and new ones.
    #[inline(never)]
    pub(crate) fn new_funcs(
        &mut self,
        image: &Image<'static>,
        (): &(),
        imports: Imports<'_>,
    ) -> Result<FuncSpace, OutOfMemory> {
        let (imported_count, count) = (image.imported_count(ExternKind::Func), image.func_types_count());
        let first = self.funcs_count();
        if first.checked_add(count).is_none_or(|end| end > HOST) {
            return Err(OutOfMemory);
        }
        #[cfg(feature = "gc")]
        let descriptors = self.new_descriptors(image)?;
        let mut list = self.kept(imported_count as usize)?;
        for number in 0..image.imports_count() {
            match imports(number) {
                Some(Supply::Host(number)) => list.push_within_capacity(HOST.checked_add(number).ok_or(OutOfMemory)?),
                _ => {}
            }
        }
        Ok(image.func_space(FuncSpace {
            imports: list.first_ptr(),
            first,
            imported_count,
            count,
            #[cfg(feature = "gc")]
            descriptors,
            ..FuncSpace::EMPTY
        }))
    }

    /// Descriptors of an image's types; their owners are type indices.
    #[cfg(feature = "gc")]
    fn new_descriptors(&mut self, image: &Image<'static>) -> Result<*const u32, OutOfMemory> {
        use crate::{gc::Kind, types::rec::CompositeType};
        if !image.has_objects() {
            return Ok(core::ptr::null());
        }
        let mut descriptors = self.kept(image.types_count() as usize)?;
        for index in 0..image.types_count() {
            let (heap, objects) = (&mut self.heap, &mut self.objects);
            descriptors.push_within_capacity(match image.sub_type(TypeIndex(index)).map(|ty| ty.composite) {
                Some(CompositeType::Struct(fields)) => {
                    objects.describe(heap, Kind::Struct, index, fields.iter().map(|field| field.ty.storage.into()))?
                }
                Some(CompositeType::Array(fields)) => {
                    let element = fields.get(0).ok_or(OutOfMemory)?;
                    objects.describe_array(heap, index, element.ty.storage.into())?
                }
                _ => 0,
            });
        }
        Ok(descriptors.first_ptr())
    }

    /// Number of addresses in the rows of all instances.
    fn funcs_count(&self) -> u32 {
        self.spaces.last().map_or(0, |spaces| spaces.funcs.first + spaces.funcs.count)
    }

    /// The function at `address`.
    pub(super) fn func(&self, address: u32) -> FuncEntity {
        assert!(self.has_func(address), "the address of a function");
        // SAFETY: the rows of all instances are without gaps, and the address is in one.
        unsafe { functions::find(self.spaces.first_ptr(), address) }
    }

    /// Type of the function at `address`.
    pub fn func_type(&self, address: u32) -> FuncType<'_> {
        assert!(self.has_func(address), "the address of a function");
        // SAFETY: as above.
        let (instance, _, index) = unsafe { functions::locate(self.spaces.first_ptr(), address) };
        self.image(instance).type_of_func(FuncIndex(index)).expect("a parsed image has types of its functions")
    }

    /// Whether this is the address of a function in a row.
    pub(super) fn has_func(&self, address: u32) -> bool {
        address < self.funcs_count()
    }

    /// Address of the function with this index, if the instance has so many.
    pub(super) fn func_at(&self, instance: u32, index: u32) -> Option<External> {
        let funcs = &self.spaces[instance as usize].funcs;
        (index < funcs.count).then_some(External::Func(funcs.first + index))
    }
}

/// There are no entries for functions and types: see `bound.rs`.
pub(super) const SIZES: Option<[Size; 2]> = None;
