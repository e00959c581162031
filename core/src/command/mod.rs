//! The commands: what each one is (the table), and what each one does (the handlers).

mod bit_set;
pub mod keys;
pub mod spec;
pub mod specs;
