//! The crate's only unsafe code: mapping a sealed block.
//!
//! Contract: only files of a run directory are mapped, and only after their length has been checked. Nobody but this user can reach them (the
//! directories are 0700), and of our own code nobody writes to or truncates a sealed block, only unlinks it, which a mapping outlives.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Mmap, MmapOptions};

/// A part of a sealed block's file, read only.
#[derive(Debug)]
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps `length` bytes at `offset`. The caller has checked that the file has them and that it is a sealed block.
    #[allow(unsafe_code, reason = "a mapping is unsafe as such: the file could change under it")]
    pub(super) fn new(file: &File, offset: u64, length: usize) -> io::Result<Mapping> {
        // SAFETY: by the contract above the bytes exist and do not change for as long as the mapping lives.
        unsafe { MmapOptions::new().offset(offset).len(length).map(file) }.map(Mapping)
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
