//! The command stream from end to end, on a player in this process: the same outcomes as from wasm; too little memory and a
//! device that stops are said, with the rest still judged. `cargo xtask test --only conformance` runs all slices so, among other ways.

use sheave_conformance::{
    Options, Summary,
    remote::{Device, InProcess, LastWords, run_slices},
};

/// Scripts with registered and named modules, traps, start functions, tables, references.
fn run(filter: &str, device: &mut dyn Device, is_whole: bool) -> Summary {
    run_slices(&["wasm-2.0"], Some(filter), &Options::default(), device, is_whole).expect("the device answers")
}

#[test]
fn a_player_of_images_judges_as_the_runner_of_wasm() {
    let summary = run("l", &mut InProcess::new(u64::MAX), true);
    let device = summary.device.as_ref().expect("a run on a device");
    assert!(summary.is_ok() && device.same == device.compared, "\n{}", summary.to_text(false));
    assert!(device.compared > 5_000 && summary.counts().skipped == 0, "\n{}", summary.to_text(false));
    let counts = summary.counts();
    let assertions: u32 = summary.slices.iter().map(|slice| slice.assertions()).sum();
    assert_eq!(assertions, counts.passed + counts.text_only + counts.host_only);
}

#[test]
fn what_has_no_room_is_skipped_with_both_figures() {
    let summary = run("memory_grow", &mut InProcess::new(200_000), false);
    let text = summary.to_text(false);
    assert!(text.contains("bytes of memory, the board has 200000"), "{text}");
    assert!(summary.is_ok() && summary.counts().skipped > 0 && summary.counts().passed > 0, "{text}");
}

/// A device that stops for good after so many bytes of its first replies.
struct Dying {
    inner: InProcess,
    bytes_left: Option<usize>,
    is_out_of_memory: bool,
}

impl Device for Dying {
    fn start(&mut self, requests: Vec<u8>) -> Result<(), String> {
        self.inner.start(requests)
    }

    fn poll(&mut self, replies: &mut Vec<u8>) -> Result<bool, String> {
        let before = replies.len();
        let is_running = self.inner.poll(replies)?;
        let Some(left) = &mut self.bytes_left else { return Ok(is_running) };
        replies.truncate(before + *left);
        *left -= replies.len() - before;
        Ok(*left > 0)
    }

    fn stop(&mut self) -> LastWords {
        self.bytes_left = None;
        self.inner.stop();
        LastWords { text: "hard fault".into(), is_out_of_memory: self.is_out_of_memory }
    }
}

#[test]
fn a_device_that_stops_fails_one_script() {
    let mut device = Dying { inner: InProcess::new(u64::MAX), bytes_left: Some(1000), is_out_of_memory: false };
    let summary = run("br", &mut device, true);
    let text = summary.to_text(false);
    assert!(text.contains("the device stopped: hard fault") && !summary.is_ok(), "{text}");
    let failed: Vec<_> = summary.slices[0].files.iter().filter(|file| !file.is_ok()).collect();
    assert!(failed.len() == 1 && failed[0].counts.passed > 0, "{text}");
    assert!(failed[0].failures.last().expect("one").message.starts_with("the device stopped at line"), "{text}");
}

#[test]
fn a_device_whose_memory_is_used_up_skips_the_rest_of_a_script() {
    let mut device = Dying { inner: InProcess::new(u64::MAX), bytes_left: Some(1000), is_out_of_memory: true };
    let summary = run("br", &mut device, false);
    let text = summary.to_text(false);
    assert!(text.contains("the board's memory was used up by this command") && summary.is_ok(), "{text}");
    let short: Vec<_> = summary.slices[0].files.iter().filter(|file| file.counts.skipped > 0).collect();
    assert!(short.len() == 1 && short[0].counts.passed > 0, "{text}");
}
