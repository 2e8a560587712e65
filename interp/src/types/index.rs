//! One type per index space of a module, so that an index of one cannot be used in another.

macro_rules! indices {
    ($($name:ident $what:literal,)*) => {$(
        #[doc = concat!("Index of a ", $what, " in its module.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as one into a Rust slice.
            #[inline(always)]
            pub const fn to_usize(self) -> usize {
                self.0 as usize
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!($what, " {}"), self.0)
            }
        }
    )*};
}

indices! {
    TypeIndex "type",
    FuncIndex "func",
    TableIndex "table",
    MemoryIndex "memory",
    GlobalIndex "global",
    TagIndex "tag",
    DataIndex "data segment",
    ElemIndex "elem segment",
}
