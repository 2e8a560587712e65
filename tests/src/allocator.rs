//! An allocator that counts what each thread holds and refuses what is beyond the thread's limit, as a machine without that
//! memory would. A test makes it the global one and runs its cases in [`bounded`].

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts bytes by thread.
pub struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

/// Counts `bytes` more or less; false if that is beyond the thread's limit.
fn count(bytes: isize) -> bool {
    let held = HELD.get() + bytes;
    if bytes > 0 && held > LIMIT.get() {
        return false;
    }
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
    true
}

// SAFETY: every call goes to the system's allocator unchanged, or returns null, which means that there is no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !count(layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promises are the ones that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !count(layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above. Pages that nobody touches stay unused.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above; `ptr` came from the system's allocator.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if !count(new_size as isize - layout.size() as isize) {
            return std::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

/// Bytes that the thread holds.
pub fn held() -> isize {
    HELD.get()
}

/// Runs with at most `max_bytes` more memory than now; beyond it allocation fails. The peak is what was used of it.
pub fn bounded<R>(max_bytes: usize, run: impl FnOnce() -> R) -> (R, usize) {
    let before = HELD.get();
    PEAK.set(before);
    LIMIT.set(before + max_bytes as isize);
    let result = run();
    LIMIT.set(isize::MAX);
    (result, (PEAK.get() - before) as usize)
}
