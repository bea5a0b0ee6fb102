//! Between Python objects and frames.
//!
//! Invariant: what is encoded and decoded again is equal, hashes alike and has exactly the same types.

mod decode;
mod encode;
mod pickle;
mod serialized;

pub use decode::{decode_block, decode_column, decode_frame};
pub use encode::{encode_elements, encode_frame, encode_typed};
pub use pickle::pickled_size;
pub use serialized::{deserialize, serialize};
