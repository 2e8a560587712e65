//! `V128`: a vector of 128 bits, in a vector register where the target has one, and its views as lanes.
//!
//! Lane 0 is in the lowest bits, as it lies first in linear memory.

const _: () = assert!(cfg!(target_endian = "little"), "lanes are taken from a register as from memory");

/// What holds the bits.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub type Register = core::arch::x86_64::__m128i;
/// What holds the bits.
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
pub type Register = core::arch::aarch64::uint8x16_t;
/// What holds the bits.
#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
)))]
pub type Register = [u32; 4];

/// A vector of 128 bits.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct V128(pub Register);

const _: () = assert!(size_of::<V128>() == 16);

macro_rules! lanes { ($($lanes:ty),*) => { $(
    impl From<$lanes> for V128 {
        #[inline(always)]
        fn from(lanes: $lanes) -> V128 {
            // SAFETY: both are 16 bytes, and every pattern of bits is a value of both.
            unsafe { core::mem::transmute::<$lanes, V128>(lanes) }
        }
    }
    impl From<V128> for $lanes {
        #[inline(always)]
        fn from(vector: V128) -> $lanes {
            // SAFETY: as above.
            unsafe { core::mem::transmute::<V128, $lanes>(vector) }
        }
    }
)* } }
lanes!(u128, [i8; 16], [u8; 16], [i16; 8], [u16; 8], [i32; 4], [u32; 4], [i64; 2], [u64; 2], [f32; 4], [f64; 2]);

impl V128 {
    /// All bits zero.
    pub const ZERO: V128 = {
        // SAFETY: zero is a value of every such type.
        unsafe { core::mem::zeroed() }
    };
}

impl PartialEq for V128 {
    fn eq(&self, other: &V128) -> bool {
        u128::from(*self) == u128::from(*other)
    }
}

/// A vector of the same lanes, each computed from that of `a`.
#[inline(always)]
pub fn map<A: Copy, B: Copy + Default, const N: usize>(a: V128, f: impl Fn(A) -> B) -> V128
where
    [A; N]: From<V128>,
    V128: From<[B; N]>,
{
    let a = <[A; N]>::from(a);
    from_fn(|i| f(a[i]))
}

/// A vector of the same lanes, each computed from those of `a` and `b`.
#[inline(always)]
pub fn zip<A: Copy, B: Copy + Default, const N: usize>(a: V128, b: V128, f: impl Fn(A, A) -> B) -> V128
where
    [A; N]: From<V128>,
    V128: From<[B; N]>,
{
    let (a, b) = (<[A; N]>::from(a), <[A; N]>::from(b));
    from_fn(|i| f(a[i], b[i]))
}

/// A vector of lanes by their numbers. A loop over an array: the compiler makes vectors of these more often than of iterators.
#[inline(always)]
pub fn from_fn<B: Copy + Default, const N: usize>(f: impl Fn(usize) -> B) -> V128
where
    V128: From<[B; N]>,
{
    let mut lanes = [B::default(); N];
    let mut i = 0;
    while i < N {
        lanes[i] = f(i);
        i += 1;
    }
    lanes.into()
}
