//! Functions: entities in a list, their types made canonical.
//!
//! `few_funcs.rs` stands in for this file in builds without an allocator, with the same interface.

use super::{External, Heap, OutOfMemory, Store, bound::Size, list::List, next_address, types::Types};
#[cfg(feature = "gc")]
use crate::types::rec::CompositeType;
use crate::{
    exec::{
        context::FuncEntity,
        functions::{FuncSpace, Functions},
        handle,
    },
    image::Image,
    instance::{Imports, Supply},
    types::{ExternKind, FuncIndex, FuncType, HeapType, RefType, TypeIndex, TypeSpace, ValType},
};

/// All functions of a store.
pub(crate) struct Funcs {
    pub(super) types: Types,
    pub(super) entities: List<FuncEntity>,
}

impl Funcs {
    /// None. `seed` is best a number that nobody can guess.
    pub(super) const fn new(seed: u64) -> Funcs {
        Funcs { types: Types::new(seed), entities: List::EMPTY }
    }

    /// What handlers find them by.
    pub(super) fn view(&self) -> Functions {
        Functions { entities: self.entities.first_ptr(), supertypes: self.types.supertypes_ptr() }
    }

    /// Gives everything back.
    pub(super) fn free(&mut self, heap: &mut Heap) {
        self.entities.free(heap);
        self.types.free(heap);
    }
}

impl Store {
    /// A function of the host: `number` is handed back when it is to be called. Indices in its type are those of this store.
    ///
    /// # Errors
    /// No memory, or too many functions.
    pub fn new_host_func(&mut self, ty: FuncType<'_>, number: u32) -> Result<u32, OutOfMemory> {
        let type_id = self.funcs.types.intern_func(&mut self.heap, ty)?;
        self.push_func(FuncEntity { type_id, instance: FuncEntity::HOST, entry: number })
    }

    fn push_func(&mut self, func: FuncEntity) -> Result<u32, OutOfMemory> {
        let address = next_address(self.funcs.entities.len())?;
        self.funcs.entities.push(&mut self.heap, func)?;
        self.set_stale();
        Ok(address)
    }

    /// The numbers in this store of an image's types, in the order of their indices. Kept as long as the store.
    pub(crate) fn new_types(&mut self, image: &Image<'static>) -> Result<List<u32>, OutOfMemory> {
        let mut types = self.kept(image.types_count() as usize)?;
        self.funcs.types.intern_image(&mut self.heap, image, &mut types)?;
        self.set_stale();
        Ok(types)
    }

    /// Descriptors of an image's types, whose numbers are these: none if it has neither structures nor arrays.
    #[cfg(feature = "gc")]
    fn new_descriptors(&mut self, image: &Image<'static>, types: &List<u32>) -> Result<*const u32, OutOfMemory> {
        if !image.has_objects() {
            return Ok(core::ptr::null());
        }
        let mut descriptors = self.kept(types.len())?;
        self.funcs.types.describe(&mut self.heap, &mut self.objects, types, &mut descriptors)?;
        Ok(descriptors.first_ptr())
    }

    /// The functions of an instance to be: those imported, and new ones. `types` are those of its image.
    pub(crate) fn new_funcs(
        &mut self,
        image: &Image<'static>,
        types: &List<u32>,
        imports: Imports<'_>,
    ) -> Result<FuncSpace, OutOfMemory> {
        let instance = self.instances_count();
        #[cfg(feature = "gc")]
        let descriptors = self.new_descriptors(image, types)?;
        let hosts = (0..image.imports_count()).filter(|number| matches!(imports(*number), Some(Supply::Host(_))));
        let more = image.code_funcs_count() as usize + hosts.count();
        self.funcs.entities.reserve(&mut self.heap, more)?;
        let mut functions = self.kept(image.func_types_count() as usize)?;
        let type_of = |index| types[image.func_type_index(index).map_or(0, TypeIndex::to_usize)];
        let mut index = FuncIndex(0);
        for number in (0..image.imports_count()).filter(|i| image.import_kind(*i) == Some(ExternKind::Func)) {
            match imports(number) {
                Some(Supply::External(External::Func(address))) => functions.push_within_capacity(address),
                Some(Supply::Host(number)) => {
                    let entity = FuncEntity { type_id: type_of(index), instance: FuncEntity::HOST, entry: number };
                    functions.push_within_capacity(self.push_func(entity)?);
                }
                _ => {}
            }
            index.0 += 1;
        }
        for func in image.code_funcs() {
            let entity = FuncEntity { type_id: type_of(func.index), instance, entry: func.entry };
            functions.push_within_capacity(self.push_func(entity)?);
        }
        Ok(FuncSpace {
            types: types.first_ptr(),
            functions: functions.first_ptr(),
            #[cfg(feature = "gc")]
            descriptors,
        })
    }

    /// Whether the function at `address` is of the type with this number, or one below.
    pub fn is_func_of(&self, address: u32, number: u32) -> bool {
        self.funcs.types.is_subtype(TypeIndex(self.func(address).type_id), TypeIndex(number))
    }

    /// Number of the type of an object, a structure or an array.
    #[cfg(feature = "gc")]
    fn object_type(&self, handle: u32) -> Option<(crate::gc::Kind, u32)> {
        let layout = self.objects.layout(self.objects.descriptor(handle));
        Some((layout.kind, layout.owner))
    }

    /// The type of the object that a handle leads to, which is a structure or an array: by its number in this store.
    #[cfg(feature = "gc")]
    pub fn type_of_object(&self, handle: u32) -> Option<(u32, CompositeType<'_>)> {
        let (kind, number) = handle::is_object(handle).then(|| self.object_type(handle))??;
        (kind != crate::gc::Kind::Exception).then(|| (number, self.funcs.types.composite(number)))
    }

    /// The type with this number.
    ///
    /// # Panics
    /// If there is no type with this number.
    #[cfg(feature = "gc")]
    pub fn composite_type(&self, number: u32) -> CompositeType<'_> {
        self.funcs.types.composite(number)
    }

    /// The descriptor for new objects of the type with this number, if it is one of structures or arrays that an instance has.
    #[cfg(feature = "gc")]
    pub fn descriptor_of(&self, number: u32) -> Option<u32> {
        Some(self.funcs.types.descriptor(number)).filter(|descriptor| *descriptor != 0)
    }

    /// Whether the reference of a valid handle is of a type.
    pub fn handle_matches(&self, handle: u32, ty: RefType) -> bool {
        if handle == 0 {
            return ty.is_nullable();
        }
        let heap = match self.heap_type_of(handle) {
            // What comes from the host may be taken for anything of the guest.
            HeapType::Extern if matches!(ty.heap(), HeapType::Any) => return true,
            heap => heap,
        };
        let is_any =
            !matches!(heap, HeapType::Func | HeapType::Exn | HeapType::Concrete(_)) || handle::is_object(handle);
        if ty.heap() == HeapType::Extern {
            return is_any && heap != HeapType::Exn;
        }
        self.funcs.types.heap_matches(heap, ty.heap())
    }

    /// The most exact type of what a handle leads to that is not null.
    pub fn heap_type_of(&self, handle: u32) -> HeapType {
        if let Some(address) = handle::to_func(handle) {
            return HeapType::Concrete(TypeIndex(self.func(address).type_id));
        }
        if handle::to_extern(handle).is_some() {
            return HeapType::Extern;
        }
        if handle::to_i31(handle).is_some() {
            return HeapType::I31;
        }
        #[cfg(feature = "gc")]
        if let Some((number, _)) = self.type_of_object(handle) {
            return HeapType::Concrete(TypeIndex(number));
        }
        HeapType::Exn
    }

    /// Whether every value of the first type is one of the second, both being types of this store.
    pub fn val_matches(&self, sub: ValType, ty: ValType) -> bool {
        self.funcs.types.val_matches(sub, ty)
    }

    /// Whether the null of the hierarchy with this type at its bottom is a value of a type of this store.
    pub fn null_matches(&self, bottom: HeapType, ty: RefType) -> bool {
        #[cfg(feature = "function-references")]
        return self.ref_matches(RefType::new(true, bottom), ty);
        // There are no others, and null is of both.
        #[cfg(not(feature = "function-references"))]
        matches!((bottom, ty.heap()), (HeapType::NoFunc, HeapType::Func) | (HeapType::NoExtern, HeapType::Extern))
    }

    /// Whether every value of the first type is one of the second, both being types of this store.
    pub fn ref_matches(&self, sub: RefType, ty: RefType) -> bool {
        self.funcs.types.ref_matches(sub, ty)
    }

    /// The function at `address`.
    pub(super) fn func(&self, address: u32) -> FuncEntity {
        self.funcs.entities[address as usize]
    }

    /// Type of the function at `address`.
    pub fn func_type(&self, address: u32) -> FuncType<'_> {
        self.funcs.types.func(self.func(address).type_id)
    }

    /// Whether this is the address of a function.
    pub(super) fn has_func(&self, address: u32) -> bool {
        (address as usize) < self.funcs.entities.len()
    }

    /// Address of the function with this index, if the instance has so many.
    pub(super) fn func_at(&self, instance: u32, index: u32) -> Option<External> {
        let image = self.image(instance);
        let len = image.func_types_count();
        let functions = self.spaces[instance as usize].funcs.functions;
        // SAFETY: the list has as many entries as the module has functions; `new_funcs` made it so.
        (index < len).then(|| External::Func(unsafe { *functions.add(index as usize) }))
    }
}

/// Of an entry for each function, and of one for each type: see `bound.rs`.
pub(super) const SIZES: Option<[Size; 2]> = Some([Size::of::<FuncEntity>(), super::types::ENTRY_SIZE]);
