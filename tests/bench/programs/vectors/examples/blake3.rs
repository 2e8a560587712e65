//! Exports `run` of the module of this name.

bench_vectors::export!(blake3);
