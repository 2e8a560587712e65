//! What an engine does: Wasm features, what code checks while it runs, sizes.

use sheave_interp::{image::Features, store::limits::Limits};

/// Features that are on unless switched off: all that Sheave supports.
const DEFAULT_FEATURES: Features = Features::MUTABLE_GLOBAL
    .with(Features::SATURATING_FLOAT_TO_INT)
    .with(Features::SIGN_EXTENSION)
    .with(Features::MULTI_VALUE)
    .with(Features::BULK_MEMORY)
    .with(Features::REFERENCE_TYPES)
    .with(Features::TAIL_CALL)
    .with(Features::EXTENDED_CONST)
    .with(Features::MULTI_MEMORY)
    .with(Features::MEMORY64)
    .with(Features::THREADS)
    .with(Features::CUSTOM_PAGE_SIZES)
    .with(Features::WIDE_ARITHMETIC)
    .with(Features::SIMD)
    .with(Features::RELAXED_SIMD)
    .with(Features::FUNCTION_REFERENCES)
    .with(Features::GC)
    .with(Features::EXCEPTIONS)
    .with(Features::FLOATS);

/// What structs, arrays and exceptions of a store may take. The memory is taken as they need it.
#[cfg(feature = "objects")]
const OBJECTS_BYTES: usize = if cfg!(target_pointer_width = "64") { 256 << 20 } else { 256 << 10 };

/// When functions are translated, and validated before. Images are always whole.
///
/// ```
/// use sheave::{CompilationMode, Config, Engine, Instance, Module, Store};
///
/// let mut config = Config::default();
/// config.compilation_mode(CompilationMode::Lazy);
/// let mut store = Store::new(&Engine::new(&config), ());
/// # #[cfg(feature = "wat")] {
/// let text = r#"(module
///     (func (export "good") (result i32) (i32.const 7))
///     (func (export "bad") (result i32) (i64.const 7)))"#;
/// let module = Module::new(store.engine(), text)?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let good = instance.get_typed_func::<(), i32>(&store, "good")?;
/// assert_eq!(good.call(&mut store, ())?, 7);
/// // This one is not valid, which shows when it is called.
/// let bad = instance.get_typed_func::<(), i32>(&store, "bad")?;
/// assert!(bad.call(&mut store, ()).unwrap_err().to_string().contains("type mismatch"));
/// # }
/// # Ok::<(), sheave::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CompilationMode {
    /// When the module is made.
    #[default]
    Eager,
    /// Validated when the module is made, translated when they are first called.
    LazyTranslation,
    /// Validated and translated when they are first called: a call of an invalid function fails with the error that
    /// [`Module::new`](crate::Module::new) would have given.
    Lazy,
}

/// Settings of an [`Engine`](crate::Engine).
///
/// ```
/// use sheave::{Config, Engine};
///
/// let mut config = Config::default();
/// config.consume_fuel(true).wasm_tail_call(false);
/// let engine = Engine::new(&config);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub(crate) features: Features,
    pub(crate) consume_fuel: bool,
    pub(crate) interruptible: bool,
    pub(crate) canonicalize_nans: bool,
    pub(crate) debug_names: bool,
    pub(crate) fusion: bool,
    pub(crate) superinstructions: bool,
    pub(crate) base_level: bool,
    pub(crate) compilation_mode: CompilationMode,
    pub(crate) limits: Limits,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            features: DEFAULT_FEATURES,
            consume_fuel: false,
            interruptible: false,
            canonicalize_nans: false,
            debug_names: true,
            fusion: true,
            superinstructions: true,
            base_level: false,
            compilation_mode: CompilationMode::Eager,
            limits: Limits {
                #[cfg(feature = "objects")]
                objects_bytes: OBJECTS_BYTES,
                ..Limits::default()
            },
        }
    }
}

macro_rules! toggles { ($($(#[$doc:meta])* $name:ident => $feature:ident,)*) => { $(
    $(#[$doc])*
    pub fn $name(&mut self, enable: bool) -> &mut Config {
        self.features =
            if enable { self.features.with(Features::$feature) } else { self.features.without(Features::$feature) };
        self
    }
)* } }

impl Config {
    /// The default settings: all supported features, no fuel, not interruptible.
    pub fn new() -> Config {
        Config::default()
    }

    toggles! {
        /// Whether mutable globals can be imported and exported. Default: true.
        wasm_mutable_global => MUTABLE_GLOBAL,
        /// The operators `i32.trunc_sat_f32_s` and their like. Default: true.
        wasm_saturating_float_to_int => SATURATING_FLOAT_TO_INT,
        /// The operators `i32.extend8_s` and their like. Default: true.
        wasm_sign_extension => SIGN_EXTENSION,
        /// Several results and block parameters. Default: true.
        wasm_multi_value => MULTI_VALUE,
        /// The operators `memory.copy` and their like. Default: true.
        wasm_bulk_memory => BULK_MEMORY,
        /// References as values and several tables. Default: true.
        wasm_reference_types => REFERENCE_TYPES,
        /// Tail calls. Default: true.
        wasm_tail_call => TAIL_CALL,
        /// Arithmetic in constant expressions. Default: true.
        wasm_extended_const => EXTENDED_CONST,
        /// Several memories. Default: true.
        wasm_multi_memory => MULTI_MEMORY,
        /// Memories with pages of one byte. Default: true.
        wasm_custom_page_sizes => CUSTOM_PAGE_SIZES,
        /// Memories with 64-bit addresses, tables with 64-bit indices. Default: true.
        wasm_memory64 => MEMORY64,
        /// Shared memories and atomic operators. Default: true.
        wasm_threads => THREADS,
        /// The operators `i64.add128` and their like. Default: true.
        wasm_wide_arithmetic => WIDE_ARITHMETIC,
        /// Exceptions: tags, `try_table`, `throw`. Default: true.
        wasm_exceptions => EXCEPTIONS,
        /// The types f32 and f64. Default: true.
        floats => FLOATS,
        /// Typed references to functions, and calls by them. Default: true.
        wasm_function_references => FUNCTION_REFERENCES,
        /// Structures, arrays, integers of 31 bits, casts. Default: true.
        wasm_gc => GC,
        /// Vectors of 128 bits. Default: true.
        wasm_simd => SIMD,
        /// Relaxed vector operators, which do the same on every machine here: what the specification's deterministic profile says. Default: true.
        wasm_relaxed_simd => RELAXED_SIMD,
    }

    /// Whether code charges fuel, so that a store's fuel bounds what a guest does. Default: false.
    ///
    /// Images have to be made with fuel as well; others are refused.
    pub fn consume_fuel(&mut self, enable: bool) -> &mut Config {
        self.consume_fuel = enable;
        self
    }

    /// Whether code can be stopped from outside, through [`Store::interrupt_handle`](crate::Store::interrupt_handle).
    /// Default: false.
    ///
    /// Images have to be made with signal checks as well; others are refused.
    pub fn interruptible(&mut self, enable: bool) -> &mut Config {
        self.interruptible = enable;
        self
    }

    /// Whether every NaN that an operator makes is the canonical one, so that results are the same bit for bit on every
    /// machine. Default: false.
    ///
    /// Images have to be made so as well; others are refused.
    pub fn canonicalize_nans(&mut self, enable: bool) -> &mut Config {
        self.canonicalize_nans = enable;
        self
    }

    /// Whether function names and places in the wasm are kept for backtraces. Default: true.
    pub fn debug_names(&mut self, enable: bool) -> &mut Config {
        self.debug_names = enable;
        self
    }

    /// Whether the translator may make one instruction of two operators. Default: true. Without, code is slower and larger and
    /// does the same: for tests and for finding faults.
    pub fn fusion(&mut self, enable: bool) -> &mut Config {
        self.fusion = enable;
        self
    }

    /// Whether translated code gets superinstructions, single ones for frequent sequences: faster, on hosts that have them
    /// (64-bit, optimised builds). Default: true.
    ///
    /// [`Module::image`](crate::Module::image) then is one for such hosts only; `sheave compile` makes images for all.
    pub fn superinstructions(&mut self, enable: bool) -> &mut Config {
        self.superinstructions = enable;
        self
    }

    /// Whether translated code keeps to instructions of level base, the only ones that the smallest builds for boards have. Default: false.
    /// Slower, and larger by a tenth; to be of use, superinstructions have to be off too.
    pub fn base_level(&mut self, enable: bool) -> &mut Config {
        self.base_level = enable;
        self
    }

    /// When functions are translated. Default: [`CompilationMode::Eager`].
    ///
    /// Later is better where a module is large and little of it is used: it loads in a fraction of the time. Each instance then
    /// translates for itself what it calls. See also [`Module::image`](crate::Module::image).
    pub fn compilation_mode(&mut self, mode: CompilationMode) -> &mut Config {
        self.compilation_mode = mode;
        self
    }

    /// Bytes of each store's guest stack, allocated at once. Default: 1 MiB; 16 KiB on 32-bit machines.
    ///
    /// At least 1 KiB and at most 1 GiB; other values count as the nearest of these.
    pub fn max_wasm_stack(&mut self, bytes: usize) -> &mut Config {
        self.limits.stack_bytes = bytes.clamp(1 << 10, 1 << 30).next_multiple_of(16);
        self
    }

    /// How many host functions may wait for a guest that they called, one in the other. Default: 64; 2 on 32-bit machines.
    ///
    /// Each takes native stack; guests that call each other take none.
    pub fn max_host_nesting(&mut self, calls_count: u32) -> &mut Config {
        self.limits.host_nesting = calls_count;
        self
    }

    /// The most elements of any table. Default: 10,000,000.
    pub fn max_table_elements(&mut self, elements_count: u32) -> &mut Config {
        self.limits.table_elements = elements_count;
        self
    }

    /// Bytes that structs, arrays and exceptions of a store may take, at most 4 GiB less 64 KiB. They are taken as they are needed, and given
    /// back with the store. A guest that needs more, all of it reachable, is stopped with [`Trap::OutOfHeap`](crate::Trap::OutOfHeap).
    /// Default: 256 MiB; 256 KiB on 32-bit machines.
    #[cfg(feature = "objects")]
    pub fn max_objects_bytes(&mut self, bytes: usize) -> &mut Config {
        self.limits.objects_bytes = bytes;
        self
    }

    /// Whether each allocation of a struct, array or exception collects what is not reachable, and overwrites free memory: to find mistakes in
    /// the collector, or in what a host keeps without rooting it. Hundreds of times slower. Default: false.
    #[cfg(feature = "objects")]
    pub fn collects_always(&mut self, enable: bool) -> &mut Config {
        self.limits.collects_always = enable;
        self
    }
}
