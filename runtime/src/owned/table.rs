//! Tables as the host sees them.

use super::{
    AsContext, AsContextMut, Error, Ref, Store, StoreContextMut, TableType, ValType, errors::TableError, store::Handle,
    types::Owner,
};
use sheave_interp::types as raw;

/// A table in a store.
///
/// All methods panic if the table, or a reference given, is one of another store.
///
/// ```
/// use sheave::{Engine, Func, HeapType, Ref, RefType, Store, Table, TableType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::null(HeapType::Func))?;
/// let func = Func::wrap(&mut store, || {});
/// table.set(&mut store, 1, func.into())?;
/// assert_eq!(table.get(&mut store, 1), Some(func.into()));
/// assert!(table.set(&mut store, 2, func.into()).is_err());
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table(pub(crate) Handle);

impl Table {
    /// A table of the minimal size of its type, all elements being `init`.
    ///
    /// # Errors
    /// `Table` if `init` is of another type; `Module` with `Limit` if a limit forbids it, with `OutOfMemory`.
    ///
    /// # Panics
    /// If the type is one of another store or of a module.
    pub fn new(mut ctx: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table, Error> {
        let StoreContextMut { store } = ctx.as_context_mut();
        assert!(ValType::Ref(ty.element()).belongs_to(store.id), "a type is used with the store that it belongs to");
        let value = handle(store, init, ty.to_raw().element)?;
        let (core, mut limiter) = store.core_and_limiter();
        let address = core.new_table(ty.to_raw(), value, &mut limiter)?;
        Ok(Table(store.handle(address)))
    }

    /// Its declared type.
    pub fn ty(&self, ctx: impl AsContext) -> TableType {
        let store = ctx.as_context().store;
        TableType::from_raw(store.core.declared_table_type(store.address(self.0)), Owner::Store(store.id))
    }

    /// Number of elements.
    pub fn size(&self, ctx: impl AsContext) -> u64 {
        let store = ctx.as_context().store;
        store.core.table(store.address(self.0)).len() as u64
    }

    /// Adds elements, all `init`; gives the size before.
    ///
    /// # Errors
    /// `GrowOutOfBounds` beyond the maximum, if a limit forbids it, or if there is no memory; `ElementTypeMismatch`.
    pub fn grow(&self, mut ctx: impl AsContextMut, delta: u64, init: Ref) -> Result<u64, TableError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (address, value) = self.place(store, init)?;
        let (core, mut limiter) = store.core_and_limiter();
        match core.grow_table(address, delta, value, &mut limiter) {
            Ok(Some(old)) => Ok(u64::from(old)),
            _ => Err(TableError::GrowOutOfBounds),
        }
    }

    /// The element at `index`, if there are so many.
    pub fn get(&self, mut ctx: impl AsContextMut, index: u64) -> Option<Ref> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let address = store.address(self.0);
        let handle = *store.core.table(address).get(usize::try_from(index).ok()?)?;
        let element = store.core.table_type(address).element;
        Some(Ref::from_handle(&mut store.core, handle, element, store.id))
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// `SetOutOfBounds`, `ElementTypeMismatch`.
    pub fn set(&self, ctx: impl AsContextMut, index: u64, value: Ref) -> Result<(), TableError> {
        self.fill(ctx, index, value, 1).map_err(|error| match error {
            TableError::FillOutOfBounds => TableError::SetOutOfBounds,
            error => error,
        })
    }

    /// Sets `len` elements from `start` on.
    ///
    /// # Errors
    /// `FillOutOfBounds`, nothing is written then; `ElementTypeMismatch`.
    pub fn fill(&self, mut ctx: impl AsContextMut, start: u64, value: Ref, len: u64) -> Result<(), TableError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let (address, value) = self.place(store, value)?;
        let [start, len] = [start, len].map(|n| u32::try_from(n).map_err(|_| TableError::FillOutOfBounds));
        if store.core.set_table(address, start?, len?, value) { Ok(()) } else { Err(TableError::FillOutOfBounds) }
    }

    /// Copies `len` elements from one table, or place in a table, to another.
    ///
    /// # Errors
    /// `CopyOutOfBounds`, nothing is written then; `ElementTypeMismatch`.
    pub fn copy(
        mut ctx: impl AsContextMut,
        dst_table: &Table,
        dst_index: u64,
        src_table: &Table,
        src_index: u64,
        len: u64,
    ) -> Result<(), TableError> {
        let StoreContextMut { store } = ctx.as_context_mut();
        let [to, from] = [dst_table, src_table].map(|table| store.address(table.0));
        if !store.core.ref_matches(store.core.table_type(from).element, store.core.table_type(to).element) {
            return Err(TableError::ElementTypeMismatch);
        }
        let [to_start, from_start, len] =
            [dst_index, src_index, len].map(|n| u32::try_from(n).map_err(|_| TableError::CopyOutOfBounds));
        let is_inside = store.core.copy_table((to, to_start?), (from, from_start?), len?);
        if is_inside { Ok(()) } else { Err(TableError::CopyOutOfBounds) }
    }

    fn place<T>(&self, store: &Store<T>, value: Ref) -> Result<(u32, u32), TableError> {
        let address = store.address(self.0);
        let element = store.core.table_type(address).element;
        Ok((address, handle(store, value, element)?))
    }
}

/// A reference as the interpreter has it.
fn handle<T>(store: &Store<T>, value: Ref, element: raw::RefType) -> Result<u32, TableError> {
    let handle = value.to_handle(&store.core, store.id).expect("a reference is used with the store that it belongs to");
    if value.matches(&store.core, store.id, element) { Ok(handle) } else { Err(TableError::ElementTypeMismatch) }
}
