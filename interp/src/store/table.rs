//! Tables: each its own block of handles. Where there is no allocator, those that nobody writes have none: they are read in the image.

use super::{
    Heap, OutOfMemory, Store,
    limits::{Denied, Limiter},
    next_address,
};
use crate::{
    error::{Error, ErrorKind},
    exec::context::TableEntity,
    image::ElemItems,
    types::{Limits, TableType},
};
use core::{alloc::Layout, ptr::NonNull, slice};

impl Store {
    /// A table of the minimal size of its type, all elements being `value`, a handle of its element type.
    ///
    /// # Errors
    /// `Limit` if a limit or the limiter forbids it; `OutOfMemory`.
    pub fn new_table(&mut self, ty: TableType, value: u32, limiter: &mut dyn Limiter) -> Result<u32, Error> {
        let address = self.add_table(ty, false, limiter)?;
        if value != 0 {
            self.table_mut(address).fill(value);
        }
        Ok(address)
    }

    /// A table of null; one that no instruction writes waits for its segment, in builds without an allocator.
    ///
    /// # Errors
    /// As for [`Store::new_table`].
    pub(crate) fn add_table(&mut self, ty: TableType, is_fixed: bool, limiter: &mut dyn Limiter) -> Result<u32, Error> {
        if self.tables_count() >= self.limits.tables_and_memories {
            return Err(Error::new(ErrorKind::Limit("number of tables")));
        }
        const TOO_LARGE: Error = Error::new(ErrorKind::Limit("table size"));
        let len = u32::try_from(ty.limits.min).map_err(|_| TOO_LARGE)?;
        let declared_maximum = elements_max(ty);
        if len > self.limits.table_elements || !limiter.table_growing(0, len, declared_maximum).unwrap_or(false) {
            return Err(TOO_LARGE);
        }
        let address = next_address(self.tables.len())?;
        // Room first: what is allocated is in the list.
        self.tables.reserve(&mut self.heap, 1)?;
        let (capacity, maximum) = if cfg!(compact) && is_fixed {
            (0, 0)
        } else {
            (len, declared_maximum.unwrap_or(u32::MAX).min(self.limits.table_elements))
        };
        let elements = self.heap.allocate(layout(capacity)?)?.cast::<u32>();
        self.tables.push_within_capacity(TableEntity { elements: elements.as_ptr(), len, capacity, maximum, ty });
        self.set_stale();
        Ok(address)
    }

    /// Lets a table that no instruction writes have the items of its segment, functions, where they are; whether it is one.
    #[cfg(compact)]
    pub(crate) fn read_in_image(&mut self, address: u32, offset: usize, items: ElemItems<'static>) -> bool {
        let table = &mut self.tables[address as usize];
        let is_in_image = table.is_in_image();
        // An empty one may begin at the table's end, which would be no place in it.
        if is_in_image && !items.is_empty() {
            table.elements = items.first_func().cast_mut();
            (table.capacity, table.maximum) = (items.len(), offset as u32);
        }
        is_in_image
    }

    /// Copying makes calls faster.
    #[cfg(not(compact))]
    pub(crate) fn read_in_image(&mut self, _: u32, _: usize, _: ElemItems<'static>) -> bool {
        false
    }

    /// Adds `delta` elements, all `value`; the size before, or `None` if that cannot be.
    ///
    /// # Errors
    /// The limiter wants the guest stopped.
    pub fn grow_table(
        &mut self,
        address: u32,
        delta: u64,
        value: u32,
        limiter: &mut dyn Limiter,
    ) -> Result<Option<u32>, Denied> {
        let table = self.tables[address as usize];
        let delta = u32::try_from(delta).ok();
        let desired = delta.and_then(|delta| table.len.checked_add(delta)).filter(|desired| *desired <= table.maximum);
        let Some(desired) = desired else { return Ok(None) };
        if !limiter.table_growing(table.len, desired, elements_max(table.ty))? {
            return Ok(None);
        }
        if desired > table.capacity {
            // Doubling keeps the cost of growing one by one constant.
            let capacity = desired.max(table.capacity.saturating_mul(2).min(table.maximum));
            let Some(elements) = self.reallocate_table(&table, capacity) else { return Ok(None) };
            let table = &mut self.tables[address as usize];
            table.elements = elements;
            table.capacity = capacity;
        }
        self.tables[address as usize].len = desired;
        self.set_stale();
        self.table_mut(address)[table.len as usize..].fill(value);
        Ok(Some(table.len))
    }

    fn reallocate_table(&mut self, table: &TableEntity, capacity: u32) -> Option<*mut u32> {
        let (old, new) = (layout(table.capacity).ok()?, layout(capacity).ok()?);
        let elements = NonNull::new(table.elements)?.cast();
        // SAFETY: the block was allocated with this layout; only the context points into it, and it is set stale.
        let elements = unsafe { self.heap.grow(elements, old, new.size()) }.ok()?;
        Some(elements.cast().as_ptr())
    }

    /// Type of a table, its minimum being the present size.
    pub fn table_type(&self, address: u32) -> TableType {
        let table = &self.tables[address as usize];
        TableType { limits: Limits::new(u64::from(table.len), table.ty.limits.max), ..table.ty }
    }

    /// Type of a table as it was declared.
    #[cfg(not(compact))]
    pub fn declared_table_type(&self, address: u32) -> TableType {
        self.tables[address as usize].ty
    }

    /// The elements of a table, as handles; none of one that is read in the image.
    pub fn table(&self, address: u32) -> &[u32] {
        let table = &self.tables[address as usize];
        // SAFETY: the block has so many initialised elements, which only the guest and `table_mut` write, neither while the
        // store is borrowed.
        unsafe { slice::from_raw_parts(table.elements, table.own_len() as usize) }
    }

    /// The elements of a table, for writing handles of its element type.
    pub(crate) fn table_mut(&mut self, address: u32) -> &mut [u32] {
        let table = &self.tables[address as usize];
        // SAFETY: as for `table`; the store is borrowed mutably, and no two tables overlap.
        unsafe { slice::from_raw_parts_mut(table.elements, table.own_len() as usize) }
    }

    /// Writes elements from `start` on; whether they are all inside the table.
    ///
    /// # Panics
    /// If a handle is not one of this store.
    pub fn set_table(&mut self, address: u32, start: u32, count: u32, value: u32) -> bool {
        assert!(self.is_valid_handle(value), "the handle is one of this store");
        let end = start as usize + count as usize;
        match self.table_mut(address).get_mut(start as usize..end) {
            Some(elements) => elements.fill(value),
            None => return false,
        }
        true
    }

    /// Copies elements between tables of one element type; whether all are inside.
    pub fn copy_table(&mut self, (to, to_start): (u32, u32), (from, from_start): (u32, u32), count: u32) -> bool {
        let inside =
            |table: &TableEntity, start: u32| u64::from(start) + u64::from(count) <= u64::from(table.own_len());
        let (source, destination) = (&self.tables[from as usize], &self.tables[to as usize]);
        if !inside(source, from_start) || !inside(destination, to_start) || source.ty.element != destination.ty.element
        {
            return false;
        }
        // SAFETY: both ranges were just checked; they may overlap.
        unsafe {
            let source = source.elements.add(from_start as usize);
            destination.elements.add(to_start as usize).copy_from(source, count as usize);
        }
        true
    }
}

/// Declared maximum, or as much of it as can be reached.
fn elements_max(ty: TableType) -> Option<u32> {
    ty.limits.max.map(|max| u32::try_from(max).unwrap_or(u32::MAX))
}

fn layout(len: u32) -> Result<Layout, OutOfMemory> {
    Layout::array::<u32>(len as usize).map_err(|_| OutOfMemory)
}

/// Gives the elements of a table back.
pub(super) fn free(heap: &mut Heap, table: &TableEntity) {
    if let (Some(elements), Ok(layout), true) =
        (NonNull::new(table.elements), layout(table.capacity), table.own_len() == table.len)
    {
        // SAFETY: allocated with this layout; the store goes, so nothing points into it.
        unsafe { heap.free(elements.cast(), layout) };
    }
}
