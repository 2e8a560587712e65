//! Logs of boards with a debug probe: frames of defmt in a ring of Segger's RTT, named `defmt`, which `probe-rs` and
//! `cargo xtask board run --probe` decode. A frame that finds the ring full is dropped: a board without a probe goes on.
//!
//! The stream of the test suite has rings of its own, named `stream`.

use core::cell::RefCell;
use critical_section::Mutex;
use rtt_target::{ChannelMode::BlockIfFull, DownChannel, UpChannel, rtt_init, set_defmt_channel};

static STREAM: Mutex<RefCell<Option<(UpChannel, DownChannel)>>> = Mutex::new(RefCell::new(None));

/// Makes the rings; what is logged before is dropped. A board's `init` calls it, once.
pub fn init() {
    let channels = rtt_init! {
        up: {
            0: { size: 1024, name: "defmt" }
            1: { size: 1024, mode: BlockIfFull, name: "stream" }
        }
        down: {
            0: { size: 1024, name: "stream" }
        }
    };
    set_defmt_channel(channels.up.0);
    critical_section::with(|section| STREAM.borrow_ref_mut(section).replace((channels.up.1, channels.down.0)));
}

/// The stream's rings, once.
#[cfg_attr(not(feature = "conformance"), expect(dead_code, reason = "the other programs have no stream"))]
pub(crate) fn take_stream() -> Option<(UpChannel, DownChannel)> {
    critical_section::with(|section| STREAM.borrow_ref_mut(section).take())
}
