//! The files of the core import each other in one direction, so each can be read after those that
//! it imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Circles that are there for a reason. Each names its files in alphabetical order.
const EXCUSED: &[(&[&str], &str)] = &[
    (
        &["command::context", "command::key_specs", "command::spec", "command::table"],
        "an entry of the table names its handler, whose context holds the table",
    ),
    (
        &["config::client_limits", "config::parameter"],
        "the text of a parameter is parsed by its type, whose errors are the parameter's",
    ),
    (
        &["config::process", "config::table", "config::tls"],
        "the table is one, though the rows of some groups stand in files of their own",
    ),
    (
        &["resp::args", "resp::big_arg", "resp::inline", "resp::request", "resp::whole"],
        "the states of one parser",
    ),
    (
        &["value::ranked_tree::branch", "value::ranked_tree::leaf", "value::ranked_tree::node"],
        "a branch has nodes, and a node is a branch or a leaf",
    ),
];

#[test]
fn files_of_the_core_import_in_one_direction() {
    let graph = imports();
    let circles = circles(&graph);
    let mut complaints: Vec<String> = circles
        .iter()
        .filter(|circle| !EXCUSED.iter().any(|(known, _)| known == circle))
        .map(|circle| format!("these import each other: {}", circle.join(", ")))
        .collect();
    for (known, _) in EXCUSED {
        if !circles.iter().any(|circle| circle == known) {
            complaints.push(format!("no longer a circle: {}", known.join(", ")));
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// What each module of the core imports, by name: `a::b` for `a/b.rs` and for `a/b/mod.rs`.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    let names: BTreeSet<String> = files.keys().cloned().collect();
    let found = |path: &[String]| {
        let prefixes = (1..=path.len()).rev().map(|len| path[..len].join("::"));
        prefixes.into_iter().find(|name| names.contains(name))
    };
    let graph = files.iter().map(|(name, text)| {
        let paths = used_paths(name, text);
        let imported = paths.iter().filter_map(|path| found(path)).filter(|other| other != name);
        (name.clone(), imported.collect())
    });
    graph.collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path: PathBuf = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let inner = path.strip_prefix(root).expect("it is below").with_extension("");
            let name = inner.to_string_lossy().replace('/', "::");
            let name = name.strip_suffix("::mod").unwrap_or(&name).to_owned();
            let text = fs::read_to_string(&path).expect("it is text");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let is_suite = name.ends_with("::tests");
            files.insert(name, if is_suite { String::new() } else { code.to_owned() });
        }
    }
}

/// The absolute paths that the `use` declarations of a module name.
fn used_paths(module: &str, code: &str) -> Vec<Vec<String>> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut paths = Vec::new();
    for declaration in code.split("use ").skip(1) {
        let Some((tree, _)) = declaration.split_once(';') else { continue };
        let tree: String = tree.chars().filter(|character| !character.is_whitespace()).collect();
        for path in expand(&tree) {
            let words: Vec<&str> = path.split("::").collect();
            let own: Vec<&str> = module.split("::").collect();
            let (base, rest) = match words[0] {
                "crate" => (Vec::new(), &words[1..]),
                "self" => (own, &words[1..]),
                "super" => {
                    let up = words.iter().take_while(|word| **word == "super").count();
                    (own[..own.len().saturating_sub(up)].to_vec(), &words[up..])
                }
                _ => continue,
            };
            let path = base.iter().chain(rest).filter(|word| **word != "self");
            paths.push(path.map(|word| (*word).to_owned()).collect());
        }
    }
    paths
}

/// The paths of a `use` tree: `a::{b, c::D}` is `a::b` and `a::c::D`.
fn expand(tree: &str) -> Vec<String> {
    let Some((head, list)) = tree.split_once('{') else { return vec![tree.to_owned()] };
    let list = list.strip_suffix('}').unwrap_or(list);
    let (mut depth, mut items, mut start) = (0, Vec::new(), 0);
    for (at, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    let items = items.into_iter().filter(|item| !item.is_empty());
    items.flat_map(expand).map(|path| format!("{head}{path}")).collect()
}

/// The sets of two or more modules in which each reaches every other.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph
        .keys()
        .map(|start| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
            while let Some(module) = next.pop() {
                next.extend(graph[module].iter().filter(|other| seen.insert(*other)));
            }
            (start, seen)
        })
        .collect();
    let circle = |module: &String| -> Vec<String> {
        let members = reached[module].iter().filter(|other| reached[*other].contains(module));
        members.map(|other| (*other).clone()).collect()
    };
    graph.keys().map(circle).filter(|members| members.len() > 1).collect()
}

#[test]
fn a_use_tree_names_each_of_its_paths() {
    let paths =
        used_paths("a::b", "use crate::{c, d::{E, f::G}};\nuse super::h::I;\nuse core::mem;\n");
    let names: Vec<String> = paths.iter().map(|path| path.join("::")).collect();
    assert_eq!(names, ["c", "d::E", "d::f::G", "a::h::I"]);
}
