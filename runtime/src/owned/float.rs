//! Floats as bits: values pass through the host without a NaN's payload or sign being changed on the way.

macro_rules! float {
    ($name:ident, $float:ident, $bits:ident, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Compares by bits, so that a NaN equals itself and 0.0 differs from -0.0.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $name($bits);

        impl $name {
            /// The value with these bits.
            pub const fn from_bits(bits: $bits) -> $name {
                $name(bits)
            }

            /// The bits.
            pub const fn to_bits(self) -> $bits {
                self.0
            }

            /// As Rust's float.
            pub const fn to_float(self) -> $float {
                $float::from_bits(self.0)
            }

            /// From Rust's float.
            pub const fn from_float(value: $float) -> $name {
                $name(value.to_bits())
            }
        }

        impl From<$float> for $name {
            fn from(value: $float) -> $name {
                $name::from_float(value)
            }
        }

        impl From<$name> for $float {
            fn from(value: $name) -> $float {
                value.to_float()
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                if self.to_float().is_nan() { write!(f, "nan:{:#x}", self.0) } else { self.to_float().fmt(f) }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                if self.to_float().is_nan() { write!(f, "nan:{:#x}", self.0) } else { self.to_float().fmt(f) }
            }
        }
    };
}

float!(F32, f32, u32, "A 32-bit float of a guest, as its bits.");
float!(F64, f64, u64, "A 64-bit float of a guest, as its bits.");
