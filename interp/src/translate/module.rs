//! A module's sections: what the translation of functions needs to know of them, and the parts of the image they become.

use super::{Config, func::Refusal};
use crate::{
    error::{Error, ErrorKind},
    gc::layout,
    image::{CompositePart, ConstExpr, DataMode, DataPart, ElemMode, ElemPart, ImageParts, ImportPart, RecPart},
    isa::{HEADER_BYTES, Ty},
    push::push,
    types::{
        ExternKind, FuncIndex, GlobalIndex, GlobalType, HeapType, Limits, MemoryIndex, MemoryType, RefType, TableIndex,
        TableType, TypeIndex, ValType,
        rec::{FieldType, PlacedField, StorageType},
    },
};
use alloc::{string::ToString, vec::Vec};
use wasmparser::{BinaryReaderError, Operator, TypeRef};

/// A function type as the translator uses it.
pub struct FuncTypeInfo {
    /// Parameters.
    pub params: Vec<Ty>,
    /// Results.
    pub results: Vec<Ty>,
}

/// A type as the translator uses it.
pub enum TypeInfo {
    /// Of functions.
    Func(FuncTypeInfo),
    /// Of structures, with these fields.
    Struct(Vec<PlacedField>),
    /// Of arrays, with such elements.
    Array(StorageType),
}

impl FuncTypeInfo {
    /// Byte offset of the frame header: behind the parameters, or the results if they are wider.
    pub fn header_offset(&self) -> u32 {
        let bytes = |types: &[Ty]| types.iter().map(|ty| ty.bytes()).sum::<u32>();
        bytes(&self.params).max(bytes(&self.results))
    }
}

/// What is known of a module while its functions are translated. Types are those of the image: equal types have one index.
pub struct ModuleInfo {
    /// How to translate.
    pub config: Config,
    /// Types by the module's own type index.
    pub types: Vec<TypeInfo>,
    /// Index in the image by the module's own type index.
    pub image_types: Vec<TypeIndex>,
    /// Type index (the module's own) by function index.
    pub func_types: Vec<u32>,
    /// Number of imported functions.
    pub imported_funcs: u32,
    /// All globals.
    pub globals: Vec<Global>,
    /// Number of imported globals.
    pub imported_globals: u32,
    /// All tables.
    pub tables: Vec<TableType>,
    /// All memories.
    pub memories: Vec<MemoryType>,
    /// Number of imported memories.
    pub imported_memories: u32,
    /// Type index (the module's own) by tag.
    pub tags: Vec<u32>,
}

impl ModuleInfo {
    /// A function type by the module's own type index.
    pub fn func_type(&self, index: u32) -> Option<&FuncTypeInfo> {
        match self.types.get(index as usize)? {
            TypeInfo::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// A heap type; its index is one in the module.
    fn heap_type(&self, ty: wasmparser::HeapType) -> Result<HeapType, Error> {
        use wasmparser::AbstractHeapType as A;
        Ok(match ty {
            wasmparser::HeapType::Abstract { shared: false, ty } => match ty {
                A::Func => HeapType::Func,
                A::Extern => HeapType::Extern,
                A::Any => HeapType::Any,
                A::None => HeapType::None,
                A::NoExtern => HeapType::NoExtern,
                A::NoFunc => HeapType::NoFunc,
                A::Eq => HeapType::Eq,
                A::Struct => HeapType::Struct,
                A::Array => HeapType::Array,
                A::I31 => HeapType::I31,
                A::Exn => HeapType::Exn,
                A::NoExn => HeapType::NoExn,
                _ => return Err(Error::new(ErrorKind::Unsupported("stack-switching"))),
            },
            wasmparser::HeapType::Concrete(index) => {
                let index = index.as_module_index().and_then(|index| self.image_types.get(index as usize).copied());
                HeapType::Concrete(index.ok_or(Error::new(ErrorKind::Unsupported("type index")))?)
            }
            _ => return Err(Error::new(ErrorKind::Unsupported("shared-everything-threads"))),
        })
    }

    /// A reference type of the module as one of the image.
    ///
    /// # Errors
    /// `Unsupported` for types of proposals that are not.
    pub fn ref_type(&self, ty: wasmparser::RefType) -> Result<RefType, Error> {
        Ok(RefType::new(ty.is_nullable(), self.heap_type(ty.heap_type())?))
    }

    fn val_type(&self, ty: wasmparser::ValType) -> Result<ValType, Error> {
        Ok(match ty {
            wasmparser::ValType::I32 => ValType::I32,
            wasmparser::ValType::I64 => ValType::I64,
            wasmparser::ValType::F32 => ValType::F32,
            wasmparser::ValType::F64 => ValType::F64,
            wasmparser::ValType::V128 => ValType::V128,
            wasmparser::ValType::Ref(ty) => ValType::Ref(self.ref_type(ty)?),
        })
    }

    fn table_type(&self, ty: wasmparser::TableType) -> Result<TableType, Error> {
        let limits = Limits::new(ty.initial, ty.maximum);
        Ok(TableType { element: self.ref_type(ty.element_type)?, limits, is_table64: ty.table64 })
    }

    fn global_type(&self, ty: wasmparser::GlobalType) -> Result<GlobalType, Error> {
        Ok(GlobalType { content: self.val_type(ty.content_type)?, is_mutable: ty.mutable })
    }

    fn field_type(&self, ty: wasmparser::FieldType) -> Result<FieldType, Error> {
        let storage = match ty.element_type {
            wasmparser::StorageType::I8 => StorageType::I8,
            wasmparser::StorageType::I16 => StorageType::I16,
            wasmparser::StorageType::Val(ty) => StorageType::Val(self.val_type(ty)?),
        };
        Ok(FieldType { storage, is_mutable: ty.mutable })
    }
}

/// What one type of a recursion group is, in types of the image.
enum Composite {
    Func(Vec<ValType>, Vec<ValType>),
    Struct(Vec<PlacedField>),
    Array(FieldType),
}

/// A global.
#[derive(Clone, Copy)]
pub struct Global {
    /// Type of its value.
    pub ty: Ty,
    /// Whether it may be written.
    pub is_mutable: bool,
}

impl Global {
    fn new(ty: wasmparser::GlobalType) -> Global {
        Global { ty: self::ty(ty.content_type), is_mutable: ty.mutable }
    }
}

/// A constant expression that needs code: translated when all functions are.
pub struct HiddenFunc<'a> {
    /// Type of its value.
    pub ty: ValType,
    /// The expression.
    pub expr: wasmparser::ConstExpr<'a>,
}

/// Type of an operand.
pub fn operand_type(ty: wasmparser::ValType) -> Result<Ty, Refusal> {
    Ok(match ty {
        wasmparser::ValType::I32 => Ty::I32,
        wasmparser::ValType::I64 => Ty::I64,
        wasmparser::ValType::F32 => Ty::F32,
        wasmparser::ValType::F64 => Ty::F64,
        wasmparser::ValType::V128 => Ty::V128,
        wasmparser::ValType::Ref(_) => Ty::Ref,
    })
}

/// Type of an operand that is of a type of the image.
pub fn operand(ty: ValType) -> Ty {
    match ty {
        ValType::I32 => Ty::I32,
        ValType::I64 => Ty::I64,
        ValType::F32 => Ty::F32,
        ValType::F64 => Ty::F64,
        ValType::Ref(_) => Ty::Ref,
        ValType::V128 => Ty::V128,
    }
}

/// Type of an address in a memory, or of an index in a table.
pub fn index_type(is_64: bool) -> ValType {
    if is_64 { ValType::I64 } else { ValType::I32 }
}

/// That of a value outside of functions, which is valid.
fn ty(ty: wasmparser::ValType) -> Ty {
    operand_type(ty).expect("the feature that brings vectors is off")
}

fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits::new(ty.initial, ty.maximum),
        page_size_log2: ty.page_size_log2.unwrap_or(16) as u8,
        is_memory64: ty.memory64,
        is_shared: ty.shared,
    }
}

fn extern_kind(kind: wasmparser::ExternalKind) -> Result<ExternKind, Error> {
    Ok(match kind {
        wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact => ExternKind::Func,
        wasmparser::ExternalKind::Table => ExternKind::Table,
        wasmparser::ExternalKind::Memory => ExternKind::Memory,
        wasmparser::ExternalKind::Global => ExternKind::Global,
        wasmparser::ExternalKind::Tag => ExternKind::Tag,
    })
}

/// A reader's or validator's error as ours.
#[cold]
pub fn error(error: &BinaryReaderError) -> Error {
    Error::new(ErrorKind::Invalid("")).with_detail(error.message().to_string()).at(error.offset())
}

/// Fills the parts of an image from a module's sections.
pub struct Sections<'a> {
    /// What the functions need.
    pub info: ModuleInfo,
    /// The image being made.
    pub parts: ImageParts<'a>,
    /// Expressions that need code.
    pub hidden: Vec<HiddenFunc<'a>>,
}

impl<'a> Sections<'a> {
    /// Type section.
    pub fn types(&mut self, section: wasmparser::TypeSectionReader<'a>) -> Result<(), Error> {
        for group in section {
            self.rec_group(group.map_err(|e| error(&e))?)?;
        }
        Ok(())
    }

    /// A recursion group. Its types name each other by the indices that they get in the image if it is a new one.
    fn rec_group(&mut self, group: wasmparser::RecGroup) -> Result<(), Error> {
        let first = self.info.image_types.len();
        for i in 0..group.types().len() {
            push(&mut self.info.image_types, TypeIndex(self.parts.next_type().0 + i as u32))?;
        }
        let mut composites = Vec::new();
        for ty in group.types() {
            let info = &self.info;
            let values = |types: &[wasmparser::ValType]| -> Result<(Vec<ValType>, Vec<Ty>), Error> {
                let mut converted = (Vec::new(), Vec::new());
                for &each in types {
                    push(&mut converted.0, info.val_type(each)?)?;
                    push(&mut converted.1, self::ty(each))?;
                }
                Ok(converted)
            };
            let (composite, ty) = match &ty.composite_type.inner {
                wasmparser::CompositeInnerType::Func(func) => {
                    let ((params, params_ty), (results, results_ty)) =
                        (values(func.params())?, values(func.results())?);
                    (
                        Composite::Func(params, results),
                        TypeInfo::Func(FuncTypeInfo { params: params_ty, results: results_ty }),
                    )
                }
                wasmparser::CompositeInnerType::Struct(ty) => {
                    let mut fields = Vec::new();
                    for field in ty.fields.iter() {
                        push(&mut fields, info.field_type(*field)?)?;
                    }
                    let mut placed = Vec::new();
                    let places = layout::fields(fields.iter().map(|field: &FieldType| field.storage.into()));
                    for (ty, (_, offset)) in fields.iter().zip(places) {
                        let refs = placed.last().map_or(0, |last: &PlacedField| last.refs + u16::from(last.is_ref()));
                        let offset = u16::try_from(offset)
                            .map_err(|_| Error::limit("fields of a structure take more than 64 KiB"))?;
                        push(&mut placed, PlacedField { ty: *ty, offset, refs })?;
                    }
                    (Composite::Struct(placed.clone()), TypeInfo::Struct(placed))
                }
                wasmparser::CompositeInnerType::Array(ty) => {
                    let element = info.field_type(ty.0)?;
                    (Composite::Array(element), TypeInfo::Array(element.storage))
                }
                wasmparser::CompositeInnerType::Cont(_) => {
                    return Err(Error::new(ErrorKind::Unsupported("stack-switching")));
                }
            };
            push(&mut composites, composite)?;
            push(&mut self.info.types, ty)?;
        }
        let mut parts = Vec::new();
        for (ty, composite) in group.types().zip(&composites) {
            let above = ty.supertype_idxs.first().and_then(|index| index.as_module_index());
            let composite = match composite {
                Composite::Func(params, results) => CompositePart::Func(params, results),
                Composite::Struct(fields) => CompositePart::Struct(fields),
                Composite::Array(field) => CompositePart::Array(*field),
            };
            let supertype = above.map(|index| self.info.image_types[index as usize]);
            push(&mut parts, RecPart { composite, supertype, is_final: ty.is_final })?;
        }
        let index = self.parts.intern_rec_group(&parts)?;
        for (i, image_type) in self.info.image_types[first..].iter_mut().enumerate() {
            *image_type = TypeIndex(index.0 + i as u32);
        }
        Ok(())
    }

    /// Import section.
    pub fn imports(&mut self, section: wasmparser::ImportSectionReader<'a>) -> Result<(), Error> {
        for import in section.into_imports() {
            let import = import.map_err(|e| error(&e))?;
            let part = match import.ty {
                TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                    push(&mut self.info.func_types, index)?;
                    self.info.imported_funcs += 1;
                    ImportPart::Func(self.info.image_types[index as usize])
                }
                TypeRef::Table(ty) => {
                    let ty = self.info.table_type(ty)?;
                    push(&mut self.info.tables, ty)?;
                    ImportPart::Table(ty)
                }
                TypeRef::Memory(ty) => {
                    let ty = memory_type(ty);
                    push(&mut self.info.memories, ty)?;
                    self.info.imported_memories += 1;
                    ImportPart::Memory(ty)
                }
                TypeRef::Global(ty) => {
                    push(&mut self.info.globals, Global::new(ty))?;
                    self.info.imported_globals += 1;
                    ImportPart::Global(self.info.global_type(ty)?)
                }
                TypeRef::Tag(ty) => {
                    push(&mut self.info.tags, ty.func_type_idx)?;
                    ImportPart::Tag(self.info.image_types[ty.func_type_idx as usize])
                }
            };
            self.parts.push_import(import.module, import.name, part)?;
        }
        Ok(())
    }

    /// Function section.
    pub fn functions(&mut self, section: wasmparser::FunctionSectionReader<'a>) -> Result<(), Error> {
        for index in section {
            let index = index.map_err(|e| error(&e))?;
            push(&mut self.info.func_types, index)?;
            self.parts.push_func_type(self.info.image_types[index as usize])?;
        }
        Ok(())
    }

    /// Table section.
    pub fn tables(&mut self, section: wasmparser::TableSectionReader<'a>) -> Result<(), Error> {
        for table in section {
            let table = table.map_err(|e| error(&e))?;
            let ty = self.info.table_type(table.ty)?;
            let init = match table.init {
                wasmparser::TableInit::RefNull => ConstExpr::Zero,
                wasmparser::TableInit::Expr(expr) => self.const_expr(expr, ValType::Ref(ty.element))?,
            };
            push(&mut self.info.tables, ty)?;
            self.parts.push_table(ty, init)?;
        }
        Ok(())
    }

    /// Memory section.
    pub fn memories(&mut self, section: wasmparser::MemorySectionReader<'a>) -> Result<(), Error> {
        for ty in section {
            let ty = memory_type(ty.map_err(|e| error(&e))?);
            push(&mut self.info.memories, ty)?;
            self.parts.push_memory(ty)?;
        }
        Ok(())
    }

    /// Tag section.
    pub fn tags(&mut self, section: wasmparser::TagSectionReader<'a>) -> Result<(), Error> {
        for ty in section {
            let ty = ty.map_err(|e| error(&e))?.func_type_idx;
            push(&mut self.info.tags, ty)?;
            self.parts.push_tag(self.info.image_types[ty as usize])?;
        }
        Ok(())
    }

    /// Global section.
    pub fn globals(&mut self, section: wasmparser::GlobalSectionReader<'a>) -> Result<(), Error> {
        for global in section {
            let global = global.map_err(|e| error(&e))?;
            let ty = self.info.global_type(global.ty)?;
            let init = self.const_expr(global.init_expr, ty.content)?;
            push(&mut self.info.globals, Global::new(global.ty))?;
            self.parts.push_global(ty, init)?;
        }
        Ok(())
    }

    /// Export section.
    pub fn exports(&mut self, section: wasmparser::ExportSectionReader<'a>) -> Result<(), Error> {
        for export in section {
            let export = export.map_err(|e| error(&e))?;
            self.parts.push_export(export.name, extern_kind(export.kind)?, export.index)?;
        }
        Ok(())
    }

    /// Element section.
    pub fn elements(&mut self, section: wasmparser::ElementSectionReader<'a>) -> Result<(), Error> {
        for element in section {
            let element = element.map_err(|e| error(&e))?;
            let mode = match element.kind {
                wasmparser::ElementKind::Active { table_index, offset_expr } => {
                    let table = TableIndex(table_index.unwrap_or(0));
                    let ty = index_type(self.info.tables[table.0 as usize].is_table64);
                    ElemMode::Active { table, offset: self.const_expr(offset_expr, ty)? }
                }
                wasmparser::ElementKind::Passive => ElemMode::Passive,
                wasmparser::ElementKind::Declared => ElemMode::Declared,
            };
            match element.items {
                wasmparser::ElementItems::Functions(functions) => {
                    self.parts.push_elem(ElemPart { mode, element: RefType::FUNC, is_funcs: true })?;
                    for function in functions {
                        let function = function.map_err(|e| error(&e))?;
                        self.parts.push_elem_item(ConstExpr::RefFunc(FuncIndex(function)))?;
                    }
                }
                wasmparser::ElementItems::Expressions(ty, exprs) => {
                    let element = self.info.ref_type(ty)?;
                    self.parts.push_elem(ElemPart { mode, element, is_funcs: false })?;
                    for expr in exprs {
                        let item = self.const_expr(expr.map_err(|e| error(&e))?, ValType::Ref(element))?;
                        self.parts.push_elem_item(item)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Data section.
    pub fn data(&mut self, section: wasmparser::DataSectionReader<'a>) -> Result<(), Error> {
        for data in section {
            let data = data.map_err(|e| error(&e))?;
            let mode = match data.kind {
                wasmparser::DataKind::Active { memory_index, offset_expr } => {
                    let ty = index_type(self.info.memories[memory_index as usize].is_memory64);
                    DataMode::Active { memory: MemoryIndex(memory_index), offset: self.const_expr(offset_expr, ty)? }
                }
                wasmparser::DataKind::Passive => DataMode::Passive,
            };
            self.parts.push_data(DataPart { mode, bytes: data.data })?;
        }
        match self.info.config.rodata {
            Some(segment) => self.mark_rodata(segment),
            None => Ok(()),
        }
    }

    /// A constant expression: one operator becomes a record, more become a hidden function.
    fn const_expr(&mut self, expr: wasmparser::ConstExpr<'a>, ty: ValType) -> Result<ConstExpr, Error> {
        let mut reader = expr.get_operators_reader();
        let first = reader.read().map_err(|e| error(&e))?;
        let mut is_single = matches!(reader.read().map_err(|e| error(&e))?, Operator::End);
        let record = match first {
            Operator::I32Const { value } => ConstExpr::Bits(u64::from(value as u32)),
            Operator::I64Const { value } => ConstExpr::Bits(value as u64),
            Operator::F32Const { value } => ConstExpr::Bits(u64::from(value.bits())),
            Operator::F64Const { value } => ConstExpr::Bits(value.bits()),
            Operator::GlobalGet { global_index } => ConstExpr::GlobalGet(GlobalIndex(global_index)),
            Operator::RefFunc { function_index } => ConstExpr::RefFunc(FuncIndex(function_index)),
            Operator::RefNull { .. } => ConstExpr::Zero,
            _ => {
                is_single = false;
                ConstExpr::Zero
            }
        };
        // Records have no room for a vector.
        if is_single && !matches!(first, Operator::V128Const { .. }) {
            return Ok(record);
        }
        // Hidden functions are declared behind all others, in the order in which they are met.
        push(&mut self.hidden, HiddenFunc { ty, expr })?;
        let index = self.info.func_types.len() + self.hidden.len() - 1;
        Ok(ConstExpr::Code(FuncIndex(index as u32)))
    }

    /// Name section: the names of functions and of the module.
    pub fn names(&mut self, section: wasmparser::NameSectionReader<'a>) -> Result<(), Error> {
        for subsection in section {
            // Names are a custom section: what is wrong in them does not make the module wrong.
            match subsection {
                Ok(wasmparser::Name::Module { name, .. }) => self.parts.set_module_name(name)?,
                Ok(wasmparser::Name::Function(names)) => {
                    let mut last = None;
                    for naming in names.into_iter().map_while(Result::ok) {
                        let in_order = last.is_none_or(|last| naming.index > last);
                        if in_order && (naming.index as usize) < self.info.func_types.len() {
                            self.parts.push_func_name(FuncIndex(naming.index), naming.name)?;
                            last = Some(naming.index);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

const _: () = assert!(HEADER_BYTES.is_multiple_of(4));
