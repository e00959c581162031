//! Style that only gets better: counts of what the style forbids and the code still has. A count
//! that rises fails the test; one that falls must be recorded here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Functions of more than 50 lines.
const LONG_FUNCTIONS: usize = 37;

/// Lines of comments that are wider than 100 columns.
const WIDE_COMMENTS: usize = 74;

/// Phrases that read as translated, and how often comments and documents have each.
const PHRASES: &[(&str, usize)] = &[
    (" is no ", 28),
    (" are no ", 18),
    ("by lot", 1),
    ("but for ", 2),
    ("of itself", 1),
    (" who has ", 1),
    ("whoever ", 7),
    ("is told", 11),
    ("tells of ", 1),
    (" nobody ", 15),
    (" lies ", 5),
    ("in the midst", 1),
];

/// Commits up to this one have subjects of another form.
const FIRST_COMMIT: &str = "9e634c0";

#[test]
fn no_more_functions_exceed_50_lines() {
    let mut long = Vec::new();
    for (path, text) in files(&["rs"]) {
        let mut open: Vec<(usize, usize, String)> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let is_function = line.contains("fn ") && line.trim_end().ends_with('{');
            if is_function && !line.trim_start().starts_with("//") {
                open.push((indent, number, line.trim().to_owned()));
            } else if line.trim() == "}"
                && let Some((_, start, name)) = open.pop_if(|(opened, ..)| *opened == indent)
                && number - start >= 50
            {
                long.push(format!("{path}: {name} has {} lines", number - start + 1));
            }
        }
    }
    assert_is(LONG_FUNCTIONS, &long, "functions over 50 lines");
}

#[test]
fn no_more_comments_are_wider_than_100_columns() {
    let mut wide = Vec::new();
    for (path, text) in files(&["rs", "ts", "tsx"]) {
        for (number, line) in text.lines().enumerate() {
            let is_comment =
                line.trim_start().starts_with("//") || line.trim_start().starts_with("* ");
            if is_comment && line.chars().count() > 100 {
                wide.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert_is(WIDE_COMMENTS, &wide, "comments wider than 100 columns");
}

#[test]
fn no_more_phrases_read_as_translated() {
    let texts: Vec<(String, String)> = files(&["rs", "ts", "tsx", "md"]).collect();
    for (phrase, count) in PHRASES {
        let mut found = Vec::new();
        for (path, text) in texts.iter().filter(|(path, _)| !path.ends_with("style.rs")) {
            let is_prose =
                |line: &&str| path.ends_with(".md") || line.trim_start().starts_with(['/', '*']);
            let lines = text.lines().enumerate();
            let told = lines.filter(|(_, line)| is_prose(line) && line.contains(phrase));
            found.extend(told.map(|(number, _)| format!("{path}:{}", number + 1)));
        }
        assert_is(*count, &found, phrase);
    }
}

#[test]
fn subjects_of_commits_name_an_area_and_fit_72_columns() {
    let range = format!("{FIRST_COMMIT}..HEAD");
    let log = Command::new("git").args(["log", "--no-merges", "--format=%s", &range]).output();
    let Some(log) = log.ok().filter(|log| log.status.success()) else {
        return eprintln!("skipped: this is not a full clone");
    };
    let subjects = String::from_utf8(log.stdout).expect("subjects are text");
    let is_well_formed = |subject: &&str| {
        subject.len() <= 72
            && !subject.ends_with('.')
            && subject.split_once(": ").is_some_and(|(area, text)| {
                let is_area = |word: char| word.is_ascii_lowercase() || " ,/-".contains(word);
                area.chars().all(is_area) && !text.is_empty()
            })
    };
    let wrong: Vec<&str> = subjects.lines().filter(|subject| !is_well_formed(subject)).collect();
    assert!(wrong.is_empty(), "not `area: imperative` within 72 columns: {wrong:#?}");
}

fn assert_is(known: usize, found: &[String], what: &str) {
    assert!(
        found.len() <= known,
        "{} {what}, where there were {known}:\n{}",
        found.len(),
        found.join("\n")
    );
    assert!(found.len() == known, "only {} {what} are left: write that down here", found.len());
}

/// The files that people write, with these endings: their paths in the repository, and their texts.
fn files(endings: &[&str]) -> impl Iterator<Item = (String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut paths, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder can be listed") {
            let path: PathBuf = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if path.is_dir() {
                let is_derived = ["target", "node_modules", "dist", "pkg"].contains(&name);
                folders.extend((!is_derived && !name.starts_with('.')).then_some(path));
            } else if path.extension().is_some_and(|found| endings.iter().any(|one| found == *one))
            {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(move |path| {
        let name = path.strip_prefix(&root).expect("it is in the repository").to_string_lossy();
        (name.into_owned(), fs::read_to_string(&path).expect("it is text"))
    })
}
