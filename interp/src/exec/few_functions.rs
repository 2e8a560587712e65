//! In the place of `functions.rs` in builds without an allocator: functions and their types are read in the image, so that they
//! take no memory.
//!
//! Each instance has a row of addresses, one for each index of its functions; what an imported one stands for is the only thing
//! that is kept. Functions of the host have the addresses from [`HOST`] on, which only lists of imports hold: so the type of a function of the host is
//! what the module that imports it says. Instances are few, and are looked through; types of one image are compared by index, and
//! byte by byte only if those differ.

use super::{
    context::{Context, FuncEntity, Spaces},
    machine::Handle,
};
#[cfg(feature = "function-references")]
use crate::image::format::{NONE, PARAMS_BYTES, TYPE_OPEN, TYPE_PREFIXED, TypePrefix};

/// The bits of a type's second word that say how many bytes its parameters are.
#[cfg(feature = "function-references")]
const PARAMS: u32 = PARAMS_BYTES as u32;
#[cfg(not(feature = "function-references"))]
const PARAMS: u32 = 0xffff;

/// Nothing: instances know their functions.
pub type Functions = ();
/// None.
pub const NO_FUNCTIONS: Functions = ();

/// The first address of a function of the host; its number is what is above.
pub const HOST: u32 = (super::handle::MAX_ADDRESS >> 1) + 1;

/// The functions of an instance. The pointers but the first are into its image, whose sections are aligned and little-endian, as the machine is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct FuncSpace {
    /// Addresses of what is imported.
    pub imports: *const u32,
    /// Type index per function index.
    pub types: *const u32,
    /// Records of three words, the first of which is the entry, of those with code.
    pub records: *const [u32; 3],
    /// Per type index: first byte, number of parameters in the lower half of the next word, of results in the upper.
    pub type_records: *const [u32; 2],
    /// What those bytes are in.
    pub type_bytes: *const u8,
    /// Address of the first; the others follow in a row.
    pub first: u32,
    /// Number of those imported.
    pub imported_count: u32,
    /// Number of all.
    pub count: u32,
    /// Descriptor per type index, of structures and arrays.
    #[cfg(feature = "gc")]
    pub descriptors: *const u32,
}

impl FuncSpace {
    /// Of no instance.
    pub const EMPTY: FuncSpace = FuncSpace {
        imports: core::ptr::null(),
        types: core::ptr::null(),
        records: core::ptr::null(),
        type_records: core::ptr::null(),
        type_bytes: core::ptr::null(),
        first: 0,
        imported_count: 0,
        count: 0,
        #[cfg(feature = "gc")]
        descriptors: core::ptr::null(),
    };

    /// The bytes of the type of a function, parameters before results, and the word that tells how many there are of each.
    ///
    /// # Safety
    /// `ty` is a type index of the instance, of a function.
    unsafe fn type_of(&self, ty: u32) -> (&[u8], u32) {
        // SAFETY: as the caller promises; `image::check` has seen that the bytes are there.
        unsafe {
            let [first, counts] = *self.type_records.add(ty as usize);
            let len = (counts & PARAMS) + (counts >> 16);
            (core::slice::from_raw_parts(self.type_bytes.add(first as usize), len as usize), counts)
        }
    }

    /// The type above another one, if there is one.
    ///
    /// # Safety
    /// `ty` is a type index of the instance.
    #[cfg(feature = "function-references")]
    unsafe fn supertype(&self, ty: u32) -> Option<u32> {
        // SAFETY: as the caller promises; `image::check` has seen that the prefix is there. Bytes have no alignment.
        unsafe {
            let [first, counts] = *self.type_records.add(ty as usize);
            if counts & u32::from(TYPE_PREFIXED) == 0 {
                return None;
            }
            let prefix = self.type_bytes.add(first as usize).sub(TypePrefix::BYTES);
            Some(prefix.cast::<u32>().read_unaligned()).filter(|above| *above != NONE)
        }
    }

    /// Whether a type is another one, or below it.
    ///
    /// # Safety
    /// Both are type indices of the instance.
    #[cfg(feature = "function-references")]
    unsafe fn is_subtype(&self, mut sub: u32, ty: u32) -> bool {
        // SAFETY: as the caller promises; types above have smaller indices.
        unsafe {
            while sub > ty {
                match self.supertype(sub) {
                    Some(above) => sub = above,
                    None => return false,
                }
            }
        }
        sub == ty
    }

    /// Whether a type stands for itself in all images: it has no place among others, and no indices in it.
    ///
    /// # Safety
    /// `ty` is a type index of the instance, of a function.
    #[cfg(feature = "function-references")]
    unsafe fn is_alone(&self, ty: u32) -> bool {
        // SAFETY: as the caller promises.
        let (bytes, counts) = unsafe { self.type_of(ty) };
        counts & u32::from(TYPE_PREFIXED | TYPE_OPEN) == 0 && !bytes.iter().any(|byte| matches!(byte, 0x63 | 0x23))
    }
}

/// The instance in whose row an address is, its functions, and the index there.
///
/// # Safety
/// It is in the row of one of these instances.
pub unsafe fn locate<'a>(instances: *const Spaces, address: u32) -> (u32, &'a FuncSpace, u32) {
    let mut instance = 0;
    loop {
        // SAFETY: the search ends at the instance that the caller promises.
        let funcs = unsafe { &(*instances.add(instance as usize)).funcs };
        let index = address.wrapping_sub(funcs.first);
        if index < funcs.count {
            return (instance, funcs, index);
        }
        instance += 1;
    }
}

/// The function at an address, in a row or of the host.
///
/// # Safety
/// It is the address of one.
#[inline(never)]
pub unsafe fn find(instances: *const Spaces, mut address: u32) -> FuncEntity {
    // SAFETY: what is imported was there before its importer, so that the search ends; indices are below the counts.
    unsafe {
        while address < HOST {
            let (instance, funcs, index) = locate(instances, address);
            if let Some(own) = index.checked_sub(funcs.imported_count) {
                let [entry, ..] = *funcs.records.add(own as usize);
                return FuncEntity { instance, entry };
            }
            address = *funcs.imports.add(index as usize);
        }
    }
    FuncEntity { instance: FuncEntity::HOST, entry: address - HOST }
}

/// Address of the function with this index.
///
/// # Safety
/// It is a function index of the current instance.
#[inline(always)]
pub unsafe fn address_of(cx: &Context, index: u32) -> u32 {
    cx.spaces.funcs.first + index
}

/// The function at an address.
///
/// # Safety
/// It is the address of one.
#[inline(always)]
pub unsafe fn entity(cx: &Context, address: u32) -> FuncEntity {
    // SAFETY: as the caller promises.
    unsafe { find(cx.instances, address) }
}

/// Whether a function for which [`has_type`] says no can be of a type below.
pub const MAY_BE_BELOW: bool = false;

/// A function that is going to be called, by address.
pub type Callee = u32;

/// The function at an address.
///
/// # Safety
/// None is asked for.
#[inline(always)]
pub unsafe fn callee(_: &Context, address: u32) -> Callee {
    address
}

/// Address of a function.
///
/// # Safety
/// None is asked for.
#[inline(always)]
pub unsafe fn address_at(_: &Context, callee: Callee) -> u32 {
    callee
}

/// As [`is_below_type`].
///
/// # Safety
/// As for [`is_below_type`].
#[inline(always)]
pub unsafe fn has_type(cx: &Context, callee: Callee, ty: u32) -> bool {
    // SAFETY: as the caller promises.
    unsafe { is_below_type(cx, callee, ty) }
}

/// Whether the function at an address has a type of the current instance, or one below. Of types of different images only those match that
/// need no others to be compared.
///
/// # Safety
/// It is the address of one in a row; `ty` is a type index of the current instance, of a function.
#[inline(never)]
pub unsafe fn is_below_type(cx: &Context, address: u32, ty: u32) -> bool {
    // SAFETY: as the caller promises; the types of an image's functions are type indices of it.
    unsafe {
        let (instance, funcs, index) = locate(cx.instances, address);
        let found = *funcs.types.add(index as usize);
        #[cfg(feature = "function-references")]
        if instance == cx.instance {
            return funcs.is_subtype(found, ty);
        } else if !funcs.is_alone(found) {
            return false;
        }
        (instance == cx.instance && found == ty) || funcs.type_of(found) == cx.spaces.funcs.type_of(ty)
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
/// They are owners of layouts of structures or arrays of the current instance: there is no way from one instance to another, since only
/// functions of the host are imported.
#[cfg(feature = "gc")]
pub unsafe fn is_owner_below(cx: &Context, owner: u32, above: u32) -> bool {
    // SAFETY: as the caller promises; owners are type indices.
    unsafe { cx.spaces.funcs.is_subtype(owner, above) }
}

/// An element of a table, as a handle; `None` behind the table's end. Tables that nobody writes are read in the image: what their segment does not
/// give is null.
///
/// # Safety
/// `table` is a table index of the current instance.
#[inline(always)]
pub unsafe fn element(cx: &Context, table: u16, index: u32) -> Option<Handle> {
    // SAFETY: as the caller promises; addresses stem from instantiation, and indices are checked here. Functions of a segment are
    // function indices of its instance, which is the only one that reaches the table.
    unsafe {
        let table =
            if table == 0 { &*cx.table } else { &*cx.tables.add(*cx.spaces.tables.add(table as usize) as usize) };
        if index >= table.len {
            return None;
        }
        if !table.is_in_image() {
            return Some(*table.elements.add(index as usize));
        }
        let index = index.wrapping_sub(table.maximum);
        if index >= table.capacity {
            return Some(0);
        }
        Some(super::handle::from_func(address_of(cx, *table.elements.add(index as usize))))
    }
}

/// Finds table 0 anew.
///
/// # Safety
/// As for [`Context::refresh`].
#[inline(always)]
pub unsafe fn refresh_table(cx: &mut Context) {
    cx.table = core::ptr::null();
    if cx.spaces.has_table {
        // SAFETY: there is a table 0.
        cx.table = unsafe { cx.tables.add(*cx.spaces.tables as usize) };
    }
}
