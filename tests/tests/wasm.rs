//! The corpus and an attack through the npm package: the engine is the same in WebAssembly.
//!
//! `wasm/build` first; `CASES=string/set cargo test -p redstart-tests --test wasm` plays the files whose name holds that text.

use redstart_core::random::Seed;
use redstart_tests::{
    attack::{play_in_wasm, session},
    corpus::{Witness, complaint, files},
    driver::WasmDriver,
};

#[test]
fn the_package_does_what_the_corpus_says() {
    let Some(mut driver) = WasmDriver::start(Seed(1)).unwrap() else {
        eprintln!("skipped: node not found in PATH");
        return;
    };
    let files = files().unwrap();
    let complaints: String =
        files.iter().map(|file| complaint(&mut driver, Witness::Redstart, file)).collect();
    assert!(complaints.is_empty(), "\n{complaints}");
}

#[test]
fn the_package_survives_an_attack() {
    let Some(mut driver) = WasmDriver::start(Seed(1)).unwrap() else {
        eprintln!("skipped: node not found in PATH");
        return;
    };
    for seed in 1..=20 {
        let played = play_in_wasm(&mut driver, &session(Seed(seed)));
        played.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}
