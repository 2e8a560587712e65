//! What `shrink` needs to know of a module: its memory, its globals, which functions can be called by whom, and their bodies.
//!
//! The module was validated before: whatever is not as the specification says is an error of the parser, and does not happen.

use std::collections::BTreeSet;
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ConstExpr, DataKind, ElementItems, Export, ExternalKind, FuncType,
    FunctionBody, Name, NameSectionReader, Operator, Parser, Payload, SubType, TypeRef, ValType,
};

/// A global.
pub struct Global {
    pub is_imported: bool,
    pub is_mutable: bool,
    pub is_exported: bool,
    /// Whether an instruction sets it.
    pub is_set: bool,
    /// Its value at the start, if that is an i32 that is known.
    pub start: Option<i32>,
}

/// The memory. There is exactly one, it is defined here, and its addresses are i32.
pub struct Memory {
    pub pages_min: u64,
    pub page_size_log2: u32,
    /// The first name it is exported by.
    pub export: Option<String>,
}

impl Memory {
    /// Its size at the start.
    pub fn bytes(&self) -> u64 {
        self.pages_min << self.page_size_log2
    }
}

/// A place in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub func: u32,
    /// In the module.
    pub offset: u64,
}

/// A module.
pub struct Module<'a> {
    types: Vec<SubType>,
    /// Types of all functions, those that are imported first.
    funcs: Vec<u32>,
    pub imported_funcs: u32,
    pub bodies: Vec<FunctionBody<'a>>,
    pub globals: Vec<Global>,
    pub memory: Memory,
    /// Functions that others than `call` can reach: exports, members of tables, the start.
    pub entries: BTreeSet<u32>,
    /// Where active data segments end; nothing if one begins at an address that is not known.
    pub data_end: Option<u64>,
    pub sizes: Vec<Place>,
    pub grows: Vec<Place>,
    names: Vec<(u32, &'a str)>,
    /// Constant globals that are exported, by name: the linker's symbols.
    symbols: Vec<(&'a str, i32)>,
}

/// Why a module cannot be shrunk whatever its code does, in words.
pub enum Unfit {
    Parser(BinaryReaderError),
    NoMemory,
    /// How many.
    Memories(usize),
    /// By which name.
    Imported(String),
    Shared,
    Memory64,
}

impl From<BinaryReaderError> for Unfit {
    fn from(error: BinaryReaderError) -> Unfit {
        Unfit::Parser(error)
    }
}

impl<'a> Module<'a> {
    /// Reads a valid module.
    ///
    /// # Errors
    /// It has no memory, or several, or one that this cannot shrink.
    pub fn read(wasm: &'a [u8]) -> Result<Module<'a>, Unfit> {
        let mut module = Module {
            types: Vec::new(),
            funcs: Vec::new(),
            imported_funcs: 0,
            bodies: Vec::new(),
            globals: Vec::new(),
            memory: Memory { pages_min: 0, page_size_log2: 16, export: None },
            entries: BTreeSet::new(),
            data_end: Some(0),
            sizes: Vec::new(),
            grows: Vec::new(),
            names: Vec::new(),
            symbols: Vec::new(),
        };
        let mut memories = Vec::new();
        let mut exports = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(groups) => {
                    for group in groups {
                        module.types.extend(group?.into_types());
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(ty) => {
                                module.funcs.push(ty);
                                module.imported_funcs += 1;
                            }
                            TypeRef::Global(ty) => module.globals.push(Global {
                                is_imported: true,
                                is_mutable: ty.mutable,
                                is_exported: false,
                                is_set: false,
                                start: None,
                            }),
                            TypeRef::Memory(_) => {
                                return Err(Unfit::Imported(format!("{:?}.{:?}", import.module, import.name)));
                            }
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(funcs) => {
                    for ty in funcs {
                        module.funcs.push(ty?);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        memories.push(memory?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        let global = global?;
                        let start = module.constant(&global.init_expr)?;
                        let start = start.filter(|_| global.ty.content_type == ValType::I32);
                        module.globals.push(Global {
                            is_imported: false,
                            is_mutable: global.ty.mutable,
                            is_exported: false,
                            is_set: false,
                            start,
                        });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        exports.push(export?);
                    }
                }
                Payload::StartSection { func, .. } => {
                    module.entries.insert(func);
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        if let wasmparser::TableInit::Expr(start) = table?.init {
                            module.constant(&start)?;
                        }
                    }
                }
                Payload::ElementSection(elements) => {
                    for element in elements {
                        match element?.items {
                            ElementItems::Functions(funcs) => {
                                for func in funcs {
                                    module.entries.insert(func?);
                                }
                            }
                            ElementItems::Expressions(_, expressions) => {
                                for expression in expressions {
                                    module.constant(&expression?)?;
                                }
                            }
                        }
                    }
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        if let DataKind::Active { offset_expr, .. } = segment.kind {
                            let start = module.constant(&offset_expr)?;
                            let end = start.map(|start| u64::from(start as u32) + segment.data.len() as u64);
                            module.data_end = module.data_end.and_then(|known| Some(known.max(end?)));
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => module.body(body)?,
                Payload::CustomSection(custom) if custom.name() == "name" => {
                    module.read_names(NameSectionReader::new(wasmparser::BinaryReader::new(custom.data(), 0)));
                }
                _ => {}
            }
        }
        let [memory] = *memories else {
            return Err(if memories.is_empty() { Unfit::NoMemory } else { Unfit::Memories(memories.len()) });
        };
        if memory.shared {
            return Err(Unfit::Shared);
        }
        if memory.memory64 {
            return Err(Unfit::Memory64);
        }
        module.memory.pages_min = memory.initial;
        module.memory.page_size_log2 = memory.page_size_log2.unwrap_or(16);
        exports.iter().for_each(|export| module.export(export));
        Ok(module)
    }

    fn export(&mut self, export: &Export<'a>) {
        match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                self.entries.insert(export.index);
            }
            ExternalKind::Global => {
                let global = &mut self.globals[export.index as usize];
                global.is_exported = true;
                if let (Some(start), false) = (global.start, global.is_mutable) {
                    self.symbols.push((export.name, start));
                }
            }
            ExternalKind::Memory if self.memory.export.is_none() => self.memory.export = Some(export.name.into()),
            _ => {}
        }
    }

    /// The value of a constant expression, if it is an i32 that is known; notes functions of which references are made.
    fn constant(&mut self, expression: &ConstExpr<'a>) -> Result<Option<i32>, BinaryReaderError> {
        let mut stack = Vec::new();
        for operator in expression.get_operators_reader() {
            let mut binary = |operation: fn(i32, i32) -> i32| {
                let (right, left) = (stack.pop().flatten(), stack.pop().flatten());
                Some(operation(left?, right?))
            };
            let value = match operator? {
                Operator::I32Const { value } => Some(value),
                Operator::I32Add => binary(i32::wrapping_add),
                Operator::I32Sub => binary(i32::wrapping_sub),
                Operator::I32Mul => binary(i32::wrapping_mul),
                Operator::GlobalGet { global_index } => {
                    let global = &self.globals[global_index as usize];
                    global.start.filter(|_| !global.is_mutable)
                }
                Operator::RefFunc { function_index } => {
                    self.entries.insert(function_index);
                    None
                }
                Operator::I64Add | Operator::I64Sub | Operator::I64Mul => {
                    stack.truncate(stack.len().saturating_sub(2));
                    None
                }
                Operator::End => break,
                _ => None,
            };
            stack.push(value);
        }
        Ok(stack.pop().flatten())
    }

    /// Notes what a body does to globals and to the memory's size, and references that it makes.
    fn body(&mut self, body: FunctionBody<'a>) -> Result<(), BinaryReaderError> {
        let func = self.imported_funcs + self.bodies.len() as u32;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            let place = Place { func, offset };
            match operator {
                Operator::MemorySize { .. } => self.sizes.push(place),
                Operator::MemoryGrow { .. } => self.grows.push(place),
                Operator::GlobalSet { global_index } => self.globals[global_index as usize].is_set = true,
                Operator::RefFunc { function_index } => {
                    self.entries.insert(function_index);
                }
                _ => {}
            }
        }
        self.bodies.push(body);
        Ok(())
    }

    /// Names of functions; where the section is damaged, which is allowed, those before.
    fn read_names(&mut self, names: NameSectionReader<'a>) {
        for name in names.into_iter().map_while(Result::ok) {
            if let Name::Function(map) = name {
                self.names.extend(map.into_iter().map_while(Result::ok).map(|naming| (naming.index, naming.name)));
            }
        }
    }

    /// The function's type.
    pub fn func_type(&self, func: u32) -> &FuncType {
        self.type_at(self.funcs[func as usize])
    }

    /// The function type of this index.
    pub fn type_at(&self, ty: u32) -> &FuncType {
        match &self.types[ty as usize].composite_type.inner {
            CompositeInnerType::Func(ty) => ty,
            _ => unreachable!("valid modules use function types where this is asked"),
        }
    }

    /// What a symbol of the linker is, if it is exported: `__heap_base`, `__data_end`.
    pub fn symbol(&self, name: &str) -> Option<u32> {
        self.symbols.iter().find(|(known, _)| *known == name).map(|(_, value)| *value as u32)
    }

    /// Which global may be the stack pointer: the first i32 that is this module's alone and changes.
    pub fn stack_pointer(&self) -> Option<u32> {
        let is_one = |global: &Global| {
            !global.is_imported && !global.is_exported && global.is_mutable && global.is_set && global.start.is_some()
        };
        self.globals.iter().position(is_one).map(|index| index as u32)
    }

    /// A place in words: `offset 0x1c of function 3 "main"`.
    pub fn show(&self, place: Place) -> String {
        let name = self.names.iter().find(|(func, _)| *func == place.func);
        let name = name.map_or(String::new(), |(_, name)| format!(" {name:?}"));
        format!("offset {:#x}, in function {}{name}", place.offset, place.func)
    }
}
