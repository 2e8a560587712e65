//! In the place of `lazy.rs` where nothing is translated: instances run their images in place.

use super::{OutOfMemory, Store, backtrace::CodePlace};
use crate::image::Image;
#[cfg(feature = "exceptions")]
use crate::image::format::Handler;

impl Store {
    /// Where the code begins that an instance of this image runs: in the image.
    pub(crate) fn code_to_run(&mut self, image: &Image<'static>) -> Result<*const u16, OutOfMemory> {
        Ok(image.code().as_ptr())
    }

    /// The code that an instance runs: its image's.
    pub fn code(&self, instance: u32) -> &[u16] {
        self.image(instance).code()
    }

    /// The first handler in the function whose code holds the unit for which `is_caught` holds.
    #[cfg(feature = "exceptions")]
    pub(super) fn handler_at(&self, instance: u32, unit: u32, is_caught: impl Fn(&Handler) -> bool) -> Option<Handler> {
        let image = self.image(instance);
        image.handlers_of(&image.func_at(unit)?).find(is_caught)
    }

    /// The function whose code holds the unit.
    pub(super) fn place_at(&self, instance: u32, unit: u32) -> Option<CodePlace<'_>> {
        CodePlace::in_image(self.image(instance), unit)
    }
}
