//! Rewrites the README's table of commands: `cargo run -p redstart-tests --bin readme`.

use std::{fs, io};

fn main() -> io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = fs::read_to_string(path)?;
    fs::write(path, redstart_tests::readme::refreshed(&readme))
}
