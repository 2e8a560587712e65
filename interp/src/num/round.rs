//! Rounding to an integral float, and the square root: the only float operations that `core` does not offer on stable.
//!
//! Where the target has rounding instructions and std is there to reach them, those are used. Elsewhere rounding is done by
//! adding and subtracting 2^(mantissa bits), which needs no library call, so that a handler stays free of calls. Both ways
//! quiet NaNs. The square root comes from std, which compiles to an instruction where there is one, or from libm.

macro_rules! rounding {
    ($float:ident, $module:ident, $libm_sqrt:path) => {
        pub(super) mod $module {
            /// Every float of this magnitude or above is integral.
            #[cfg(any(test, not(all(feature = "std", any(target_arch = "aarch64", target_feature = "sse4.1")))))]
            pub mod portable {
                const INTEGRAL: $float = (1_u64 << ($float::MANTISSA_DIGITS - 1)) as $float;

                /// Applies `round` to the magnitude of a float that may have a fraction, and keeps the sign.
                #[inline(always)]
                fn rounded(x: $float, round: impl Fn($float, $float) -> $float) -> $float {
                    let magnitude = x.abs();
                    if magnitude < INTEGRAL {
                        // The default rounding mode of every target is to nearest, ties to even.
                        round(magnitude, (magnitude + INTEGRAL) - INTEGRAL).copysign(x)
                    } else if x.is_nan() {
                        x + x
                    } else {
                        x
                    }
                }

                #[cfg_attr(compact, inline(never))]
                #[cfg_attr(not(compact), inline(always))]
                pub fn nearest(x: $float) -> $float {
                    rounded(x, |_, nearest| nearest)
                }

                #[cfg_attr(compact, inline(never))]
                #[cfg_attr(not(compact), inline(always))]
                pub fn trunc(x: $float) -> $float {
                    rounded(x, |x, nearest| if nearest > x { nearest - 1.0 } else { nearest })
                }

                #[inline(always)]
                pub fn ceil(x: $float) -> $float {
                    if x.is_sign_negative() { trunc(x) } else { away(x) }
                }

                #[inline(always)]
                pub fn floor(x: $float) -> $float {
                    if x.is_sign_negative() { away(x) } else { trunc(x) }
                }

                /// Rounds away from zero.
                #[cfg_attr(compact, inline(never))]
                #[cfg_attr(not(compact), inline(always))]
                fn away(x: $float) -> $float {
                    rounded(x, |x, nearest| if nearest < x { nearest + 1.0 } else { nearest })
                }
            }

            #[cfg(not(all(feature = "std", any(target_arch = "aarch64", target_feature = "sse4.1"))))]
            pub use portable::{ceil, floor, nearest, trunc};

            #[cfg(all(feature = "std", any(target_arch = "aarch64", target_feature = "sse4.1")))]
            mod instruction {
                #[inline(always)]
                pub fn nearest(x: $float) -> $float {
                    x.round_ties_even()
                }

                #[inline(always)]
                pub fn trunc(x: $float) -> $float {
                    x.trunc()
                }

                #[inline(always)]
                pub fn ceil(x: $float) -> $float {
                    x.ceil()
                }

                #[inline(always)]
                pub fn floor(x: $float) -> $float {
                    x.floor()
                }
            }
            #[cfg(all(feature = "std", any(target_arch = "aarch64", target_feature = "sse4.1")))]
            pub use instruction::{ceil, floor, nearest, trunc};

            #[cfg(feature = "std")]
            #[inline(always)]
            pub fn sqrt(x: $float) -> $float {
                x.sqrt()
            }

            #[cfg(not(feature = "std"))]
            #[inline(always)]
            pub fn sqrt(x: $float) -> $float {
                $libm_sqrt(x)
            }
        }
    };
}

#[cfg(any(test, feature = "std"))]
extern crate std;

rounding!(f32, single, libm::sqrtf);
rounding!(f64, double, libm::sqrt);

#[cfg(test)]
mod tests {
    use super::{double, single};

    fn same32(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
    }

    fn same64(a: f64, b: f64) -> bool {
        a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
    }

    #[test]
    fn portable_rounding_is_that_of_std() {
        use single::portable as p;
        // A stride prime to 2^32 visits every exponent with many mantissas.
        for i in 0..1_000_000_u32 {
            let x = f32::from_bits(i.wrapping_mul(2_654_435_761));
            assert!(same32(p::nearest(x), x.round_ties_even()), "nearest {x}");
            assert!(same32(p::trunc(x), x.trunc()), "trunc {x}");
            assert!(same32(p::ceil(x), x.ceil()), "ceil {x}");
            assert!(same32(p::floor(x), x.floor()), "floor {x}");
        }
        use double::portable as q;
        for i in 0..1_000_000_u64 {
            let x = f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert!(same64(q::nearest(x), x.round_ties_even()), "nearest {x}");
            assert!(same64(q::trunc(x), x.trunc()), "trunc {x}");
            assert!(same64(q::ceil(x), x.ceil()), "ceil {x}");
            assert!(same64(q::floor(x), x.floor()), "floor {x}");
        }
        for i in -4000..4000 {
            let x = f64::from(i) / 8.0;
            assert!(same64(q::nearest(x), x.round_ties_even()), "nearest {x}");
            assert!(same64(q::ceil(x), x.ceil()), "ceil {x}");
            assert!(same64(q::floor(x), x.floor()), "floor {x}");
        }
    }

    #[test]
    fn rounding_quiets_nan() {
        let signalling = f32::from_bits(0x7fa0_0000);
        for round in [single::nearest, single::trunc, single::ceil, single::floor, single::sqrt] {
            assert_eq!(round(core::hint::black_box(signalling)).to_bits() & 0x0040_0000, 0x0040_0000);
        }
    }
}
