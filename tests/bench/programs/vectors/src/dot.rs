//! Dot products of 1,024 f32, n × 1,000 of them, in four sums as a vector has lanes.

/// How many numbers a product is of.
const LENGTH: usize = 1024;

#[cfg(target_feature = "simd128")]
fn dot(a: &[f32; LENGTH], b: &[f32; LENGTH]) -> f32 {
    use core::arch::wasm32::{f32x4, f32x4_add, f32x4_extract_lane, f32x4_mul, f32x4_splat};
    let vector = |lanes: &[f32]| f32x4(lanes[0], lanes[1], lanes[2], lanes[3]);
    let pairs = a.chunks_exact(4).zip(b.chunks_exact(4));
    let sums = pairs.fold(f32x4_splat(0.0), |sums, (a, b)| f32x4_add(sums, f32x4_mul(vector(a), vector(b))));
    let [first, second] = [
        f32x4_extract_lane::<0>(sums) + f32x4_extract_lane::<2>(sums),
        f32x4_extract_lane::<1>(sums) + f32x4_extract_lane::<3>(sums),
    ];
    first + second
}

#[cfg(not(target_feature = "simd128"))]
fn dot(a: &[f32; LENGTH], b: &[f32; LENGTH]) -> f32 {
    let mut sums = [0.0; 4];
    for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    (sums[0] + sums[2]) + (sums[1] + sums[3])
}

pub fn run(n: i32) -> u64 {
    let (mut a, mut b) = ([0.0; LENGTH], [0.0; LENGTH]);
    for i in 0..LENGTH {
        a[i] = (i * 7 % 31) as f32 * 0.125 - 1.5;
        b[i] = (i * 5 % 29) as f32 * 0.0625 - 0.75;
    }
    let mut sum = 0;
    for round in 0..n as usize * 1000 {
        // Another product each time, so that none may be left out.
        a[round % LENGTH] += 0.5;
        sum = crate::fold(sum, dot(&a, &b).to_bits().into());
    }
    sum
}
