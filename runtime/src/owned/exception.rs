//! Tags and exceptions as the host sees them, with the words of Wasmtime.

use super::{
    AsContext, AsContextMut, Error, FuncType, Rooted, Store, StoreContextMut, Tag, Val, ValType,
    error::ErrorKind,
    func::{Direction, check_values, read_cells, write_cells},
    rooted::unrooted,
    types::Owner,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::{self, Write as _};
use sheave_interp::{
    image::Import,
    store::External,
    types::{ExternKind, ExternType},
};

impl Tag {
    /// A tag whose exceptions carry values of the parameter types.
    ///
    /// # Errors
    /// `Func` if the type has results; `Module` with `OutOfMemory`.
    ///
    /// # Panics
    /// If the type is one of another store or of a module.
    pub fn new(mut ctx: impl AsContextMut, ty: &FuncType) -> Result<Tag, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        if !ty.results().is_empty() {
            return Err(super::errors::FuncError::MismatchingResultLen.into());
        }
        let address = ty.with_raw(|ty| store.core.new_tag(ty))?;
        Ok(Tag(store.handle(address)))
    }

    /// Its type: the parameters are what exceptions carry.
    ///
    /// # Panics
    /// If it is one of another store.
    pub fn ty(&self, ctx: impl AsContext) -> FuncType {
        let store = ctx.as_context().store;
        FuncType::from_raw(store.core.tag_type(store.address(self.0)), Owner::Store(store.id))
    }
}

/// An exception, as `T` of [`Rooted`].
///
/// ```
/// # #[cfg(feature = "wat")] {
/// use sheave::{Engine, ExnRef, Func, FuncType, Instance, Module, Store, Tag, Val, ValType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let tag = Tag::new(&mut store, &FuncType::new([ValType::I32], []))?;
/// let ask = Func::new(&mut store, FuncType::new([], []), move |mut caller, _, _| {
///     let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(7)])?;
///     caller.throw(exception)
/// });
/// let text = r#"(module
///     (import "host" "tag" (tag $t (param i32)))
///     (import "host" "ask" (func $ask))
///     (func (export "caught") (result i32)
///         (block $h (result i32) (try_table (catch $t $h) (call $ask)) (i32.const 0)))
///     (func (export "thrown") (throw $t (i32.const 8))))"#;
/// let module = Module::new(store.engine(), text)?;
/// let instance = Instance::new(&mut store, &module, &[tag.into(), ask.into()])?;
/// let caught = instance.get_typed_func::<(), i32>(&store, "caught")?;
/// assert_eq!(caught.call(&mut store, ())?, 7);
/// let thrown = instance.get_typed_func::<(), ()>(&store, "thrown")?;
/// assert!(thrown.call(&mut store, ()).is_err());
/// let exception = store.take_pending_exception()?.expect("what was thrown");
/// assert_eq!(exception.tag(&store)?, tag);
/// assert_eq!(exception.field(&mut store, 0)?, Val::I32(8));
/// # }
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ExnRef(());

impl ExnRef {
    /// A new exception with this tag and payload.
    ///
    /// # Errors
    /// `Func` if the payload does not have the tag's types, or has a reference of another store; `TrapCode` with `OutOfHeap`.
    ///
    /// # Panics
    /// If the tag is one of another store.
    pub fn new(mut ctx: impl AsContextMut, tag: &Tag, fields: &[Val]) -> Result<Rooted<ExnRef>, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let tag = store.address(tag.0);
        check_values(store, store.core.tag_type(tag).params(), fields, Direction::Parameters)?;
        let handle = store.core.new_object(store.core.tag_descriptor(tag), 0)?;
        let root = store.root(handle)?;
        let mut cells = alloc::vec![0; store.core.tag_type(tag).params().cells() as usize];
        write_cells(store, fields, &mut cells);
        store.core.exception_cells_mut(handle)[..cells.len()].copy_from_slice(&cells);
        Ok(root)
    }
}

impl Rooted<ExnRef> {
    /// Its tag.
    ///
    /// # Errors
    /// `Message` if its scope has ended, or it is one of another store.
    pub fn tag(&self, ctx: impl AsContext) -> Result<Tag, Error> {
        let store = ctx.as_context().store;
        let handle = store.rooted(self).ok_or_else(unrooted)?;
        let address = store.core.exception_tag(handle).ok_or_else(unrooted)?;
        Ok(Tag(store.handle(address)))
    }

    /// Its payload. References to objects in it are rooted in the present scope.
    ///
    /// # Errors
    /// `Message` if its scope has ended, or it is one of another store.
    pub fn fields(&self, mut ctx: impl AsContextMut) -> Result<Vec<Val>, Error> {
        let tag = store_address(&self.tag(&mut ctx)?);
        let StoreContextMut { store } = ctx.as_context_mut();
        let handle = store.rooted(self).ok_or_else(unrooted)?;
        fields(store, handle, tag)
    }

    /// One value of its payload.
    ///
    /// # Errors
    /// `Message` if there are not so many, its scope has ended, or it is one of another store.
    pub fn field(&self, ctx: impl AsContextMut, index: usize) -> Result<Val, Error> {
        let fields = self.fields(ctx)?;
        fields.get(index).copied().ok_or_else(|| Error::new("an exception with fewer values"))
    }
}

fn store_address(tag: &Tag) -> u32 {
    tag.0.address
}

fn fields<T>(store: &mut Store<T>, handle: u32, tag: u32) -> Result<Vec<Val>, Error> {
    let owner = Owner::Store(store.id);
    let types: Vec<ValType> = store.core.tag_type(tag).params().iter().map(|ty| ValType::from_raw(ty, owner)).collect();
    let cells = Vec::from(store.core.exception_cells(handle));
    Ok(read_cells(store, &types, &cells))
}

/// An exception is on its way: what a host function returns that throws, and what a call gives whose exception nobody caught. The exception
/// itself is in the store: see [`Store::take_pending_exception`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThrownException {
    text: String,
}

impl fmt::Display for ThrownException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for ThrownException {}

impl<T> Store<T> {
    /// Makes an exception the pending one, and gives the error that a host function returns to throw it.
    ///
    /// # Errors
    /// Always: `Exception`; `Message` if the exception's scope has ended, or it is one of another store.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, Error> {
        let handle = self.rooted(&exception).ok_or_else(unrooted)?;
        Err(self.set_pending(handle))
    }

    /// The exception that the last call ended with, if it did and nobody has taken it.
    ///
    /// # Errors
    /// `Module` with `OutOfMemory`.
    pub fn take_pending_exception(&mut self) -> Result<Option<Rooted<ExnRef>>, Error> {
        let Some(handle) = self.take_pending() else { return Ok(None) };
        self.root(handle).map(Some)
    }

    /// Whether [`Store::take_pending_exception`] would give one.
    pub fn has_pending_exception(&self) -> bool {
        self.pending.is_some()
    }

    /// The pending exception, which is not held any more.
    pub(crate) fn take_pending(&mut self) -> Option<u32> {
        let number = self.pending.take()?;
        let handle = self.core.held_root(number);
        self.core.release_root(number);
        Some(handle)
    }

    /// The error for an exception, which is kept as the pending one.
    #[cold]
    pub(crate) fn set_pending(&mut self, handle: u32) -> Error {
        self.take_pending();
        match self.core.hold_root(handle) {
            Ok(number) => self.pending = Some(number),
            Err(error) => return error.into(),
        }
        let text = self.describe(handle);
        ErrorKind::Exception(ThrownException { text }).into()
    }

    /// What an uncaught exception is, in a line.
    fn describe(&self, handle: u32) -> String {
        let mut text = String::from("uncaught exception");
        let Some(tag) = self.core.exception_tag(handle) else { return text };
        if let Some(name) = self.tag_name(tag) {
            let _ = write!(text, " of tag {name}");
        }
        let cells = self.core.exception_cells(handle);
        for (i, (ty, cell)) in self.core.tag_type(tag).params().layout().enumerate() {
            use sheave_interp::types::ValType as V;
            let word = |i: u32| u64::from(cells[(cell + i) as usize]);
            let _ = text.write_str(if i == 0 { ": " } else { ", " });
            let _ = match ty {
                V::I32 => write!(text, "i32 {}", word(0) as i32),
                V::I64 => write!(text, "i64 {}", (word(0) | word(1) << 32) as i64),
                V::F32 => write!(text, "f32 {}", f32::from_bits(word(0) as u32)),
                V::F64 => write!(text, "f64 {}", f64::from_bits(word(0) | word(1) << 32)),
                V::V128 => write!(text, "v128 0x{:016x}{:016x}", word(2) | word(3) << 32, word(0) | word(1) << 32),
                V::Ref(_) if word(0) == 0 => text.write_str("null"),
                ty => write!(text, "{ty}"),
            };
        }
        text
    }

    /// What the module of the instance that runs calls a tag: the name of an export or an import, or its index. None if it has no such tag.
    fn tag_name(&self, tag: u32) -> Option<String> {
        let instance = self.core.current_instance()?;
        let image = self.core.image(instance);
        let is_it = |index: &u32| {
            let found = self.core.resolve(instance, ExternKind::Tag, *index);
            matches!(found, Some(External::Tag(address)) if address == tag)
        };
        let index = (0..image.count(ExternKind::Tag)).find(is_it)?;
        if let Some(export) = image.exports().find(|export| export.kind == ExternKind::Tag && is_it(&export.index)) {
            return Some(format!("{:?}", export.name));
        }
        let is_import = |import: &Import<'_>| matches!(import.ty, ExternType::Tag(_)) && import.index == index;
        Some(match image.imports().find(is_import) {
            Some(Import { module, name, .. }) => format!("{module:?}.{name:?}"),
            None => index.to_string(),
        })
    }
}

impl<T> super::Caller<'_, T> {
    /// As [`Store::throw`].
    ///
    /// # Errors
    /// Always: see there.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, Error> {
        self.as_context_mut().store.throw(exception)
    }

    /// As [`Store::take_pending_exception`].
    ///
    /// # Errors
    /// See there.
    pub fn take_pending_exception(&mut self) -> Result<Option<Rooted<ExnRef>>, Error> {
        self.as_context_mut().store.take_pending_exception()
    }
}
