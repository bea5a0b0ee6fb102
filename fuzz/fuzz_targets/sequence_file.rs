//! See `bodies/sequence_file.rs`, which the project's own tests run, too.

#![no_main]

#[path = "../bodies/sequence_file.rs"]
mod sequence_file;

libfuzzer_sys::fuzz_target!(|input: &[u8]| sequence_file::run(input));
