//! A broken rule of the verifier, in words. `no_broken.rs` takes the place of this file in builds without feature `messages`.

/// What breaks a rule.
#[derive(Clone, Copy)]
pub(super) struct Broken(&'static str);

impl Broken {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        self.0
    }
}

impl From<&'static str> for Broken {
    #[inline(always)]
    fn from(words: &'static str) -> Broken {
        Broken(words)
    }
}
