//! The corpus of cases and its player: transcripts of `redis-cli` sessions (`cases/`, whose README
//! describes the format) run against any server through a [`driver::Driver`].

pub mod attack;
pub mod corpus;
pub mod differential;
pub mod driver;
pub mod fuzz;
pub mod model;
pub mod pattern;
pub mod play;
pub mod print;
pub mod quoting;
pub mod readme;
pub mod reference;
pub mod resp;
pub mod simulation;
pub mod transcript;
pub mod workload;
