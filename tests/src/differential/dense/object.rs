//! What dense modules do with objects: lists of structures with numbers, arrays and other references in them, which live in locals,
//! globals, arguments and fields while more are made. Most of them become garbage.
//!
//! Where an object may be null a branch or a test leads around the access, so that few calls trap.

use super::{Body, TYPES, V128};
use wasm_encoder::{
    AbstractHeapType, ArrayType, BlockType, CompositeInnerType, CompositeType, FieldType, HeapType, Instruction as I,
    RefType, StorageType, StructType, SubType, TypeSection, ValType,
};

/// Indices of types: a structure, one that has a field more, an array of numbers, one of references.
const NODE: u32 = 0;
const WIDE: u32 = 1;
const NUMBERS: u32 = 2;
const OBJECTS: u32 = 3;
/// How many types these are.
pub const TYPES_COUNT: u32 = 4;
/// Fields of `NODE`: one for each of `TYPES` that is a number; then these, and a vector if the module has vectors.
const SMALL: u32 = 4;
const NEXT: u32 = 5;
const ANY: u32 = 6;
const VECTOR: u32 = 7;
/// Length of most arrays.
const LEN: u32 = 4;
/// Locals of each function that hold objects.
pub const LOCALS_COUNT: u32 = 4;

/// A node or null.
pub const NODE_REF: RefType = RefType { nullable: true, heap_type: HeapType::Concrete(NODE) };
const EQ: HeapType = HeapType::Abstract { shared: false, ty: AbstractHeapType::Eq };
/// As what objects are handed on.
pub const EQ_REF: RefType = RefType { nullable: true, heap_type: EQ };

/// The types, as one recursion group.
pub fn types(has_vectors: bool, section: &mut TypeSection) {
    let field = |ty| FieldType { element_type: StorageType::Val(ty), mutable: true };
    let mut fields: Vec<FieldType> = TYPES[..V128].iter().map(|ty| field(*ty)).collect();
    fields.push(FieldType { element_type: StorageType::I16, mutable: true });
    fields.extend([field(ValType::Ref(NODE_REF)), field(ValType::Ref(EQ_REF))]);
    fields.extend(has_vectors.then_some(field(ValType::V128)));
    let wide = fields.iter().copied().chain([field(ValType::I64)]).collect();
    let structure = |fields: Vec<FieldType>| CompositeInnerType::Struct(StructType { fields: fields.into() });
    let array = |ty| CompositeInnerType::Array(ArrayType(field(ty)));
    let of = |is_final, supertype: Option<u32>, inner| SubType {
        is_final,
        supertype_idxs: supertype.into_iter().collect(),
        composite_type: CompositeType { inner, shared: false, descriptor: None, describes: None },
    };
    section.ty().rec([
        of(false, None, structure(fields)),
        of(true, Some(NODE), structure(wide)),
        of(true, None, array(ValType::I64)),
        of(true, None, array(ValType::Ref(EQ_REF))),
    ]);
}

fn get(field: u32) -> I<'static> {
    I::StructGet { struct_type_index: NODE, field_index: field }
}

fn set(field: u32) -> I<'static> {
    I::StructSet { struct_type_index: NODE, field_index: field }
}

/// Casts the arguments that are nodes.
pub fn enter(body: &mut Body<'_>) {
    for i in 0..2 {
        body.push(I::LocalGet(body.params_count() - 2 + i));
        cast(body);
        body.push(I::LocalSet(body.objects_first() + i));
    }
}

/// Makes a node or null of the reference on the stack.
fn cast(body: &mut Body<'_>) {
    body.push(I::LocalSet(body.objects_first() + LOCALS_COUNT));
    body.push(I::Block(BlockType::Result(ValType::Ref(NODE_REF))));
    body.push(I::LocalGet(body.objects_first() + LOCALS_COUNT));
    let (from_ref_type, to_ref_type) = (EQ_REF, NODE_REF);
    if body.rng.one_in(2) {
        body.push(I::BrOnCast { relative_depth: 0, from_ref_type, to_ref_type });
        body.push(I::Drop);
        body.push(I::RefNull(HeapType::Concrete(NODE)));
    } else {
        body.push(I::RefTestNullable(HeapType::Concrete(NODE)));
        body.push(I::If(BlockType::Result(ValType::Ref(NODE_REF))));
        body.push(I::LocalGet(body.objects_first() + LOCALS_COUNT));
        body.push(I::RefCastNullable(HeapType::Concrete(NODE)));
        body.push(I::Else);
        body.push(I::RefNull(HeapType::Concrete(NODE)));
        body.push(I::End);
    }
    body.push(I::End);
}

fn local(body: &mut Body<'_>) -> u32 {
    body.objects_first() + body.rng.below(LOCALS_COUNT.into()) as u32
}

/// The global that holds a node.
fn global(body: &Body<'_>) -> u32 {
    body.types_count as u32
}

/// A node or null.
pub fn node(body: &mut Body<'_>, depth: u32) {
    let leaf = depth == 0 || body.budget < 0;
    match body.rng.below(if leaf { 5 } else { 10 }) {
        0 => body.push(I::GlobalGet(global(body))),
        1 if leaf => body.pick(&[I::StructNewDefault(NODE), I::StructNewDefault(WIDE)]),
        1..5 => {
            let local = local(body);
            body.push(I::LocalGet(local));
        }
        5..8 => {
            for ty in 0..V128 {
                body.expression(ty, depth.min(2) - 1);
            }
            body.expression(0, 0);
            node(body, depth - 1);
            any(body, depth - 1);
            if body.types_count > V128 {
                body.expression(V128, depth - 1);
            }
            if body.rng.one_in(2) {
                body.push(I::StructNew(NODE));
            } else {
                body.expression(1, 0);
                body.push(I::StructNew(WIDE));
            }
        }
        8 => {
            let ty = ValType::Ref(NODE_REF);
            around_null(body, ty, depth - 1, |body| body.push(get(NEXT)), |body| node(body, 0));
        }
        _ => {
            node(body, depth - 1);
            node(body, depth - 1);
            body.condition();
            body.push(I::TypedSelect(ValType::Ref(NODE_REF)));
        }
    }
}

/// A reference of any kind that is comparable.
fn any(body: &mut Body<'_>, depth: u32) {
    match body.rng.below(5) {
        0 => {
            body.expression(0, 0);
            body.push(I::RefI31);
        }
        1 => {
            for _ in 0..LEN {
                body.expression(1, 0);
            }
            body.push(I::ArrayNewFixed { array_type_index: NUMBERS, array_size: LEN });
        }
        2 => {
            node(body, depth.saturating_sub(1));
            body.push(I::I32Const(LEN as i32));
            body.push(I::ArrayNew(OBJECTS));
        }
        3 => {
            body.push(I::I32Const(LEN as i32));
            body.pick(&[I::ArrayNewDefault(NUMBERS), I::ArrayNewDefault(OBJECTS)]);
        }
        _ => node(body, depth.saturating_sub(1)),
    }
}

/// With a node that is not null on the stack what `then` does, otherwise what `instead` does; both leave a `ty`.
fn around_null(
    body: &mut Body<'_>,
    ty: ValType,
    depth: u32,
    then: impl FnOnce(&mut Body<'_>),
    instead: impl FnOnce(&mut Body<'_>),
) {
    body.push(I::Block(BlockType::Result(ty)));
    body.push(I::Block(BlockType::Empty));
    node(body, depth);
    body.push(I::BrOnNull(0));
    then(body);
    body.push(I::Br(1));
    body.push(I::End);
    instead(body);
    body.push(I::End);
}

/// A number, or a vector, out of an object.
pub fn number(body: &mut Body<'_>, ty: usize, depth: u32) {
    let depth = depth.saturating_sub(1);
    match ty {
        0 => match body.rng.below(6) {
            0 => {
                node(body, depth);
                body.push(I::RefIsNull);
            }
            1 => {
                node(body, depth);
                node(body, depth);
                body.push(I::RefEq);
            }
            2 => {
                any(body, depth);
                let of = [WIDE, NODE, NUMBERS, OBJECTS].map(|ty| I::RefTestNonNull(HeapType::Concrete(ty)));
                body.pick(&of);
            }
            3 => {
                let small = |index| (I::StructGetS { struct_type_index: NODE, field_index: index }, index);
                let (signed, field_index) = small(SMALL);
                let unsigned = I::StructGetU { struct_type_index: NODE, field_index };
                around_null(body, ValType::I32, depth, |body| body.pick(&[signed, unsigned]), |body| body.leaf(0));
            }
            4 => kinds(body, depth),
            _ => field(body, ty, depth),
        },
        1 if body.rng.one_in(3) => element(body, depth),
        1 if body.rng.one_in(4) => wide(body, depth),
        _ => field(body, ty, depth),
    }
}

fn field(body: &mut Body<'_>, ty: usize, depth: u32) {
    let index = if ty == V128 { VECTOR } else { ty as u32 };
    around_null(body, TYPES[ty], depth, |body| body.push(get(index)), |body| body.leaf(ty));
}

/// The field that only the wider structure has.
fn wide(body: &mut Body<'_>, depth: u32) {
    let to_ref_type = RefType { nullable: false, heap_type: HeapType::Concrete(WIDE) };
    let index = if body.types_count > V128 { VECTOR + 1 } else { VECTOR };
    body.push(I::Block(BlockType::Result(ValType::I64)));
    body.push(I::Block(BlockType::Result(ValType::Ref(NODE_REF))));
    node(body, depth);
    body.push(I::BrOnCastFail { relative_depth: 0, from_ref_type: NODE_REF, to_ref_type });
    body.push(I::StructGet { struct_type_index: WIDE, field_index: index });
    body.push(I::Br(1));
    body.push(I::End);
    body.push(I::Drop);
    body.leaf(1);
    body.push(I::End);
}

/// An element of an array of numbers that a node refers to.
fn element(body: &mut Body<'_>, depth: u32) {
    let to_ref_type = RefType { nullable: false, heap_type: HeapType::Concrete(NUMBERS) };
    body.push(I::Block(BlockType::Result(ValType::I64)));
    body.push(I::Block(BlockType::Result(ValType::Ref(EQ_REF))));
    around_null(body, ValType::Ref(EQ_REF), depth, |body| body.push(get(ANY)), |body| any(body, 0));
    body.push(I::BrOnCastFail { relative_depth: 0, from_ref_type: EQ_REF, to_ref_type });
    index(body);
    body.push(I::ArrayGet(NUMBERS));
    body.push(I::Br(1));
    body.push(I::End);
    body.push(I::Drop);
    body.leaf(1);
    body.push(I::End);
}

/// Inside most arrays, but once in a while beyond.
fn index(body: &mut Body<'_>) {
    body.leaf(0);
    if !body.rng.one_in(200) {
        body.push(I::I32Const(LEN as i32 - 1));
        body.push(I::I32And);
    }
}

/// What a reference is, by abstract types; of a small integer its value.
fn kinds(body: &mut Body<'_>, depth: u32) {
    let to = |ty| RefType { nullable: false, heap_type: HeapType::Abstract { shared: false, ty } };
    body.push(I::Block(BlockType::Result(ValType::I32)));
    body.push(I::Block(BlockType::Result(ValType::Ref(to(AbstractHeapType::Array)))));
    body.push(I::Block(BlockType::Result(ValType::Ref(to(AbstractHeapType::I31)))));
    around_null(body, ValType::Ref(EQ_REF), depth, |body| body.push(get(ANY)), |body| any(body, 0));
    let from_ref_type = EQ_REF;
    body.push(I::BrOnCast { relative_depth: 0, from_ref_type, to_ref_type: to(AbstractHeapType::I31) });
    body.push(I::BrOnCast { relative_depth: 1, from_ref_type, to_ref_type: to(AbstractHeapType::Array) });
    body.push(I::RefTestNonNull(HeapType::Abstract { shared: false, ty: AbstractHeapType::Struct }));
    body.push(I::Br(2));
    body.push(I::End);
    body.pick(&[I::I31GetS, I::I31GetU]);
    body.push(I::Br(1));
    body.push(I::End);
    body.push(I::ArrayLen);
    body.push(I::End);
}

/// Something that is done with objects.
pub fn statement(body: &mut Body<'_>, depth: u32) {
    match body.rng.below(6) {
        0..2 => {
            node(body, depth);
            let local = local(body);
            body.push(I::LocalSet(local));
        }
        2 => {
            node(body, depth);
            body.push(I::GlobalSet(global(body)));
        }
        3 => array(body),
        _ => {
            body.push(I::Block(BlockType::Empty));
            node(body, depth);
            body.push(I::BrOnNull(0));
            match body.rng.below(4) {
                0 => {
                    node(body, depth);
                    body.push(set(NEXT));
                }
                1 => {
                    any(body, depth);
                    body.push(set(ANY));
                }
                2 => {
                    body.expression(0, 1);
                    body.push(set(SMALL));
                }
                _ => {
                    let ty = body.ty();
                    body.expression(ty, 2);
                    body.push(set(if ty == V128 { VECTOR } else { ty as u32 }));
                }
            }
            body.push(I::End);
        }
    }
}

/// Bulk operators, and elements, of an array that a node then refers to.
fn array(body: &mut Body<'_>) {
    let temporary = body.objects_first() + LOCALS_COUNT;
    let is_numbers = body.rng.one_in(2);
    let ty = if is_numbers { NUMBERS } else { OBJECTS };
    let cast = I::RefCastNonNull(HeapType::Concrete(ty));
    let element = |body: &mut Body<'_>| if is_numbers { body.expression(1, 1) } else { any(body, 1) };
    element(body);
    body.push(I::I32Const(2 * LEN as i32));
    body.push(I::ArrayNew(ty));
    body.push(I::LocalSet(temporary));
    for _ in 0..3 {
        body.push(I::LocalGet(temporary));
        body.push(cast.clone());
        match body.rng.below(3) {
            0 => {
                index(body);
                body.push(I::LocalGet(temporary));
                body.push(cast.clone());
                index(body);
                let len = body.rng.below(5) as i32;
                body.push(I::I32Const(len));
                body.push(I::ArrayCopy { array_type_index_dst: ty, array_type_index_src: ty });
            }
            1 => {
                index(body);
                element(body);
                let len = body.rng.below(5) as i32;
                body.push(I::I32Const(len));
                body.push(I::ArrayFill(ty));
            }
            _ => {
                index(body);
                element(body);
                body.push(I::ArraySet(ty));
            }
        }
    }
    body.push(I::Block(BlockType::Empty));
    let local = local(body);
    body.push(I::LocalGet(local));
    body.push(I::BrOnNull(0));
    body.push(I::LocalGet(temporary));
    body.push(set(ANY));
    body.push(I::End);
}
