//! The allocator of the programs that evaluate: that of the system, with large allocations in large pages.
//!
//! Columns and tables of a job are hundreds of megabytes, each page of which is touched for the first time by the thread
//! that fills it. With pages of 4 KiB the kernel is entered 256 times a megabyte, which is the larger part of setting up a job on a year of
//! minutes; Linux gives pages of 2 MiB where it is asked to (`madvise` in
//! `/sys/kernel/mm/transparent_hugepage/enabled`, the usual setting). What it answers changes nothing but speed, and resident memory
//! by a part of a page at either end of an allocation.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};

/// The system's allocator, which asks for large pages where an allocation is large. Put it into a program with
/// `#[global_allocator]`.
#[derive(Clone, Copy, Debug, Default)]
pub struct LargePages;

/// Allocations from this on are large, in bytes: they hold at least one whole page of 2 MiB.
pub const LARGE: usize = 4 << 20;

/// A multiple of every size that a small page has on the processors that there are builds for.
const SMALL_PAGE: usize = 64 << 10;

/// Asks for large pages inside an allocation.
#[inline]
fn advise(start: *mut u8, size: usize) {
    if size >= LARGE && !start.is_null() {
        advise_all(start, size);
    }
}

#[cold]
fn advise_all(start: *mut u8, size: usize) {
    let skipped = start.align_offset(SMALL_PAGE);
    if skipped < size {
        let length = (size - skipped) / SMALL_PAGE * SMALL_PAGE;
        // SAFETY: the range is inside an allocation that is the caller's, and the advice leaves its bytes as they are.
        #[cfg(target_os = "linux")]
        let _ = unsafe {
            rustix::mm::madvise(start.wrapping_add(skipped).cast(), length, rustix::mm::Advice::LinuxHugepage)
        };
    }
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for LargePages {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let start = unsafe { System.alloc(layout) };
        advise(start, layout.size());
        start
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's.
        let start = unsafe { System.alloc_zeroed(layout) };
        advise(start, layout.size());
        start
    }

    #[inline]
    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's.
        let moved = unsafe { System.realloc(start, layout, size) };
        advise(moved, size);
        moved
    }

    #[inline]
    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(start, layout) };
    }
}
