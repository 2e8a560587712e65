//! Capabilities: one small trait for each thing a guest can be granted. They know nothing of Wasm or of Sheave.
//!
//! Every trait has one required method; the others have a default, mostly [`ErrorKind::Unsupported`], so a board
//! implements what it has. All are object safe and share one error type, because a context holds them as `dyn`
//! objects, borrowed where there is no allocator. They are `Send` so that a store that holds them is.

pub mod clock;
pub mod error;
pub mod fs;
pub mod random;
pub mod stdio;

pub use clock::{Clock, Sleep};
pub use error::{ErrorKind, Result};
pub use fs::{DirEntry, FileSystem, FileType, Node, OpenOptions, SetTime, Stat};
pub use random::Random;
pub use stdio::{InputStream, OutputStream};
