//! Lets libFuzzer loose on the target that `FUZZ_TARGET` names; the script `run` builds and starts
//! it.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use redstart_tests::fuzz::{Target, target_of_environment};

static TARGET: LazyLock<Target> =
    LazyLock::new(|| target_of_environment().expect("FUZZ_TARGET is the name of a target"));

fuzz_target!(|data: &[u8]| (TARGET.check)(data));
