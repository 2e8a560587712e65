//! The one table of traps: every way in which a guest can end execution abnormally.
//!
//! Numbers are for other processes to read (a device reports them to its host), so they are append-only: none is reused.
//! Zero is not a trap; `Option<Trap>` is one byte. Messages are those that the specification's test suite expects.

use core::fmt;

macro_rules! traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal $message:literal,)*) => {
        /// Why a guest was stopped.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Trap {
            $($(#[$doc])* $name = $code,)*
        }

        impl Trap {
            /// Every trap, in the order of the codes.
            pub const ALL: &'static [Trap] = &[$(Trap::$name,)*];

            /// The trap with this stable code, if there is one.
            pub const fn from_code(code: u8) -> Option<Trap> {
                match code {
                    $($code => Some(Trap::$name),)*
                    _ => None,
                }
            }

            /// The message that the specification's test suite gives this trap.
            pub const fn message(self) -> &'static str {
                match self {
                    $(Trap::$name => $message,)*
                }
            }
        }
    };
}

traps! {
    /// The `unreachable` operator was executed.
    Unreachable = 1 "unreachable",
    /// An access to a memory or a data segment beyond its end.
    MemoryOutOfBounds = 2 "out of bounds memory access",
    /// An access to a table or an element segment beyond its end.
    TableOutOfBounds = 3 "out of bounds table access",
    /// `call_indirect` with an index beyond the end of the table.
    UndefinedElement = 4 "undefined element",
    /// `call_indirect` through a null element.
    IndirectCallToNull = 5 "uninitialized element",
    /// `call_indirect` through a function of another type.
    BadSignature = 6 "indirect call type mismatch",
    /// Integer division or remainder by zero.
    IntegerDivideByZero = 7 "integer divide by zero",
    /// An integer result that does not fit its type.
    IntegerOverflow = 8 "integer overflow",
    /// Truncation of a NaN to an integer.
    BadConversionToInteger = 9 "invalid conversion to integer",
    /// The guest stack reached its limit.
    StackOverflow = 10 "call stack exhausted",
    /// The fuel that the embedder granted is used up.
    OutOfFuel = 11 "all fuel consumed by WebAssembly",
    /// The embedder asked for an interruption.
    Interrupted = 12 "interrupt",
    /// A reference that must not be null was null.
    NullReference = 13 "null reference",
    /// Host functions that call guests that call host functions were nested too deeply.
    HostNesting = 14 "host call nesting exhausted",
    /// The heap of structs, arrays and exceptions reached its limit, and all in it is alive.
    OutOfHeap = 15 "out of heap memory",
    /// `call_ref` of a null reference.
    NullFunctionReference = 16 "null function reference",
    /// An atomic access at an address that is no multiple of its width.
    UnalignedAtomic = 17 "unaligned atomic",
    /// A wait on a memory that is not shared.
    ExpectedSharedMemory = 18 "expected shared memory",
    /// A wait that nothing can end: this build, or this store, has no other threads.
    EndlessWait = 19 "atomic wait that nothing can end",
    /// A field of a null reference.
    NullStructReference = 20 "null structure reference",
    /// An element or the length of a null reference.
    NullArrayReference = 21 "null array reference",
    /// The integer of a null reference.
    NullI31Reference = 22 "null i31 reference",
    /// `ref.cast` to a type that the reference is not of.
    CastFailure = 23 "cast failure",
    /// An access to an array beyond its end.
    ArrayOutOfBounds = 24 "out of bounds array access",
}

const _: () = assert!(size_of::<Option<Trap>>() == 1);

impl Trap {
    /// The stable code of the trap, never zero.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_dense_from_one_and_round_trip() {
        for (i, trap) in Trap::ALL.iter().enumerate() {
            assert_eq!(usize::from(trap.code()), i + 1);
            assert_eq!(Trap::from_code(trap.code()), Some(*trap));
        }
        assert_eq!(Trap::from_code(0), None);
        assert_eq!(Trap::from_code(Trap::ALL.len() as u8 + 1), None);
    }
}
