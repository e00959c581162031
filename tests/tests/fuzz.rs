//! A few seconds of each fuzz target; `tests/fuzz/run` does it for hours, and finds its way by
//! coverage.

use core::time::Duration;

use redstart_core::random::Seed;
use redstart_tests::fuzz::{TARGETS, exercise, seeds};

const TIME: Duration = Duration::from_secs(2);

fn run(name: &str) {
    let target = *TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    assert!(!seeds(target).is_empty(), "no seeds");
    let inputs = exercise(target, Seed(1), TIME);
    eprintln!("{name}: {inputs} inputs");
    assert!(inputs > 100);
}

#[test]
fn requests_are_read_whatever_the_cuts() {
    run("request");
}

#[test]
fn values_are_read_as_they_were_written() {
    run("value");
}

#[test]
fn the_engine_takes_anything() {
    run("engine");
}

#[test]
fn patterns_match_as_in_redis() {
    run("glob");
}

#[test]
fn numbers_are_read_as_they_were_printed() {
    run("number");
}

#[test]
fn listpacks_are_edited_like_vectors() {
    run("listpack");
}

#[test]
fn intsets_are_edited_like_ordered_sets() {
    run("intset");
}

#[test]
fn users_are_made_as_they_are_told() {
    run("acl");
}

#[test]
fn a_sorted_set_is_a_sorted_vector() {
    run("sorted-set");
}

#[test]
fn a_stream_is_what_the_model_is_whatever_the_order_of_ids() {
    run("stream");
}

#[test]
fn serialised_values_are_refused_or_whole() {
    run("rdb");
}
