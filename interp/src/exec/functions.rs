//! How handlers find functions: a list of all in the store, with canonical types.
//!
//! `few_functions.rs` stands in for this file in builds without an allocator, with the same interface.

use super::{
    context::{Context, FuncEntity},
    machine::{Handle, opaque},
};

/// All functions of a store.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Functions {
    /// Each by its address.
    pub entities: *const FuncEntity,
    /// The type above each type, by their numbers in the store; all bits set if there is none.
    pub supertypes: *const u32,
}

/// None.
pub const NO_FUNCTIONS: Functions = Functions { entities: core::ptr::null(), supertypes: core::ptr::null() };

/// The functions of an instance.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FuncSpace {
    /// Canonical type per type index.
    pub types: *const u32,
    /// Function address per function index.
    pub functions: *const u32,
    /// Descriptor per type index, of structures and arrays.
    #[cfg(feature = "gc")]
    pub descriptors: *const u32,
}

impl FuncSpace {
    /// Of no instance.
    pub const EMPTY: FuncSpace = FuncSpace {
        types: core::ptr::null(),
        functions: core::ptr::null(),
        #[cfg(feature = "gc")]
        descriptors: core::ptr::null(),
    };
}

/// Address of the function with this index.
///
/// # Safety
/// It is a function index of the current instance.
#[inline(always)]
pub unsafe fn address_of(cx: &Context, index: u32) -> u32 {
    // SAFETY: the index was checked by `image::verify`, the address stems from instantiation.
    unsafe { *cx.spaces.funcs.functions.add(index as usize) }
}

/// A function that is going to be called.
pub type Callee = *const FuncEntity;

/// The function at an address.
///
/// # Safety
/// It is the address of one.
#[inline(always)]
pub unsafe fn callee(cx: &Context, address: u32) -> Callee {
    // SAFETY: as the caller promises.
    opaque(unsafe { cx.functions.entities.add(address as usize) })
}

/// What is known of a function.
///
/// # Safety
/// It is one of this store.
#[inline(always)]
pub unsafe fn entity(_: &Context, callee: Callee) -> FuncEntity {
    // SAFETY: as the caller promises.
    unsafe { *callee }
}

/// Whether a function for which [`has_type`] says no can be of a type below.
pub const MAY_BE_BELOW: bool = cfg!(feature = "function-references");

/// Whether a function has this very type of the current instance.
///
/// # Safety
/// It is one of this store; `ty` is a type index of the current instance.
#[inline(always)]
pub unsafe fn has_type(cx: &Context, callee: Callee, ty: u32) -> bool {
    // SAFETY: as the caller promises; the numbers of types stem from the store.
    unsafe { (*callee).type_id == *cx.spaces.funcs.types.add(ty as usize) }
}

/// Address of a function.
///
/// # Safety
/// It is one of this store.
#[inline(always)]
pub unsafe fn address_at(cx: &Context, callee: Callee) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { callee.offset_from_unsigned(cx.functions.entities) as u32 }
}

/// Whether the function at an address has a type of the current instance, or one below.
///
/// # Safety
/// It is the address of one; `ty` is a type index of the current instance.
pub unsafe fn is_below_type(cx: &Context, address: u32, ty: u32) -> bool {
    // SAFETY: as the caller promises; the numbers of types stem from the store.
    unsafe {
        let found = (*cx.functions.entities.add(address as usize)).type_id;
        let expected = *cx.spaces.funcs.types.add(ty as usize);
        found == expected || is_below(cx, found, expected)
    }
}

/// Whether the type with a number is below another one.
///
/// # Safety
/// Both are numbers of types of the store.
#[inline(always)]
pub unsafe fn is_below(cx: &Context, mut number: u32, above: u32) -> bool {
    // SAFETY: there is an entry for each type. Numbers above are smaller, and where there is none, all bits are set.
    unsafe {
        loop {
            number = *cx.functions.supertypes.add(number as usize);
            // As signed, all bits set is below all others.
            if number as i32 <= above as i32 {
                return number == above;
            }
        }
    }
}

/// Descriptor of a type of the current instance.
///
/// # Safety
/// `ty` is a type index of the current instance, which has structures or arrays.
#[cfg(feature = "gc")]
#[inline(always)]
pub unsafe fn descriptor_of(cx: &Context, ty: u32) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { *cx.spaces.funcs.descriptors.add(ty as usize) }
}

/// Whether an object, by the owner of its layout, is of a type or of one below; by the owner of that type's.
///
/// # Safety
/// They are owners of layouts of structures or arrays.
#[cfg(feature = "gc")]
pub unsafe fn is_owner_below(cx: &Context, owner: u32, above: u32) -> bool {
    // SAFETY: as the caller promises; owners are numbers of types.
    unsafe { is_below(cx, owner, above) }
}

/// An element of a table, as a handle; `None` behind the table's end.
///
/// # Safety
/// `table` is a table index of the current instance.
#[inline(always)]
pub unsafe fn element(cx: &Context, table: u16, index: u32) -> Option<Handle> {
    // SAFETY: as the caller promises; addresses stem from instantiation, and the index is checked here.
    unsafe {
        let (elements, len) = if table == 0 {
            (cx.table_elements, cx.table_len)
        } else {
            let table = &*cx.tables.add(*cx.spaces.tables.add(table as usize) as usize);
            (table.elements, table.len)
        };
        if index < len { Some(*elements.add(index as usize)) } else { None }
    }
}

/// Reads the cached view of table 0 anew.
///
/// # Safety
/// As for [`Context::refresh`].
#[inline(always)]
pub unsafe fn refresh_table(cx: &mut Context) {
    (cx.table_elements, cx.table_len) = (core::ptr::null_mut(), 0);
    if cx.spaces.has_table {
        // SAFETY: there is a table 0.
        let table = unsafe { &*cx.tables.add(*cx.spaces.tables as usize) };
        (cx.table_elements, cx.table_len) = (table.elements, table.len);
    }
}
