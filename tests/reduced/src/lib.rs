//! Modules as images, each of which needs a feature of Sheave, for `tests/refusals.rs`. Made by `build.rs`, since a build that lacks features
//! translates nothing.

#![no_std]

use sheave::include_image;

/// Name, what this build lacks of the features that it needs, and the image. Each exports `run`, which gives 7.
pub static GUESTS: &[(&str, &[&str], &[u8])] = include!(concat!(env!("OUT_DIR"), "/guests.rs"));
