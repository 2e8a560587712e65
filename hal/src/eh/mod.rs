//! Adapters from the embedded ecosystem's traits to the capabilities, one file a trait crate, each behind the feature
//! of the crate's name. They are wrappers, not blanket implementations, so that a driver may serve several traits.

#[cfg(feature = "embedded-hal")]
mod delay;
#[cfg(feature = "embedded-io-06")]
mod io_06;
#[cfg(feature = "embedded-io-07")]
mod io_07;
#[cfg(feature = "rand_core")]
mod rng;

#[cfg(feature = "embedded-hal")]
pub use delay::Delay;
#[cfg(feature = "embedded-io-06")]
pub use io_06::Io06;
#[cfg(feature = "embedded-io-07")]
pub use io_07::Io07;
#[cfg(feature = "rand_core")]
pub use rng::Rng;
