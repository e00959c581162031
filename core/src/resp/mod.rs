//! The Redis serialization protocol (RESP): request parsing and reply encoding.

pub mod args;
mod big_arg;
pub mod inline;
pub(crate) mod input;
pub mod output;
pub mod reply;
pub mod request;
pub mod value;
mod whole;
