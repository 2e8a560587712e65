//! In the place of `broken.rs` in builds without feature `messages`: that a rule is broken, but not which. Function and place in the
//! code are known all the same, and `sheave validate` on a host says the rest.

/// Something breaks a rule.
#[derive(Clone, Copy)]
pub(super) struct Broken;

impl Broken {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        "instruction that breaks a rule"
    }
}

impl From<&'static str> for Broken {
    #[inline(always)]
    fn from(_: &'static str) -> Broken {
        Broken
    }
}
