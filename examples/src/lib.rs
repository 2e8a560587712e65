//! Examples of embedding Sheave, one idea a file, beside `Cargo.toml`. Read them in this order:
//!
//! `hello` translates and calls; `host_func` lets a guest call the host; `linking` joins instances; `fuel` bounds what a
//! guest does; `resume` lets a call wait for the host; `image` keeps the translated module in a file;
//! `no_alloc` runs one without an allocator, as on a microcontroller.
