//! A guest's frames in names: kept with an error, since the guest is gone by the time that it is shown.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use sheave_interp::store::{Store, limits::BACKTRACE_FRAMES};

/// A frame of a guest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameInfo {
    module: Option<Box<str>>,
    func_index: u32,
    func_name: Option<Box<str>>,
    offset: Option<u32>,
}

impl FrameInfo {
    /// Name of the module, if it has one.
    pub fn module_name(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// Index of the function in its module.
    pub fn func_index(&self) -> u32 {
        self.func_index
    }

    /// Name of the function, if the module tells it.
    pub fn func_name(&self) -> Option<&str> {
        self.func_name.as_deref()
    }

    /// Byte offset in the wasm module, if the image tells it.
    pub fn module_offset(&self) -> Option<u32> {
        self.offset
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Some(offset) => write!(f, "{offset:#8x} - ")?,
            None => f.write_str("       ? - ")?,
        }
        f.write_str(self.module_name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => write!(f, "!{name}"),
            None => write!(f, "!<wasm function {}>", self.func_index),
        }
    }
}

/// The frames of a guest when it was stopped, innermost first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backtrace {
    frames: Vec<FrameInfo>,
    is_cut: bool,
}

impl Backtrace {
    /// The frames of the guest that runs in `store`: at most 64.
    #[cold]
    pub(crate) fn capture(store: &Store) -> Backtrace {
        let mut frames = store.frames();
        let named = frames.by_ref().take(BACKTRACE_FRAMES).map(|frame| {
            let image = store.image(frame.instance);
            FrameInfo {
                module: image.module_name().map(Into::into),
                func_index: frame.func.0,
                func_name: image.func_name(frame.func).map(Into::into),
                offset: frame.wasm_offset,
            }
        });
        let named = named.collect();
        Backtrace { frames: named, is_cut: frames.next().is_some() }
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        for (i, frame) in self.frames.iter().enumerate() {
            write!(f, "\n{i:5}: {frame}")?;
        }
        if self.is_cut { f.write_str("\n       … and more") } else { Ok(()) }
    }
}
