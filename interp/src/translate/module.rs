//! A module's sections: what the translation of functions needs to know of them, and the parts of the image they become.

use super::{Config, func::Refusal};
use crate::{
    error::{Error, ErrorKind},
    image::{ConstExpr, DataMode, DataPart, ElemMode, ElemPart, ImageParts, ImportPart},
    isa::{HEADER_BYTES, Ty},
    push::push,
    types::{
        ExternKind, FuncIndex, GlobalIndex, GlobalType, Limits, MemoryIndex, MemoryType, RefType, TableIndex,
        TableType, TypeIndex, ValType,
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
    /// Function types by the module's own type index.
    pub types: Vec<FuncTypeInfo>,
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
    pub ty: Ty,
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

/// That of a value outside of functions, which is valid.
fn ty(ty: wasmparser::ValType) -> Ty {
    operand_type(ty).expect("the feature that brings vectors is off")
}

fn ref_type(ty: wasmparser::RefType) -> Result<RefType, Error> {
    match ty {
        wasmparser::RefType::FUNCREF => Ok(RefType::FUNC),
        wasmparser::RefType::EXTERNREF => Ok(RefType::EXTERN),
        _ => Err(Error::new(ErrorKind::Unsupported("typed references"))),
    }
}

fn val_type(ty: wasmparser::ValType) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)?),
    })
}

/// Type of an address in a memory, or of an index in a table.
pub fn index_type(is_64: bool) -> Ty {
    if is_64 { Ty::I64 } else { Ty::I32 }
}

fn table_type(ty: wasmparser::TableType) -> Result<TableType, Error> {
    let limits = Limits::new(ty.initial, ty.maximum);
    Ok(TableType { element: ref_type(ty.element_type)?, limits, is_table64: ty.table64 })
}

fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits::new(ty.initial, ty.maximum),
        page_size_log2: ty.page_size_log2.unwrap_or(16) as u8,
        is_memory64: ty.memory64,
        is_shared: ty.shared,
    }
}

fn global_type(ty: wasmparser::GlobalType) -> Result<GlobalType, Error> {
    Ok(GlobalType { content: val_type(ty.content_type)?, is_mutable: ty.mutable })
}

fn extern_kind(kind: wasmparser::ExternalKind) -> Result<ExternKind, Error> {
    Ok(match kind {
        wasmparser::ExternalKind::Func | wasmparser::ExternalKind::FuncExact => ExternKind::Func,
        wasmparser::ExternalKind::Table => ExternKind::Table,
        wasmparser::ExternalKind::Memory => ExternKind::Memory,
        wasmparser::ExternalKind::Global => ExternKind::Global,
        wasmparser::ExternalKind::Tag => return Err(Error::new(ErrorKind::Unsupported("exceptions"))),
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
            for ty in group.map_err(|e| error(&e))?.into_types() {
                let wasmparser::CompositeInnerType::Func(func) = &ty.composite_type.inner else {
                    return Err(Error::new(ErrorKind::Unsupported("gc")));
                };
                let convert = |types: &[wasmparser::ValType]| -> Result<(Vec<ValType>, Vec<Ty>), Error> {
                    let mut converted = (Vec::new(), Vec::new());
                    for &each in types {
                        push(&mut converted.0, val_type(each)?)?;
                        push(&mut converted.1, self::ty(each))?;
                    }
                    Ok(converted)
                };
                let (params, params_ty) = convert(func.params())?;
                let (results, results_ty) = convert(func.results())?;
                let index = self.parts.intern_type(params.into_iter(), results.into_iter())?;
                push(&mut self.info.image_types, index)?;
                push(&mut self.info.types, FuncTypeInfo { params: params_ty, results: results_ty })?;
            }
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
                    let ty = table_type(ty)?;
                    push(&mut self.info.tables, ty)?;
                    ImportPart::Table(ty)
                }
                TypeRef::Memory(ty) => {
                    let ty = memory_type(ty);
                    push(&mut self.info.memories, ty)?;
                    ImportPart::Memory(ty)
                }
                TypeRef::Global(ty) => {
                    push(&mut self.info.globals, Global::new(ty))?;
                    self.info.imported_globals += 1;
                    ImportPart::Global(global_type(ty)?)
                }
                TypeRef::Tag(_) => return Err(Error::new(ErrorKind::Unsupported("exceptions"))),
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
            let init = match table.init {
                wasmparser::TableInit::RefNull => ConstExpr::Zero,
                wasmparser::TableInit::Expr(expr) => self.const_expr(expr, Ty::Ref)?,
            };
            let ty = table_type(table.ty)?;
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

    /// Global section.
    pub fn globals(&mut self, section: wasmparser::GlobalSectionReader<'a>) -> Result<(), Error> {
        for global in section {
            let global = global.map_err(|e| error(&e))?;
            let info = Global::new(global.ty);
            let init = self.const_expr(global.init_expr, info.ty)?;
            push(&mut self.info.globals, info)?;
            self.parts.push_global(global_type(global.ty)?, init)?;
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
                    self.parts.push_elem(ElemPart { mode, element: ref_type(ty)?, is_funcs: false })?;
                    for expr in exprs {
                        let item = self.const_expr(expr.map_err(|e| error(&e))?, Ty::Ref)?;
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
        Ok(())
    }

    /// A constant expression: one operator becomes a record, more become a hidden function.
    fn const_expr(&mut self, expr: wasmparser::ConstExpr<'a>, ty: Ty) -> Result<ConstExpr, Error> {
        let mut reader = expr.get_operators_reader();
        let first = reader.read().map_err(|e| error(&e))?;
        let is_single = matches!(reader.read().map_err(|e| error(&e))?, Operator::End);
        let record = match first {
            Operator::I32Const { value } => ConstExpr::Bits(u64::from(value as u32)),
            Operator::I64Const { value } => ConstExpr::Bits(value as u64),
            Operator::F32Const { value } => ConstExpr::Bits(u64::from(value.bits())),
            Operator::F64Const { value } => ConstExpr::Bits(value.bits()),
            Operator::GlobalGet { global_index } => ConstExpr::GlobalGet(GlobalIndex(global_index)),
            Operator::RefFunc { function_index } => ConstExpr::RefFunc(FuncIndex(function_index)),
            Operator::RefNull { .. } => ConstExpr::Zero,
            _ => ConstExpr::Zero,
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
