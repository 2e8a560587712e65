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
    instance::{Imports, Supply, supply},
    types::{ExternType, FuncType, TypeIndex},
};

/// All functions of a store.
pub(crate) struct Funcs {
    types: Types,
    pub(super) entities: List<FuncEntity>,
}

impl Funcs {
    /// None. `seed` is best a number that nobody can guess.
    pub(super) const fn new(seed: u64) -> Funcs {
        Funcs { types: Types::new(seed), entities: List::EMPTY }
    }

    /// What handlers find them by.
    pub(super) fn view(&self) -> Functions {
        self.entities.first_ptr()
    }

    /// Gives everything back.
    pub(super) fn free(&mut self, heap: &mut Heap) {
        self.entities.free(heap);
        self.types.free(heap);
    }
}

impl Store {
    /// A function of the host: `number` is handed back when it is to be called.
    ///
    /// # Errors
    /// No memory, or too many functions.
    pub fn new_host_func(&mut self, ty: FuncType<'_>, number: u32) -> Result<u32, OutOfMemory> {
        let type_id = self.funcs.types.intern(&mut self.heap, ty)?;
        self.push_func(FuncEntity { type_id, instance: FuncEntity::HOST, entry: number })
    }

    fn push_func(&mut self, func: FuncEntity) -> Result<u32, OutOfMemory> {
        let address = next_address(self.funcs.entities.len())?;
        self.funcs.entities.push(&mut self.heap, func)?;
        self.set_stale();
        Ok(address)
    }

    /// The functions of an instance to be: those imported, and new ones.
    pub(crate) fn new_funcs(&mut self, image: &Image<'static>, imports: Imports<'_>) -> Result<FuncSpace, OutOfMemory> {
        let instance = self.instances_count();
        let hosts = (0..image.imports_count())
            .filter(|number| matches!(supply(image, imports, *number), Some(Supply::Host(_))));
        let more = image.code_funcs_count() as usize + hosts.count();
        self.funcs.entities.reserve(&mut self.heap, more)?;
        self.funcs.types.reserve(&mut self.heap, image.types_count(), image.type_bytes_count())?;
        let mut types = self.kept(image.types_count() as usize)?;
        let mut functions = self.kept(image.func_types_count() as usize)?;
        for ty in (0..image.types_count()).map_while(|index| image.func_type(TypeIndex(index))) {
            types.push_within_capacity(self.funcs.types.intern(&mut self.heap, ty)?);
        }
        for (number, import) in image.imports().enumerate() {
            match (imports(number as u32, &import), import.ty) {
                (Some(Supply::External(External::Func(address))), _) => functions.push_within_capacity(address),
                (Some(Supply::Host(number)), ExternType::Func(ty)) => {
                    functions.push_within_capacity(self.new_host_func(ty, number)?);
                }
                _ => {}
            }
        }
        for func in image.code_funcs() {
            let ty = image.func_type_index(func.index).map_or(0, TypeIndex::to_usize);
            let entity = FuncEntity { type_id: types[ty], instance, entry: func.entry };
            functions.push_within_capacity(self.push_func(entity)?);
        }
        Ok(FuncSpace { types: types.first_ptr(), functions: functions.first_ptr() })
    }

    /// The function at `address`.
    pub(super) fn func(&self, address: u32) -> FuncEntity {
        self.funcs.entities[address as usize]
    }

    /// Type of the function at `address`.
    pub fn func_type(&self, address: u32) -> FuncType<'_> {
        self.funcs.types.get(self.func(address).type_id)
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
