//! Modules: always an image, whether it came as one or was made from Wasm here.

#[cfg(feature = "translate")]
use super::config::CompilationMode;
use super::{Engine, Error, ExternType, sync::Arc, types::Owner};
use alloc::vec::Vec;
use core::{fmt, mem};
use sheave_interp::{
    error::{Error as InterpError, ErrorKind},
    image::{self, Image, Options, OwnedImage},
    types::{ExternKind, FuncIndex},
};
#[cfg(feature = "translate")]
use sheave_interp::{
    isa::Level,
    translate::{self, LazyModule},
};

/// A translated and verified module. Cheap to clone.
#[derive(Clone)]
pub struct Module {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    /// Borrows from `bytes`, which stay where they are and are never changed.
    image: Image<'static>,
    bytes: Bytes,
    /// What translates functions when they are first called, if that was not done before.
    #[cfg(feature = "translate")]
    lazy: Option<LazyModule>,
}

enum Bytes {
    Owned(OwnedImage),
    Static(&'static [u8]),
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Owned(image) => image.as_bytes(),
            Bytes::Static(bytes) => bytes,
        }
    }
}

impl Module {
    /// Translates Wasm, or text with feature `wat`.
    ///
    /// # Errors
    /// `Module` if the bytes are not a valid module, or need a feature that is off or not supported, or reach a limit.
    #[cfg(feature = "translate")]
    pub fn new(engine: &Engine, wasm: impl AsRef<[u8]>) -> Result<Module, Error> {
        let wasm = super::text::to_wasm(wasm.as_ref())?;
        let config = engine.config();
        let config = translate::Config {
            features: config.features,
            signal: config.interruptible,
            fuel: config.consume_fuel,
            canonicalize_nans: config.canonicalize_nans,
            debug_names: config.debug_names,
            fusion: config.fusion,
            rodata: None,
            superinstructions: config.superinstructions,
            level: if config.base_level { Level::Base } else { Level::Full },
        };
        let (image, lazy) = match engine.config().compilation_mode {
            CompilationMode::Eager => (translate::translate(&wasm, &config)?, None),
            mode => {
                let validates = mode == CompilationMode::LazyTranslation;
                let (image, lazy) = translate::translate_lazily(&wasm, &config, validates)?;
                (image, Some(lazy))
            }
        };
        let image = Bytes::Owned(OwnedImage::from_vec(image)?);
        let mut inner = Module::read(engine, image, |bytes| Image::parse_fresh(bytes))?;
        // What the translator just made is trusted as its code is; test and fuzz builds look again.
        if cfg!(debug_assertions) && lazy.is_none() {
            image::verify(&inner.image)?;
        }
        inner.lazy = lazy;
        Ok(Module { inner: Arc::new(inner) })
    }

    /// Translates a function of a module that does so when they are first called.
    #[cfg(feature = "translate")]
    pub(crate) fn lazy_func(&self, index: FuncIndex) -> Result<image::LazyFunc, Error> {
        let Some(lazy) = &self.inner.lazy else {
            return Err(
                InterpError::new(ErrorKind::Unsupported("stubs in an image that is not the module's own")).into()
            );
        };
        Ok(lazy.func(index)?)
    }

    /// Whether bytes are a valid module for this engine, without translating them.
    ///
    /// # Errors
    /// As [`Module::new`].
    #[cfg(feature = "translate")]
    pub fn validate(engine: &Engine, wasm: &[u8]) -> Result<(), Error> {
        let wasm = super::text::to_wasm(wasm)?;
        Ok(translate::validate(&wasm, engine.config().features)?)
    }

    /// Loads an image, as [`Module::image`] gives it or `sheave compile` writes it. It is verified: any bytes are safe.
    ///
    /// # Errors
    /// `Module` if the bytes are not an image that this build can run, or it lacks what the engine's settings need.
    pub fn from_image(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        Module::from_bytes(engine, Bytes::Owned(OwnedImage::new(bytes.as_ref())?))
    }

    /// As [`Module::from_image`], of bytes that the module takes over, so that they are in memory once: where they are, if that is at a multiple of
    /// 8 or the vector has room for seven bytes more; else they are copied.
    ///
    /// # Errors
    /// As [`Module::from_image`].
    pub fn from_owned_image(engine: &Engine, bytes: Vec<u8>) -> Result<Module, Error> {
        Module::from_bytes(engine, Bytes::Owned(OwnedImage::from_vec(bytes)?))
    }

    /// As [`Module::from_image`], of an image that stays where it lies, as in flash. It begins at a multiple of 8 bytes.
    ///
    /// # Errors
    /// As [`Module::from_image`], also if it begins elsewhere.
    pub fn from_static_image(engine: &Engine, bytes: &'static [u8]) -> Result<Module, Error> {
        Module::from_bytes(engine, Bytes::Static(bytes))
    }

    fn from_bytes(engine: &Engine, bytes: Bytes) -> Result<Module, Error> {
        let inner = Module::read(engine, bytes, |bytes| Image::parse(bytes))?;
        image::verify(&inner.image)?;
        Ok(Module { inner: Arc::new(inner) })
    }

    /// Loads an image without looking at its instructions, but for whether this build has them.
    ///
    /// # Errors
    /// As [`Module::from_image`], but for the instructions.
    ///
    /// # Safety
    /// The image was made by Sheave from the same version and not changed since: wrong instructions read and write the
    /// host's memory.
    pub unsafe fn from_image_unverified(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        let inner = Module::read(engine, Bytes::Owned(OwnedImage::new(bytes.as_ref())?), |bytes| Image::parse(bytes))?;
        image::available(&inner.image)?;
        Ok(Module { inner: Arc::new(inner) })
    }

    fn read(engine: &Engine, bytes: Bytes, parse: fn(&[u8]) -> Result<Image<'_>, InterpError>) -> Result<Inner, Error> {
        let image = parse(bytes.as_slice())?;
        let config = engine.config();
        for (is_needed, option, name) in [
            (config.consume_fuel, Options::FUEL, "image made without fuel: compile it with --fuel"),
            (config.interruptible, Options::SIGNAL, "image made without signal: compile it without --no-signal"),
            (
                config.canonicalize_nans,
                Options::CANONICALIZE_NAN,
                "image made without canonical NaNs: compile it with --canonicalize-nans",
            ),
        ] {
            if is_needed && !image.options().contains(option) {
                return Err(InterpError::new(ErrorKind::Unsupported(name)).into());
            }
        }
        // SAFETY: `bytes` lives in the same allocation-sharing value as `image`, its buffer is on the heap and does not move
        // with it, and nothing changes it. The longer lifetime does not leave this module.
        let image = unsafe { mem::transmute::<Image<'_>, Image<'static>>(image) };
        Ok(Inner {
            engine: engine.clone(),
            image,
            bytes,
            #[cfg(feature = "translate")]
            lazy: None,
        })
    }

    /// The engine that the module was made with.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The bytes of the image, to be kept in a file or in flash. Of a module whose functions are translated when they are first called
    /// they are stubs, which no module is loaded from: images to be kept are made with [`CompilationMode::Eager`].
    pub fn image(&self) -> &[u8] {
        self.inner.bytes.as_slice()
    }

    pub(crate) fn parsed(&self) -> &Image<'_> {
        &self.inner.image
    }

    /// Whose the indices in types of imports and exports are.
    fn owner(&self) -> Owner {
        Owner::Module(self.parsed().checksum())
    }

    /// Name of the module, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.parsed().module_name()
    }

    /// The imports, in the module's order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let owner = self.owner();
        let imports: Vec<_> =
            self.parsed().imports().filter_map(|import| ImportType::from_raw(import, owner)).collect();
        imports.into_iter()
    }

    /// The exports, in the module's order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let image = self.parsed();
        let exports: Vec<_> = image
            .exports()
            .filter_map(|export| {
                let ty = ExternType::from_raw(image.extern_type(export.kind, export.index)?, self.owner())?;
                Some(ExportType { name: export.name, ty })
            })
            .collect();
        exports.into_iter()
    }

    /// Type of what the module exports under a name.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let export = self.parsed().export_by_name(name)?;
        ExternType::from_raw(self.parsed().extern_type(export.kind, export.index)?, self.owner())
    }

    /// The start function, if there is one.
    pub(crate) fn start(&self) -> Option<FuncIndex> {
        self.parsed().start()
    }

    /// How many things of a kind the module defines itself.
    pub(crate) fn defined_count(&self, kind: ExternKind) -> usize {
        (self.parsed().count(kind) - self.parsed().imported_count(kind)) as usize
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).field("image_bytes", &self.image().len()).finish()
    }
}

/// An import of a module.
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    module: &'a str,
    name: &'a str,
    ty: ExternType,
}

impl<'a> ImportType<'a> {
    fn from_raw(import: image::Import<'a>, owner: Owner) -> Option<ImportType<'a>> {
        Some(ImportType { module: import.module, name: import.name, ty: ExternType::from_raw(import.ty, owner)? })
    }

    /// Name of the module imported from.
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// Name of the thing imported.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Type required.
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

/// An export of a module.
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    name: &'a str,
    ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Type.
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}
