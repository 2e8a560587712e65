//! The one error type: a pointer wide, with a kind to match on and, if a guest was running, its backtrace.

use super::{Trap, backtrace::Backtrace};
use alloc::{boxed::Box, string::String};
use core::{any::Any, fmt};

/// Why something did not succeed.
///
/// Displayed, the first line is the message; a backtrace follows in further lines.
///
/// ```
/// use sheave::{Error, TrapCode};
///
/// let error = Error::new("no such sensor");
/// assert_eq!(error.to_string(), "no such sensor");
/// assert_eq!(Error::from(TrapCode::Unreachable).as_trap_code(), Some(TrapCode::Unreachable));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    backtrace: Option<Backtrace>,
}

const _: () = assert!(size_of::<Error>() == size_of::<usize>());

/// An error of the host that passes through a guest unchanged.
///
/// ```
/// use sheave::{Error, errors::HostError};
///
/// #[derive(Debug)]
/// struct Busy(u8);
/// impl std::fmt::Display for Busy {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         write!(f, "bus {} is busy", self.0)
///     }
/// }
/// impl HostError for Busy {}
///
/// let error = Error::host(Busy(3));
/// assert_eq!(error.downcast_ref::<Busy>().unwrap().0, 3);
/// ```
pub trait HostError: 'static + fmt::Display + fmt::Debug + Any + Send + Sync {}

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The guest was stopped.
    TrapCode(Trap),
    /// A message of the host.
    Message(Box<str>),
    /// The guest asked to exit with this status.
    I32ExitStatus(i32),
    /// An error of the host.
    Host(Box<dyn HostError>),
    /// A module or image was refused.
    Module(sheave_interp::error::Error),
    /// A module could not be instantiated.
    Instantiation(InstantiationError),
    /// A linker lacks a definition, or has it already.
    Linker(LinkerError),
    /// A memory operation of the host failed.
    Memory(MemoryError),
    /// A table operation of the host failed.
    Table(TableError),
    /// A global operation of the host failed.
    Global(GlobalError),
    /// A function was called with other types than its own.
    Func(FuncError),
    /// Fuel is not metered.
    Fuel(FuelError),
    /// Guests cannot be observed.
    Observe(ObserveError),
    /// An exception that nobody has caught yet; it is in the store.
    #[cfg(feature = "exceptions")]
    Exception(super::ThrownException),
}

impl Error {
    /// An error with a message of the host's.
    #[cold]
    pub fn new(message: impl Into<String>) -> Error {
        ErrorKind::Message(message.into().into_boxed_str()).into()
    }

    /// An error of the host's, to be got back with [`Error::downcast_ref`].
    #[cold]
    pub fn host(error: impl HostError) -> Error {
        ErrorKind::Host(Box::new(error)).into()
    }

    /// The guest's wish to exit.
    #[cold]
    pub fn i32_exit(status: i32) -> Error {
        ErrorKind::I32ExitStatus(status).into()
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.inner.kind
    }

    /// The trap, if it is one.
    pub fn as_trap(&self) -> Option<Trap> {
        match self.kind() {
            ErrorKind::TrapCode(trap) => Some(*trap),
            _ => None,
        }
    }

    /// The trap, if it is one.
    pub fn as_trap_code(&self) -> Option<Trap> {
        self.as_trap()
    }

    /// The status that the guest asked to exit with, if it did.
    pub fn i32_exit_status(&self) -> Option<i32> {
        match self.kind() {
            ErrorKind::I32ExitStatus(status) => Some(*status),
            _ => None,
        }
    }

    /// The guest's frames when it was stopped, if one was running.
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.inner.backtrace.as_ref()
    }

    /// The host's error, if it is one of this type.
    pub fn downcast_ref<E: HostError>(&self) -> Option<&E> {
        match self.kind() {
            ErrorKind::Host(error) => (&**error as &dyn Any).downcast_ref(),
            _ => None,
        }
    }

    /// The host's error for changing, if it is one of this type.
    pub fn downcast_mut<E: HostError>(&mut self) -> Option<&mut E> {
        match &mut self.inner.kind {
            ErrorKind::Host(error) => (&mut **error as &mut dyn Any).downcast_mut(),
            _ => None,
        }
    }

    /// The host's error itself, if it is one of this type.
    pub fn downcast<E: HostError>(self) -> Option<E> {
        match self.inner.kind {
            ErrorKind::Host(error) => (error as Box<dyn Any>).downcast().ok().map(|error| *error),
            _ => None,
        }
    }

    /// The same error with a backtrace, unless it has one.
    #[cold]
    pub(crate) fn with_backtrace(mut self, backtrace: impl FnOnce() -> Backtrace) -> Error {
        self.inner.backtrace.get_or_insert_with(backtrace);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.kind.fmt(f)?;
        self.inner.backtrace.as_ref().map_or(Ok(()), |backtrace| write!(f, "\n{backtrace}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.inner.kind)?;
        self.inner.backtrace.as_ref().map_or(Ok(()), |backtrace| write!(f, "\n{backtrace}"))
    }
}

impl core::error::Error for Error {}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::TrapCode(trap) => trap.fmt(f),
            ErrorKind::Message(message) => f.write_str(message),
            ErrorKind::I32ExitStatus(status) => write!(f, "exit with status {status}"),
            ErrorKind::Host(error) => error.fmt(f),
            ErrorKind::Module(error) => error.fmt(f),
            ErrorKind::Instantiation(error) => error.fmt(f),
            ErrorKind::Linker(error) => error.fmt(f),
            ErrorKind::Memory(error) => error.fmt(f),
            ErrorKind::Table(error) => error.fmt(f),
            ErrorKind::Global(error) => error.fmt(f),
            ErrorKind::Func(error) => error.fmt(f),
            ErrorKind::Fuel(error) => error.fmt(f),
            ErrorKind::Observe(error) => error.fmt(f),
            #[cfg(feature = "exceptions")]
            ErrorKind::Exception(error) => error.fmt(f),
        }
    }
}

impl From<ErrorKind> for Error {
    #[cold]
    fn from(kind: ErrorKind) -> Error {
        Error { inner: Box::new(Inner { kind, backtrace: None }) }
    }
}

impl<E: HostError> From<E> for Error {
    #[cold]
    fn from(error: E) -> Error {
        Error::host(error)
    }
}

macro_rules! into_error { ($($variant:ident($ty:ty),)*) => { $(
    impl From<$ty> for Error {
        #[cold]
        fn from(error: $ty) -> Error {
            ErrorKind::$variant(error).into()
        }
    }
)* } }
into_error! {
    TrapCode(Trap), Instantiation(InstantiationError), Linker(LinkerError), Memory(MemoryError), Table(TableError),
    Global(GlobalError), Func(FuncError), Fuel(FuelError), Observe(ObserveError),
}

impl From<sheave_interp::error::Error> for Error {
    #[cold]
    fn from(error: sheave_interp::error::Error) -> Error {
        use sheave_interp::error::ErrorKind as Kind;
        match error.kind() {
            Kind::Trap(trap) => ErrorKind::TrapCode(trap),
            Kind::Link(what) => {
                let message = error.detail().unwrap_or(what).into();
                ErrorKind::Instantiation(InstantiationError::ImportTypeMismatch { message })
            }
            _ => ErrorKind::Module(error),
        }
        .into()
    }
}

impl From<sheave_interp::store::OutOfMemory> for Error {
    #[cold]
    fn from(error: sheave_interp::store::OutOfMemory) -> Error {
        sheave_interp::error::Error::from(error).into()
    }
}

macro_rules! messages { ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $text:literal,)* })*) => { $(
    $(#[$doc])*
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    #[non_exhaustive]
    pub enum $name {
        $($(#[$variant_doc])* $variant,)*
    }

    impl fmt::Display for $name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                $($name::$variant => $text,)*
            })
        }
    }

    impl core::error::Error for $name {}
)* } }

messages! {
    /// Why the host could not do something to a memory.
    MemoryError {
        /// Beyond the end.
        OutOfBoundsAccess "out of bounds memory access",
        /// Beyond the maximum, or refused by the limiter, or no room.
        OutOfBoundsGrowth "memory cannot grow so far",
        /// A type that no memory can have.
        InvalidMemoryType "invalid memory type",
    }
    /// Why the host could not do something to a table.
    TableError {
        /// A reference of another type than the elements'.
        ElementTypeMismatch "reference of another type than the table's elements",
        /// Beyond the maximum, or refused by the limiter, or no room.
        GrowOutOfBounds "table cannot grow so far",
        /// Beyond the end.
        SetOutOfBounds "out of bounds table access",
        /// Beyond the end of one of the tables.
        CopyOutOfBounds "out of bounds table copy",
        /// Beyond the end.
        FillOutOfBounds "out of bounds table fill",
    }
    /// Why the host could not set a global.
    GlobalError {
        /// It is constant.
        ImmutableWrite "global is immutable",
        /// A value of another type than the global's.
        TypeMismatch "value of another type than the global's",
    }
    /// Why a function could not be called.
    FuncError {
        /// The parameters do not have its types.
        MismatchingParameterType "parameter of another type than the function's",
        /// Their number is another one.
        MismatchingParameterLen "number of parameters differs from the function's",
        /// The results do not have its types.
        MismatchingResultType "result of another type than the function's",
        /// Their number is another one.
        MismatchingResultLen "number of results differs from the function's",
        /// A reference belongs to another store.
        ForeignReference "reference of another store",
    }
    /// Why fuel could not be read or set.
    FuelError {
        /// The engine's configuration does not ask for it.
        FuelMeteringDisabled "fuel is not metered: see `Config::consume_fuel`",
    }
    /// Why guests cannot be counted or sampled.
    ObserveError {
        /// Only tail dispatch can be observed, which is what optimised builds for x86-64 and AArch64 have.
        LoopDispatch "this build of Sheave cannot observe: loop dispatch",
        /// One excludes the other.
        BothAtOnce "a store's guests are counted or sampled, not both at once",
    }
    /// A limiter's wish to stop the guest.
    LimiterError {
        /// Growth is denied, and the guest shall not go on.
        ResourceLimiterDeniedAllocation "resource limiter denied growth",
    }
}

/// Why a module could not be instantiated.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum InstantiationError {
    /// The number of imports given is another one.
    MismatchedNumberOfImports {
        /// What the module asks for.
        expected: usize,
        /// What was given.
        actual: usize,
    },
    /// An import has another type than asked for.
    ImportTypeMismatch {
        /// Names the import and both types.
        message: Box<str>,
    },
    /// The module has a start function where none is allowed.
    UnexpectedStartFn {
        /// Its index.
        index: u32,
    },
    /// The limiter allows no more instances.
    TooManyInstances,
    /// The limiter allows no more tables.
    TooManyTables,
    /// The limiter allows no more memories.
    TooManyMemories,
}

impl fmt::Display for InstantiationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstantiationError::MismatchedNumberOfImports { expected, actual } => {
                write!(f, "number of imports: expected {expected}, found {actual}")
            }
            InstantiationError::ImportTypeMismatch { message } => f.write_str(message),
            InstantiationError::UnexpectedStartFn { index } => write!(f, "unexpected start function {index}"),
            InstantiationError::TooManyInstances => f.write_str("too many instances"),
            InstantiationError::TooManyTables => f.write_str("too many tables"),
            InstantiationError::TooManyMemories => f.write_str("too many memories"),
        }
    }
}

impl core::error::Error for InstantiationError {}

/// What is wrong with a name in a linker.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LinkerError {
    /// It is defined already.
    DuplicateDefinition {
        /// Name of the module.
        module: Box<str>,
        /// Name in the module.
        name: Box<str>,
    },
    /// A module imports it, and it is not defined.
    MissingDefinition {
        /// Name of the module.
        module: Box<str>,
        /// Name in the module.
        name: Box<str>,
        /// What the importing module expects, in words.
        expected: Box<str>,
    },
    /// A module imports it as something of another type.
    InvalidTypeDefinition {
        /// Name of the module.
        module: Box<str>,
        /// Name in the module.
        name: Box<str>,
        /// What the importing module expects, in words.
        expected: Box<str>,
        /// What is defined, in words.
        found: Box<str>,
    },
    /// A module of this name is not defined.
    UnknownModule {
        /// Name of the module.
        module: Box<str>,
    },
}

impl fmt::Display for LinkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkerError::DuplicateDefinition { module, name } => {
                write!(f, "{module:?}.{name:?} is defined already")
            }
            LinkerError::MissingDefinition { module, name, expected } => {
                write!(f, "unknown import: {module:?}.{name:?}: expected {expected}, found nothing")
            }
            LinkerError::InvalidTypeDefinition { module, name, expected, found } => {
                write!(f, "import {module:?}.{name:?}: expected {expected}, found {found}")
            }
            LinkerError::UnknownModule { module } => write!(f, "nothing is defined in module {module:?}"),
        }
    }
}

impl core::error::Error for LinkerError {}
