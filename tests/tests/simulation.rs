//! Short simulations. `SIMULATION_STEPS=10000000 cargo test --release -p redstart-tests --test
//! simulation -- --nocapture` makes them long.

use std::env;

use redstart_core::random::Seed;
use redstart_tests::simulation::{Ending, Plan, simulate};

/// Steps of one simulation.
fn steps() -> usize {
    env::var("SIMULATION_STEPS").map_or(30_000, |steps| steps.parse().expect("a number"))
}

fn run(plan: Plan) -> Ending {
    let ending = simulate(plan);
    eprintln!("{plan:?}: {} commands, {} days", ending.commands, ending.days);
    assert!(ending.commands > plan.steps / 2, "few commands");
    ending
}

#[test]
fn the_engine_does_what_the_model_does() {
    for seed in 1..=8 {
        run(Plan { seed: Seed(seed), cuts: Seed(seed), delays: true, steps: steps() });
    }
}

#[test]
fn the_same_input_gives_the_same_output() {
    let plan = Plan { seed: Seed(9), cuts: Seed(9), delays: true, steps: steps() };
    assert!(run(plan) == run(plan));
}

#[test]
fn where_the_input_is_cut_makes_no_difference() {
    let plan = Plan { seed: Seed(10), cuts: Seed(10), delays: false, steps: steps() };
    let others = [11, 12].map(|cuts| run(Plan { cuts: Seed(cuts), ..plan }));
    let one = run(plan);
    assert!(others.iter().all(|other| *other == one));
}
