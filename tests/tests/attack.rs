//! A few sessions of the attack; `cargo run -p redstart-tests --bin attack` plays them for as long
//! as it is let.

use redstart_core::random::Seed;
use redstart_tests::attack::{failure, session};

#[test]
fn the_engine_survives_an_attack() {
    for seed in 1..=60 {
        if let Some(failure) = failure(session(Seed(seed))) {
            panic!("seed {seed}: {failure:#?}");
        }
    }
}
