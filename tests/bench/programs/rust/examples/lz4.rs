//! Exports `run` of the module of this name.

bench_guests::export!(lz4);
