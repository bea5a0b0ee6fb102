//! See `bodies/segment.rs`, which the project's own tests run, too.

#![no_main]

#[path = "../bodies/segment.rs"]
mod segment;

libfuzzer_sys::fuzz_target!(|input: &[u8]| segment::run(input));
