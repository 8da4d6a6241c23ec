//! What a program with this allocator gets.

use galapagos_pages::{LARGE, LargePages};

#[global_allocator]
static ALLOCATOR: LargePages = LargePages;

#[test]
fn large_allocations_hold_what_is_written_to_them_however_they_grow() {
    let mut bytes: Vec<u8> = Vec::new();
    for i in 0..3 * LARGE {
        bytes.push((i % 251) as u8);
    }
    bytes.shrink_to(LARGE + 1);
    assert!(bytes.iter().enumerate().all(|(i, &x)| x == (i % 251) as u8));
    assert!(vec![0_u64; LARGE].iter().all(|&x| x == 0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_allocation_lies_in_large_pages_where_the_kernel_gives_them() {
    let enabled = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    if !enabled.contains("[madvise]") && !enabled.contains("[always]") {
        return;
    }
    let bytes = vec![1_u8; 16 * LARGE];
    let address = bytes.as_ptr() as usize + bytes.len() / 2;
    // VmFlags "hg": the kernel was asked for large pages. Whether it has some is its own affair.
    let maps = std::fs::read_to_string("/proc/self/smaps").expect("Linux has it");
    let mut inside = false;
    let flags = maps.lines().find_map(|line| {
        let ends = line.split_whitespace().next().and_then(|range| range.split_once('-'));
        if let Some((from, to)) = ends
            && let (Ok(from), Ok(to)) = (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16))
        {
            inside = (from..to).contains(&address);
        }
        line.strip_prefix("VmFlags:").filter(|_| inside)
    });
    assert!(flags.is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "hg")), "{flags:?}");
}
