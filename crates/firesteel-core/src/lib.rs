//! 
pub mod output;
pub mod text;
