//! Which descriptors a child that the user's program forks must not keep.
//!
//! They are all close-on-exec, but `os.fork` without exec would keep sockets and locks of the engine open in the
//! child. Invariant: a set bit means that the engine holds that descriptor. Bits instead of a locked set, because
//! another thread may hold a lock at the moment of the fork and never release it in the child.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU64, Ordering};

/// Descriptors at or above `WORDS * 64` are not tracked: the daemon's pidfd of the driver is the second net.
const WORDS: usize = 1024;

static HELD: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// The registration of one descriptor; drop it before the descriptor is closed.
#[derive(Debug)]
pub struct NotInherited(RawFd);

impl NotInherited {
    /// Registers an open descriptor of the engine.
    pub fn register(descriptor: RawFd) -> NotInherited {
        if let Some((word, bit)) = place(descriptor) {
            word.fetch_or(bit, Ordering::Relaxed);
        }
        NotInherited(descriptor)
    }
}

impl Drop for NotInherited {
    fn drop(&mut self) {
        if let Some((word, bit)) = place(self.0) {
            word.fetch_and(!bit, Ordering::Relaxed);
        }
    }
}

fn place(descriptor: RawFd) -> Option<(&'static AtomicU64, u64)> {
    let number = usize::try_from(descriptor).ok()?;
    Some((HELD.get(number / 64)?, 1 << (number % 64)))
}

/// In a forked child: the numbers of all registered descriptors, which nobody in the child will use or close.
pub fn take_registered() -> Vec<RawFd> {
    let mut numbers = Vec::new();
    for (index, word) in HELD.iter().enumerate() {
        let bits = word.swap(0, Ordering::Relaxed);
        numbers.extend(
            (0..64).filter(|bit| bits & (1 << bit) != 0).map(|bit| index as RawFd * 64 + bit),
        );
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::fd::AsRawFd;

    #[test]
    fn a_registration_lasts_as_long_as_its_guard() {
        let file = File::open("/dev/null").unwrap();
        let other = File::open("/dev/null").unwrap();
        let kept = NotInherited::register(file.as_raw_fd());
        drop(NotInherited::register(other.as_raw_fd()));
        let registered = take_registered();
        assert!(registered.contains(&file.as_raw_fd()));
        assert!(!registered.contains(&other.as_raw_fd()));
        drop(kept);
    }
}
