//! What Redstart depends on: only crates of the public registry, only under licences that go with
//! its own, and none twice in incompatible versions where it ships.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Metadata, MetadataCommand, Package};

/// Licences that ask for no more than to be named.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo tells what the workspace depends on, and Cargo.lock is up to date")
}

fn foreign(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.packages.iter().filter(|package| !metadata.workspace_members.contains(&package.id))
}

#[test]
fn all_come_from_the_public_registry() {
    for package in foreign(&metadata()) {
        let source = package.source.as_ref().map(|source| source.repr.as_str());
        assert_eq!(
            source,
            Some("registry+https://github.com/rust-lang/crates.io-index"),
            "{} comes from elsewhere",
            package.name
        );
    }
}

#[test]
fn all_have_a_licence_that_goes_with_ours() {
    for package in foreign(&metadata()) {
        let licence = package.license.as_deref().unwrap_or_default();
        let is_fine = |one: &str| LICENCES.contains(&one.trim_matches(['(', ')', ' ']));
        // One of the alternatives is enough; of what is joined by AND each part must do.
        let accepted = licence
            .split(" OR ")
            .flat_map(|alternative| alternative.split('/'))
            .any(|alternative| alternative.split(" AND ").all(is_fine));
        assert!(accepted, "{} {}: {licence:?}", package.name, package.version);
    }
}

#[test]
fn the_core_depends_on_little_and_on_nothing_twice() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("cargo resolves the workspace");
    let core = metadata.packages.iter().find(|package| package.name.as_str() == "redstart-core");
    let core = core.expect("the workspace has a core");
    let (mut reached, mut queue) = (BTreeSet::new(), vec![core.id.clone()]);
    while let Some(id) = queue.pop() {
        let node = resolve.nodes.iter().find(|node| node.id == id).expect("a node a package");
        if reached.insert(id) {
            queue.extend(node.deps.iter().map(|dependency| dependency.pkg.clone()));
        }
    }
    let mut versions = BTreeMap::<&str, usize>::new();
    for package in metadata.packages.iter().filter(|package| reached.contains(&package.id)) {
        *versions.entry(package.name.as_str()).or_default() += 1;
    }
    let twice: Vec<_> = versions.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "in several versions: {twice:?}");
    assert!(versions.len() <= 25, "the core depends on {} crates: {versions:?}", versions.len());
}
