//! The macro that puts an image into a program: into flash, on a microcontroller, where it runs in place.

/// The bytes of an image in a file, as a `&'static [u8]` that begins at a multiple of 8, as images must.
///
/// The path is one of `include_bytes!`: relative to the file that names it, or made with `concat!` and `env!`. The bytes become part
/// of the program, and nothing copies them: on a board they stay in flash.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// // Elsewhere: sheave compile --no-signal blink.wasm -o blink.image
/// static IMAGE: &[u8] = sheave::include_image!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
///
/// assert_eq!(IMAGE.as_ptr().addr() % 8, 0);
/// // What the file holds is looked at when the image is loaded: any bytes are safe.
/// let error = sheave::arena::Module::from_image(IMAGE).unwrap_err();
/// assert_eq!(error.to_string(), "bad image: not an image");
/// # }
/// ```
#[macro_export]
macro_rules! include_image {
    ($path:expr $(,)?) => {{
        #[repr(C, align(8))]
        struct Aligned<Bytes: ?Sized>(Bytes);
        const IMAGE: &Aligned<[u8]> = &Aligned(*::core::include_bytes!($path));
        const BYTES: &[u8] = &IMAGE.0;
        BYTES
    }};
}
