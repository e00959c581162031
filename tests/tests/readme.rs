//! What the README says is generated is fresh.

use std::fs;

#[test]
fn the_table_of_commands_is_that_of_the_engine() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"))
        .expect("there is a README");
    assert!(
        readme == redstart_tests::readme::refreshed(&readme),
        "run `cargo run -p redstart-tests --bin readme`"
    );
}
