//! The configuration file, in the syntax of `redis.conf`.
//!
//! A line consists of a name and words, which may be quoted as in inline requests. A line that
//! starts with `#` is a comment. `include` inserts another file. Relative paths are relative to the
//! directory in which the server was started.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use redstart_core::glob::{self, Case};
use redstart_core::resp::args::Request;
use redstart_core::resp::inline::split_words;

use crate::directive::{Directive, Origin};
use crate::fatal::{Fatal, plain};

/// The maximum depth of includes; a greater depth is reported as a cycle.
const MAX_DEPTH: usize = 16;

/// The source of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    StandardInput,
    File(PathBuf),
}

/// Reads the directives of a file and of the files that it includes, in order.
pub(crate) fn read(source: &Source) -> Result<Vec<Directive>, Fatal> {
    let mut directives = Vec::new();
    match source {
        Source::StandardInput => {
            let mut text = Vec::new();
            let result = io::stdin().lock().read_to_end(&mut text);
            result.map_err(|error| {
                Fatal::new(format!("cannot read standard input: {}", plain(&error)))
            })?;
            directives = self::directives("-", &text)?;
        }
        Source::File(path) => read_file(path, 0, &mut directives)?,
    }
    Ok(directives)
}

/// Parses the directives of a text, and reads the files that it includes.
pub(crate) fn directives(file: &str, text: &[u8]) -> Result<Vec<Directive>, Fatal> {
    let mut directives = Vec::new();
    parse(file, text, 0, &mut directives)?;
    Ok(directives)
}

fn read_file(path: &Path, depth: usize, directives: &mut Vec<Directive>) -> Result<(), Fatal> {
    let file = path.display().to_string();
    if depth > MAX_DEPTH {
        return Err(Fatal::new(format!("{file}: cyclic include")));
    }
    let text = fs::read(path).map_err(|error| {
        Fatal::new(format!("cannot read the configuration file {file}: {}", plain(&error)))
    })?;
    parse(&file, &text, depth, directives)
}

fn parse(
    file: &str,
    text: &[u8],
    depth: usize,
    directives: &mut Vec<Directive>,
) -> Result<(), Fatal> {
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let number = index + 1;
        let mut words =
            words(line).ok_or_else(|| Fatal::new(format!("{file}:{number}: unbalanced quotes")))?;
        if words.is_empty() {
            continue;
        }
        let name = String::from_utf8_lossy(&words.remove(0)).to_ascii_lowercase();
        let origin = Origin::Line { file: file.to_owned(), number };
        let directive = Directive { name, words, origin };
        if directive.name == "include" {
            let [pattern] = directive.words.as_slice() else {
                return Err(Fatal::new(format!("{directive}: wrong number of arguments")));
            };
            for path in matching(pattern) {
                read_file(&path, depth + 1, directives)
                    .map_err(|fatal| Fatal::new(format!("{directive}: {fatal}")))?;
            }
        } else {
            directives.push(directive);
        }
    }
    Ok(())
}

/// Splits a line into words; a comment has none. Returns `None` if the quotes are unbalanced.
pub(crate) fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let line = line.trim_ascii();
    if line.starts_with(b"#") {
        return Some(Vec::new());
    }
    let mut request = Request::default();
    split_words(line, &mut request).ok()?;
    Some(request.args(b"").iter().map(<[u8]>::to_vec).collect())
}

/// Returns the files named by an `include`. The last component may be a glob pattern, which may
/// match no files.
fn matching(pattern: &[u8]) -> Vec<PathBuf> {
    let path = Path::new(OsStr::from_bytes(pattern));
    let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
    if !name.iter().any(|byte| b"*?[".contains(byte)) {
        return vec![path.to_path_buf()];
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let found = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
            glob::matches(name, found, Case::Sensitive) && !found.starts_with(b".")
        })
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directives(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let mut directives = Vec::new();
        parse("f", text.as_bytes(), 0, &mut directives).map_err(|fatal| fatal.to_string())?;
        let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
        Ok(directives
            .iter()
            .map(|d| (d.name.clone(), d.words.iter().map(text).collect()))
            .collect())
    }

    fn one(name: &str, words: &[&str]) -> Vec<(String, Vec<String>)> {
        vec![(name.to_owned(), words.iter().map(|&word| word.to_owned()).collect())]
    }

    #[test]
    fn lines_consist_of_a_name_and_words() {
        assert_eq!(directives("# port 1\n\n \t# x\nPort  7777 \r\n"), Ok(one("port", &["7777"])));
        assert_eq!(directives("bind 127.0.0.1 -::1"), Ok(one("bind", &["127.0.0.1", "-::1"])));
        assert_eq!(directives("save \"\""), Ok(one("save", &[""])));
        let quoted = r#"requirepass "a b\x41\"" 'c # d'"#;
        assert_eq!(directives(quoted), Ok(one("requirepass", &["a bA\"", "c # d"])));
        assert_eq!(directives("port 1\nx \"y"), Err("f:2: unbalanced quotes".to_owned()));
    }

    #[test]
    fn included_files_are_inserted_in_place() {
        let folder = std::env::temp_dir().join(format!("redstart-include-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary directory");
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            fs::write(&path, text).expect("a file in it");
            path
        };
        let folder_name = folder.display();
        write("b.conf", "hz 20".to_owned());
        write("c.conf", "hz 30".to_owned());
        let main = write(
            "main",
            format!(
                "port 1\ninclude {folder_name}/*.conf\ninclude {folder_name}/*.none\ntimeout 2"
            ),
        );
        let names: Vec<String> = read(&Source::File(main))
            .expect("the configuration is valid")
            .iter()
            .map(|d| format!("{} {}", d.name, String::from_utf8_lossy(&d.words[0])))
            .collect();
        assert_eq!(names, ["port 1", "hz 20", "hz 30", "timeout 2"]);
        let circle = write("circle", format!("include {folder_name}/circle"));
        assert!(
            read(&Source::File(circle))
                .expect_err("a cycle")
                .to_string()
                .contains("cyclic include")
        );
        let missing = write("main", format!("\ninclude {folder_name}/missing"));
        let missing = read(&Source::File(missing)).expect_err("no such file").to_string();
        assert!(missing.contains("/main:2: include: cannot read"), "{missing}");
        assert!(missing.ends_with("/missing: No such file or directory"), "{missing}");
        fs::remove_dir_all(&folder).expect("the directory belongs to this test");
    }
}
