//!
pub mod text;
