//! What the engine asks of Linux beyond `std`: descriptors over sockets, processes by pidfd, memory.
//!
//! Invariant: everything here is a thin, safe wrapper; a port to another system replaces this folder only.

pub mod inheritance;
pub mod memory;
pub mod process;
pub mod socket;
