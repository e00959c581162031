//! Style that matters is a test: what a reader of this repository may rely on without looking.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use redstart_core::command::{spec::Spec, specs::GROUPS};

/// The modules of the core, lowest first: one imports from its own line and from those above it.
const LAYERS: &[&[&str]] = &[
    &["time", "random", "limits", "memory", "number", "glob", "sort", "client"],
    &["error"],
    &["resp"],
    &["table"],
    &["config"],
    &["value"],
    &["persist"],
    &["keyspace"],
    &["acl"],
    &["dataset"],
    &["pubsub"],
    &["session"],
    &["instance"],
    &["command"],
    &["engine"],
];

/// What breaks the order of the layers for a reason.
const UPWARD: &[(&str, &str, &str)] =
    &[("error", "resp", "every error text stands once, those of the protocol too")];

/// The most lines a file of code may have, its tests included.
const LONGEST_FILE: usize = 700;

/// Files that are longer for a reason.
const LONG_FILES: &[(&str, &str)] = &[];

#[test]
fn a_layer_of_the_core_knows_only_what_is_below_it() {
    let layer = |module: &str| LAYERS.iter().position(|layer| layer.contains(&module));
    let (mut complaints, mut needed) = (Vec::new(), Vec::new());
    for file in sources("core/src") {
        let own = file.module();
        if own == "lib" {
            continue;
        }
        let Some(own_layer) = layer(&own) else {
            complaints.push(format!("{}: `{own}` has no layer", file.name));
            continue;
        };
        for (line, used) in file.imports() {
            let excuse = UPWARD.iter().find(|(from, to, _)| *from == own && *to == used);
            needed.extend(excuse);
            if layer(&used).is_none_or(|layer| layer > own_layer) && excuse.is_none() {
                complaints.push(format!("{}:{line}: `{own}` knows `{used}`", file.name));
            }
        }
    }
    let needless = UPWARD.iter().filter(|excuse| !needed.contains(excuse));
    complaints.extend(needless.map(|(from, to, _)| format!("`{from}` no longer knows `{to}`")));
    assert_none(&complaints);
}

#[test]
fn every_source_file_is_compiled() {
    let mut complaints = Vec::new();
    for folder in ["core/src", "server/src", "tests/src", "wasm/src"] {
        let mut seen = BTreeSet::new();
        let files = sources(folder);
        for root in files.iter().filter(|file| file.is_root()) {
            reach(root, &mut seen);
        }
        let unseen = files.iter().filter(|file| !seen.contains(&file.path));
        complaints.extend(unseen.map(|file| format!("{}: no `mod` leads to it", file.name)));
    }
    assert_none(&complaints);
}

#[test]
fn a_file_has_one_idea_and_a_name_that_says_it() {
    let mut complaints = Vec::new();
    for file in code() {
        let lines = file.text.lines().count();
        let is_excused = LONG_FILES.iter().any(|(name, _)| *name == file.name);
        match (lines > LONGEST_FILE, is_excused) {
            (true, false) => complaints.push(format!("{}: {lines} lines", file.name)),
            (false, true) => complaints.push(format!("{}: needs no excuse", file.name)),
            _ => {}
        }
        if ["util", "utils", "helper", "helpers", "common", "misc"].contains(&file.stem()) {
            complaints.push(format!("{}: a name that says nothing", file.name));
        }
        if !file.text.starts_with("//!") && file.text.lines().count() > 3 {
            complaints.push(format!("{}: does not begin by saying what it is", file.name));
        }
    }
    assert_none(&complaints);
}

#[test]
fn lints_are_expected_not_allowed_and_what_may_fail_is_not_unwrapped() {
    let mut complaints = Vec::new();
    for file in code() {
        for (line, text) in file.lines() {
            if text.trim_start().trim_start_matches(['#', '!']).starts_with("[allow(") {
                complaints.push(format!(
                    "{}:{line}: `expect` tells when it is no longer needed, `allow` does not",
                    file.name
                ));
            }
            if text.contains(".unwrap()") && !file.is_suite() {
                complaints.push(format!("{}:{line}: unwraps", file.name));
            }
            if text.split("fn ").skip(1).any(|name| name.starts_with("get_")) {
                complaints
                    .push(format!("{}:{line}: a getter is named after what it gets", file.name));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn every_command_has_its_cases() {
    let mut complaints = Vec::new();
    for spec in GROUPS.iter().copied().flatten() {
        let folder = Path::new("tests/cases").join(spec.group.name());
        let own =
            |spec: &Spec| root().join(&folder).join(format!("{}.txt", spec.name.replace('|', "-")));
        if !own(spec).is_file() {
            complaints.push(format!("{}: there is no {}", spec.name, own(spec).display()));
        }
        let container = fs::read_to_string(own(spec)).unwrap_or_default().to_ascii_lowercase();
        for subcommand in spec.subcommands {
            let is_played = container.contains(&format!("> {}", subcommand.name.replace('|', " ")));
            if !own(subcommand).is_file() && !is_played {
                complaints.push(format!(
                    "{}: neither in its own file nor in {}",
                    subcommand.name,
                    own(spec).display()
                ));
            }
        }
    }
    assert_none(&complaints);
}

/// A file of Rust.
struct Source {
    path: PathBuf,
    /// The path within the repository.
    name: String,
    text: String,
}

impl Source {
    fn stem(&self) -> &str {
        self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// The module of the crate that it belongs to.
    fn module(&self) -> String {
        let inner = self.name.split_once("/src/").map_or("", |(_, inner)| inner);
        inner.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
    }

    /// Whether compilation begins here.
    fn is_root(&self) -> bool {
        matches!(self.module().as_str(), "lib" | "main" | "bin")
    }

    /// Whether it is a suite, which only runs as a test.
    fn is_suite(&self) -> bool {
        self.name.contains("/tests/") || self.stem() == "tests"
    }

    /// Its numbered lines of code, without comments and without its unit tests.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let numbered = code.lines().enumerate().map(|(index, line)| (index + 1, line));
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The modules of its own crate that it names, and where: of `crate::{a::B, c}` both `a` and
    /// `c`.
    fn imports(&self) -> Vec<(usize, String)> {
        let mut imports = Vec::new();
        let mut list_depth = None;
        for (number, line) in self.lines() {
            let mut rest = line;
            while !rest.is_empty() {
                if let Some(depth) = &mut list_depth {
                    let name = identifier(rest.trim_start());
                    if *depth == 1 && !name.is_empty() {
                        imports.push((number, name));
                    }
                    let Some(at) = rest.find(['{', '}', ',']) else { break };
                    match rest.as_bytes()[at] {
                        b'{' => *depth += 1,
                        b'}' => *depth -= 1,
                        _ => {}
                    }
                    if *depth == 0 {
                        list_depth = None;
                    }
                    rest = &rest[at + 1..];
                } else {
                    let Some((_, tail)) = rest.split_once("crate::") else { break };
                    if tail.starts_with('{') {
                        list_depth = Some(0);
                    } else {
                        imports.push((number, identifier(tail)));
                    }
                    rest = tail;
                }
            }
        }
        imports.retain(|(_, name)| name.starts_with(|first: char| first.is_ascii_lowercase()));
        imports
    }
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|&character| character.is_ascii_alphanumeric() || character == '_')
        .collect()
}

/// Notes `file` and every file that its `mod` lines lead to.
fn reach(file: &Source, seen: &mut BTreeSet<PathBuf>) {
    seen.insert(file.path.clone());
    let parent = file.path.parent().expect("a file is in a folder");
    let is_folder_of_its_own =
        matches!(file.stem(), "lib" | "main" | "mod") || parent.ends_with("bin");
    let folder = if is_folder_of_its_own { parent.to_owned() } else { parent.join(file.stem()) };
    for (_, line) in file.lines() {
        let Some((_, module)) = line.split_once("mod ") else { continue };
        let Some(module) = module.strip_suffix(';') else { continue };
        for path in [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")] {
            if path.is_file() {
                reach(&source(&path), seen);
            }
        }
    }
}

/// Every file of Rust in the repository that people write.
fn code() -> Vec<Source> {
    ["core", "server", "tests", "wasm"].into_iter().flat_map(sources).collect()
}

/// The files of Rust below a folder of the repository; none if it is not there.
fn sources(folder: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("a folder can be listed").path()) {
            if path.is_dir() {
                let is_derived = path.ends_with("target") || path.ends_with("node_modules");
                folders.extend((!is_derived).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(&path));
            }
        }
    }
    found.sort_by(|left, right| left.name.cmp(&right.name));
    found
}

fn source(path: &Path) -> Source {
    let name = path
        .strip_prefix(root())
        .expect("it is in the repository")
        .to_string_lossy()
        .replace('\\', "/");
    Source { path: path.to_owned(), name, text: fs::read_to_string(path).expect("it is text") }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate is in the workspace's folder")
        .to_owned()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_imports_of_a_file_are_found() {
    let text = "use crate::a::B;\nuse crate::{\n    b::{C, D},\n    e,\n};\nuse crate::{f::G, H};\n// crate::x\nfn g(i: crate::j::K) {}\n";
    let source = Source { path: PathBuf::new(), name: String::new(), text: text.to_owned() };
    let names: Vec<_> =
        source.imports().into_iter().map(|(line, name)| format!("{line} {name}")).collect();
    assert_eq!(names, ["1 a", "3 b", "4 e", "6 f", "8 j"]);
}
