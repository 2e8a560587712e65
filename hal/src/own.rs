//! Owned or borrowed: the one place that knows whether there is an allocator. With feature `alloc` a context may own
//! its capability objects and strings; without, it borrows all of them. Both have the same interface.

use core::ops::{Deref, DerefMut};

#[cfg(feature = "alloc")]
use alloc::{borrow::Cow, boxed::Box, string::String, vec::Vec};

/// A string that is borrowed or, with `alloc`, owned.
#[cfg(feature = "alloc")]
pub type Text<'a> = Cow<'a, str>;
/// A string that is borrowed.
#[cfg(not(feature = "alloc"))]
pub type Text<'a> = &'a str;

/// A capability object, borrowed or owned. Made from `&mut object` or, with `alloc`, from a box.
pub enum Object<'a, T: ?Sized> {
    /// Lent by the embedding.
    Borrowed(&'a mut T),
    /// Given away by the embedding.
    #[cfg(feature = "alloc")]
    Owned(Box<T>),
}

impl<T: ?Sized> Deref for Object<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Object::Borrowed(object) => object,
            #[cfg(feature = "alloc")]
            Object::Owned(object) => object,
        }
    }
}

impl<T: ?Sized> DerefMut for Object<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Object::Borrowed(object) => object,
            #[cfg(feature = "alloc")]
            Object::Owned(object) => object,
        }
    }
}

/// `From<&mut C>` and `From<C>` for the objects of one capability trait. One list, next to the traits' names.
macro_rules! objects {
    ($($capability:ident),*) => {$(
        impl<'a, C: crate::cap::$capability + 'a> From<&'a mut C> for Object<'a, dyn crate::cap::$capability + 'a> {
            fn from(object: &'a mut C) -> Self {
                Object::Borrowed(object)
            }
        }

        #[cfg(feature = "alloc")]
        impl<'a, C: crate::cap::$capability + 'a> From<Box<C>> for Object<'a, dyn crate::cap::$capability + 'a> {
            fn from(object: Box<C>) -> Self {
                Object::Owned(object)
            }
        }
    )*};
}

objects!(Clock, FileSystem, InputStream, OutputStream, Random, Sleep);

/// A list of strings: borrowed, and with `alloc` followed by owned ones.
#[derive(Default)]
pub(crate) struct Strings<'a> {
    borrowed: &'a [&'a str],
    #[cfg(feature = "alloc")]
    owned: Vec<String>,
}

impl<'a> Strings<'a> {
    /// Makes `list` the borrowed part.
    pub(crate) fn set_borrowed(&mut self, list: &'a [&'a str]) {
        self.borrowed = list;
    }

    /// Adds an owned string.
    #[cfg(feature = "alloc")]
    pub(crate) fn push(&mut self, text: String) {
        self.owned.push(text);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let all = self.borrowed.iter().copied();
        #[cfg(feature = "alloc")]
        let all = all.chain(self.owned.iter().map(String::as_str));
        all
    }
}
