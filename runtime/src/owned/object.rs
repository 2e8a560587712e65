//! What is on the guests' heap, as the host sees it: structures and arrays.

use super::{
    AnyRef, AsContext, AsContextMut, ConcreteType, Error, HeapType, Store, StoreContextMut, Val, ValType, types::Owner,
};
use alloc::{string::String, vec::Vec};
use sheave_interp::{
    gc::layout::{ARRAY_HEADER_BYTES, Storage},
    types::{
        Bits,
        rec::{CompositeType, PlacedField, StorageType},
    },
};

impl AnyRef {
    /// The structure, if it is one.
    pub fn as_struct(&self, ctx: impl AsContext) -> Option<StructRef> {
        let store = ctx.as_context().store;
        match store.core.type_of_object(self.handle(store)) {
            Some((_, CompositeType::Struct(_))) => Some(StructRef(*self)),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self, ctx: impl AsContext) -> Option<ArrayRef> {
        let store = ctx.as_context().store;
        match store.core.type_of_object(self.handle(store)) {
            Some((_, CompositeType::Array(_))) => Some(ArrayRef(*self)),
            _ => None,
        }
    }
}

/// A structure of a guest.
///
/// ```
/// # #[cfg(feature = "wat")] {
/// use sheave::{Engine, HeapType, Instance, Module, Store, StructRef, Val, ValType};
///
/// let module = Module::new(
///     &Engine::default(),
///     r#"(module (type $point (struct (field (mut i32)) (field (mut i32))))
///         (func (export "x") (param (ref $point)) (result i32) (struct.get $point 0 (local.get 0))))"#,
/// )?;
/// let mut store = Store::new(module.engine(), ());
/// let x = Instance::new(&mut store, &module, &[])?.get_func(&store, "x").unwrap();
/// // The type is the one that the function has for its parameter.
/// let ValType::Ref(ty) = x.ty(&store).params()[0] else { panic!() };
/// let HeapType::Concrete(point) = ty.heap_type() else { panic!() };
/// let object = StructRef::new(&mut store, point, &[Val::I32(3), Val::I32(4)])?;
/// object.set_field(&mut store, 0, Val::I32(7))?;
/// let mut results = [Val::I32(0)];
/// x.call(&mut store, &[object.into()], &mut results)?;
/// assert_eq!((results[0].i32(), object.field(&mut store, 1)?.i32()), (Some(7), Some(4)));
/// assert!(object.set_field(&mut store, 2, Val::I32(7)).is_err(), "there is no third field");
/// # }
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StructRef(AnyRef);

/// An array of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ArrayRef(AnyRef);

fn wrong(what: &str) -> Error {
    Error::new(String::from(what))
}

/// A new object of a type of this store, of zeros and nulls.
fn new_object<T>(store: &mut Store<T>, ty: ConcreteType, len: u32) -> Result<AnyRef, Error> {
    let number = ty.number_in(store.id).ok_or_else(|| wrong("a type of a module, or of another store"))?;
    let descriptor = store.core.descriptor_of(number).ok_or_else(|| wrong("no type of structures or arrays"))?;
    let handle = store.core.new_object(descriptor, len)?;
    Ok(AnyRef::from_handle(&mut store.core, store.id, handle))
}

/// Reads a value `offset` bytes from the start of an object.
fn load<T>(store: &mut Store<T>, object: AnyRef, storage: StorageType, offset: u32) -> Val {
    let words = &store.core.objects().object(object.handle(store))[(offset / 4) as usize..];
    let part = words[0] >> (offset % 4 * 8);
    let bits = match Storage::from(storage) {
        Storage::I8 => Bits::from(part & 0xff),
        Storage::I16 => Bits::from(part & 0xffff),
        storage => {
            let words = words[..(storage.bytes() / 4) as usize].iter();
            words.rev().fold(0, |bits: Bits, word| bits << 32 | Bits::from(*word))
        }
    };
    let ty = ValType::from_raw(storage.unpacked(), Owner::Store(store.id));
    Val::from_bits(&mut store.core, bits, ty, store.id)
}

/// Writes a value there, if it is of the type.
fn save<T>(store: &mut Store<T>, object: AnyRef, storage: StorageType, offset: u32, value: Val) -> Result<(), Error> {
    let bits = value.to_bits(&store.core, store.id).ok_or_else(|| wrong("a reference of another store"))?;
    if !value.matches(&store.core, store.id, storage.unpacked()) {
        return Err(wrong("a value of another type"));
    }
    let handle = object.handle(store);
    let words = store.core.objects_mut().object_mut(handle);
    let index = (offset / 4) as usize;
    let (shift, mask) = match Storage::from(storage) {
        Storage::I8 => (offset % 4 * 8, 0xff),
        Storage::I16 => (offset % 4 * 8, 0xffff),
        _ => (0, u32::MAX),
    };
    words[index] = words[index] & !(mask << shift) | (bits as u32 & mask) << shift;
    for i in 1..Storage::from(storage).bytes() / 4 {
        words[index + i as usize] = (bits >> (32 * i)) as u32;
    }
    Ok(())
}

impl StructRef {
    /// A new structure of a type of this store, which an instance there has, with these values of its fields.
    ///
    /// # Errors
    /// `TrapCode` with `OutOfHeap`; `Message` if it is not a type of structures of this store, or a value is missing or of another type.
    pub fn new(mut ctx: impl AsContextMut, ty: ConcreteType, fields: &[Val]) -> Result<StructRef, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let object = new_object(store, ty, 0)?;
        let object = object.as_struct(&*store).ok_or_else(|| wrong("no type of structures"))?;
        if object.places(store).len() != fields.len() {
            return Err(wrong("another number of fields"));
        }
        for (place, value) in object.places(store).into_iter().zip(fields) {
            save(store, object.0, place.ty.storage, place.offset.into(), *value)?;
        }
        Ok(object)
    }

    fn places<T>(&self, store: &Store<T>) -> Vec<PlacedField> {
        match store.core.type_of_object(self.0.handle(store)) {
            Some((_, CompositeType::Struct(fields))) => fields.iter().collect(),
            _ => Vec::new(),
        }
    }

    fn place<T>(&self, store: &Store<T>, index: usize) -> Result<PlacedField, Error> {
        self.places(store).get(index).copied().ok_or_else(|| wrong("no such field"))
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is one of another store, or its scope has ended; so do the methods below.
    pub fn ty(&self, ctx: impl AsContext) -> HeapType {
        self.0.ty(ctx)
    }

    /// Number of fields.
    pub fn fields_len(&self, ctx: impl AsContext) -> usize {
        self.places(ctx.as_context().store).len()
    }

    /// The value of a field; packed ones are zero-extended.
    ///
    /// # Errors
    /// `Message` if there is no such field.
    pub fn field(&self, mut ctx: impl AsContextMut, index: usize) -> Result<Val, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let place = self.place(store, index)?;
        Ok(load(store, self.0, place.ty.storage, place.offset.into()))
    }

    /// Sets a field.
    ///
    /// # Errors
    /// `Message` if there is no such field, it cannot be set, or the value is of another type.
    pub fn set_field(&self, mut ctx: impl AsContextMut, index: usize, value: Val) -> Result<(), Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let place = self.place(store, index)?;
        if !place.ty.is_mutable {
            return Err(wrong("a field that cannot be set"));
        }
        save(store, self.0, place.ty.storage, place.offset.into(), value)
    }

    /// As a reference to anything.
    pub fn to_anyref(self) -> AnyRef {
        self.0
    }
}

impl ArrayRef {
    /// A new array of a type of this store, which an instance there has: `len` times a value.
    ///
    /// # Errors
    /// `TrapCode` with `OutOfHeap`; `Message` if it is not a type of arrays of this store, or the value is of another type.
    pub fn new(mut ctx: impl AsContextMut, ty: ConcreteType, value: Val, len: u32) -> Result<ArrayRef, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let object = new_object(store, ty, len)?;
        let array = object.as_array(&*store).ok_or_else(|| wrong("no type of arrays"))?;
        let element = array.element(store)?;
        for index in 0..len {
            save(store, array.0, element.ty.storage, offset(element, index), value)?;
        }
        Ok(array)
    }

    /// A new array of these values.
    ///
    /// # Errors
    /// As [`ArrayRef::new`].
    pub fn new_fixed(mut ctx: impl AsContextMut, ty: ConcreteType, values: &[Val]) -> Result<ArrayRef, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let len = u32::try_from(values.len()).map_err(|_| wrong("too many elements"))?;
        let object = new_object(store, ty, len)?;
        let array = object.as_array(&*store).ok_or_else(|| wrong("no type of arrays"))?;
        let element = array.element(store)?;
        for (index, value) in (0..len).zip(values) {
            save(store, array.0, element.ty.storage, offset(element, index), *value)?;
        }
        Ok(array)
    }

    fn element<T>(&self, store: &Store<T>) -> Result<PlacedField, Error> {
        match store.core.type_of_object(self.0.handle(store)) {
            Some((_, CompositeType::Array(fields))) => fields.get(0).ok_or_else(|| wrong("no elements")),
            _ => Err(wrong("no array")),
        }
    }

    /// Its type.
    ///
    /// # Panics
    /// If it is one of another store, or its scope has ended; so do the methods below.
    pub fn ty(&self, ctx: impl AsContext) -> HeapType {
        self.0.ty(ctx)
    }

    /// Number of elements.
    pub fn len(&self, ctx: impl AsContext) -> u32 {
        let store = ctx.as_context().store;
        store.core.objects().array_len(self.0.handle(store))
    }

    /// Whether there are none.
    pub fn is_empty(&self, ctx: impl AsContext) -> bool {
        self.len(ctx) == 0
    }

    /// An element; packed ones are zero-extended.
    ///
    /// # Errors
    /// `Message` if there are not so many.
    pub fn get(&self, mut ctx: impl AsContextMut, index: u32) -> Result<Val, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let element = self.at(store, index)?;
        Ok(load(store, self.0, element.ty.storage, offset(element, index)))
    }

    /// Sets an element.
    ///
    /// # Errors
    /// `Message` if there are not so many, they cannot be set, or the value is of another type.
    pub fn set(&self, mut ctx: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let element = self.at(store, index)?;
        if !element.ty.is_mutable {
            return Err(wrong("elements that cannot be set"));
        }
        save(store, self.0, element.ty.storage, offset(element, index), value)
    }

    fn at<T>(&self, store: &Store<T>, index: u32) -> Result<PlacedField, Error> {
        if index < self.len(store) { self.element(store) } else { Err(wrong("no such element")) }
    }

    /// As a reference to anything.
    pub fn to_anyref(self) -> AnyRef {
        self.0
    }
}

/// Where an element is in an array; the array is there, so that this is no more than a word.
fn offset(element: PlacedField, index: u32) -> u32 {
    ARRAY_HEADER_BYTES + index * Storage::from(element.ty.storage).bytes()
}

impl From<StructRef> for Val {
    fn from(object: StructRef) -> Val {
        object.to_anyref().into()
    }
}

impl From<ArrayRef> for Val {
    fn from(array: ArrayRef) -> Val {
        array.to_anyref().into()
    }
}
