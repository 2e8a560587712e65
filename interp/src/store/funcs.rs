//! Functions: entities in a list, their types made canonical.
//!
//! `few_funcs.rs` stands in for this file in builds without an allocator, with the same interface.

use super::{External, Heap, OutOfMemory, Store, bound::Size, list::List, next_address, types::Types};
use crate::{
    exec::{
        context::FuncEntity,
        functions::{FuncSpace, Functions},
    },
    image::Image,
    instance::{Imports, Supply},
    types::{ExternKind, FuncIndex, FuncType, RefType, TypeIndex, TypeSpace, ValType},
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

    /// The functions of an instance to be: those imported, and new ones. `types` are those of its image.
    pub(crate) fn new_funcs(
        &mut self,
        image: &Image<'static>,
        types: &List<u32>,
        imports: Imports<'_>,
    ) -> Result<FuncSpace, OutOfMemory> {
        let instance = self.instances_count();
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
        Ok(FuncSpace { types: types.first_ptr(), functions: functions.first_ptr() })
    }

    /// Whether the function at `address` is of the type with this number, or one below.
    pub fn is_func_of(&self, address: u32, number: u32) -> bool {
        self.funcs.types.is_subtype(TypeIndex(self.func(address).type_id), TypeIndex(number))
    }

    /// Whether every value of the first type is one of the second, both being types of this store.
    pub fn val_matches(&self, sub: ValType, ty: ValType) -> bool {
        self.funcs.types.val_matches(sub, ty)
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
