//! The command line.
//!
//! Every parameter is a flag with Redis's syntax, which common parsers do not support: several
//! words may follow a flag (`--bind 127.0.0.1 -::1`), up to the next word that starts with `--`,
//! and the first of them is always a value. The parameters are therefore extracted first and clap
//! receives the remainder; clap knows the parameters only for the help text.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, Styles, styling::AnsiColor};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use redstart_core::config::{Config, Kind, PARAMETERS, Parameter, Unit};
use redstart_core::{REDIS_VERSION, VERSION};

use crate::allocator;
use crate::config_file::{self, Source};
use crate::directive::{Directive, Origin, takes_words};
use crate::fatal::Fatal;
use crate::unsupported;

const CONFIG_FILE: &str = "config-file";
const RECORD: &str = "record";
/// Repeatable flags that are not in the table of parameters: name, words, help text.
const LISTED: [(&str, &str, &str); 2] = [
    ("user", "NAME RULE...", "Define a user, with rules as in ACL SETUSER"),
    ("rename-command", "NAME NEW-NAME", "Rename a command; \"\" disables it"),
];

/// The action that the command line requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// Runs the server with this configuration.
    Serve { source: Option<Source>, flags: Vec<Directive>, record: Option<PathBuf> },
    /// Prints this text: the help, or the version.
    Print(String),
}

/// Parses the command line; `words` start with the program's name.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Invocation, Fatal> {
    let (flags, rest) = split(words);
    match command().try_get_matches_from(rest) {
        Ok(matches) => Ok(Invocation::Serve {
            source: source(&matches)?,
            flags,
            record: matches.get_one::<OsString>(RECORD).map(absolute).transpose()?,
        }),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                let text = error.render();
                let is_coloured = io::stdout().is_terminal();
                let text = if is_coloured { text.ansi().to_string() } else { text.to_string() };
                Ok(Invocation::Print(text))
            }
            _ => Err(Fatal::new(one_line(&error.render().to_string()))),
        },
    }
}

fn command() -> Command {
    let styles = Styles::styled()
        .header(AnsiColor::Red.on_default().bold())
        .literal(AnsiColor::Cyan.on_default());
    Command::new("redstart")
        .version(format!(
            "{VERSION}, compatible with Redis {REDIS_VERSION}, malloc={}",
            allocator::NAME
        ))
        .disable_version_flag(true)
        .about("A Redis-compatible server.")
        .after_help(
            "Parameters have the same meaning as in redis.conf. Several words may follow one: --bind 127.0.0.1 -::1\n\
             Flags override the configuration file.",
        )
        .styles(styles)
        .arg(
            Arg::new(CONFIG_FILE)
                .value_name("CONFIG-FILE")
                .help("A configuration file in the format of redis.conf; - reads standard input")
                .value_parser(OsStringValueParser::new()),
        )
        .arg(
            Arg::new("version")
                .short('v')
                .long("version")
                .action(ArgAction::Version)
                .help("Print the version"),
        )
        .arg(
            Arg::new(RECORD)
                .long(RECORD)
                .value_name("FILE")
                .help("Record the session, passwords included, to a file that the playground and the npm package can replay")
                .value_parser(OsStringValueParser::new()),
        )
        .args(PARAMETERS.iter().map(flag))
        .args(LISTED.map(|(name, words, help)| base(name).value_name(words).help(help)))
        .args(unsupported::names().map(|name| base(name).hide(true)))
}

fn base(name: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::Append)
        .value_parser(OsStringValueParser::new())
        .help_heading("Parameters")
}

fn flag(parameter: &Parameter) -> Arg {
    let (value, many) = (value_name(&parameter.kind), takes_words(parameter));
    base(parameter.name)
        .aliases(parameter.alias)
        .value_name(if many { format!("{value}...") } else { value })
        .help(parameter.summary.trim_end_matches('.'))
}

fn value_name(kind: &Kind) -> String {
    match kind {
        Kind::Bool(_) => "yes|no".to_owned(),
        Kind::Never { .. } => "no".to_owned(),
        Kind::Empty { .. } => "\"\"".to_owned(),
        Kind::Integer { unit: Unit::Plain, .. } => "NUMBER".to_owned(),
        Kind::Integer { unit: Unit::Memory | Unit::WideMemory, .. } => "BYTES".to_owned(),
        Kind::Integer { unit: Unit::MemoryOrPercent, .. } => "BYTES|PERCENT%".to_owned(),
        Kind::Integer { unit: Unit::Octal, .. } => "MODE".to_owned(),
        Kind::Enum { names, .. } if names.len() <= 5 => names.join("|"),
        Kind::Clamped { .. } => "NUMBER".to_owned(),
        Kind::Enum { .. } | Kind::Text(_) => "TEXT".to_owned(),
        Kind::OutputLimits(_) => "CLASS HARD SOFT SECONDS".to_owned(),
        Kind::Percentiles(_) => "PERCENT".to_owned(),
        Kind::Events(_) => "EVENTS".to_owned(),
        Kind::Words { names, .. } => {
            names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|")
        }
        Kind::OomScores(_) => "MASTER REPLICA CHILD".to_owned(),
    }
}

/// Splits the words into parameters and everything else.
fn split(words: impl IntoIterator<Item = OsString>) -> (Vec<Directive>, Vec<OsString>) {
    let (mut flags, mut rest) = (Vec::<Directive>::new(), Vec::new());
    let mut words = words.into_iter().peekable();
    rest.extend(words.next());
    let mut takes_more = false;
    while let Some(word) = words.next() {
        let is_standard_input = word == OsStr::new("-") && words.peek().is_none();
        // After the configuration file, Redis accepts the first flag without dashes.
        let is_bare = flags.is_empty() && rest.len() > 1 && is_parameter(word.as_bytes());
        if let Some((name, mut values)) = as_flag(&word, is_bare) {
            takes_more = is_parameter(name.as_bytes());
            if !takes_more {
                rest.push(word);
                continue;
            }
            if values.is_empty() {
                // The value of `save` may be empty in generated command lines.
                let is_value = |next: &OsString| name != "save" || !is_flag(next);
                values.extend(words.next_if(is_value).map(OsString::into_vec));
            }
            flags.push(Directive { name, words: values, origin: Origin::Flag });
        } else if let (Some(flag), true, false) = (flags.last_mut(), takes_more, is_standard_input)
        {
            flag.words.push(word.into_vec());
        } else {
            rest.push(word);
        }
    }
    (flags, rest)
}

fn is_flag(word: &OsStr) -> bool {
    word.len() > 2 && word.as_bytes().starts_with(b"--")
}

fn is_parameter(name: &[u8]) -> bool {
    let mut others = LISTED.iter().map(|(name, ..)| *name).chain(unsupported::names());
    Config::parameter(name).is_some()
        || others.any(|other| other.as_bytes().eq_ignore_ascii_case(name))
}

/// Returns the name of a flag and the words contained in the same argument: after `=`, or as in a
/// line of the file.
fn as_flag(word: &OsStr, is_bare: bool) -> Option<(String, Vec<Vec<u8>>)> {
    let bytes = match word.as_bytes() {
        bytes if is_bare => bytes,
        bytes => is_flag(word).then(|| &bytes[2..])?,
    };
    let end = bytes.iter().position(|byte| b"= ".contains(byte)).unwrap_or(bytes.len());
    let name = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let words = match bytes[end..].split_first() {
        None => Vec::new(),
        Some((b' ', line)) => config_file::words(line).unwrap_or_else(|| vec![line.to_vec()]),
        Some((_, value)) => vec![value.to_vec()],
    };
    Some((name, words))
}

fn source(matches: &ArgMatches) -> Result<Option<Source>, Fatal> {
    let Some(path) = matches.get_one::<OsString>(CONFIG_FILE) else { return Ok(None) };
    if path == OsStr::new("-") {
        return Ok(Some(Source::StandardInput));
    }
    absolute(path).map(|path| Some(Source::File(path)))
}

/// Returns an absolute path, so that it stays valid when the working directory changes.
fn absolute(path: &OsString) -> Result<PathBuf, Fatal> {
    std::path::absolute(Path::new(path))
        .map_err(|error| Fatal::new(format!("{}: {error}", path.display())))
}

/// Returns clap's message without its frame: the error and the suggestion.
fn one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let error = lines.next().unwrap_or_default().trim_start_matches("error: ");
    match lines.find_map(|line| line.strip_prefix("tip: ").filter(|tip| tip.contains("similar"))) {
        Some(tip) => format!("{error}; {tip}"),
        None => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &[&str]) -> Result<Invocation, String> {
        let words = ["redstart"].iter().chain(line).map(OsString::from);
        parse(words).map_err(|fatal| fatal.to_string())
    }

    fn served(line: &[&str]) -> (Option<Source>, Vec<(String, Vec<String>)>) {
        let Ok(Invocation::Serve { source, flags, .. }) = parsed(line) else {
            panic!("{line:?}: {:?}", parsed(line))
        };
        let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
        (
            source,
            flags
                .iter()
                .map(|flag| (flag.name.clone(), flag.words.iter().map(text).collect()))
                .collect(),
        )
    }

    fn pair(name: &str, words: &[&str]) -> (String, Vec<String>) {
        (name.to_owned(), words.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn the_clap_command_is_valid() {
        command().debug_assert();
    }

    #[test]
    fn several_words_follow_a_flag() {
        let line =
            ["/etc/redis.conf", "--port", "7777", "--bind", "127.0.0.1", "-::1", "--save", ""];
        let (source, flags) = served(&line);
        assert_eq!(source, Some(Source::File("/etc/redis.conf".into())));
        let expected =
            [pair("port", &["7777"]), pair("bind", &["127.0.0.1", "-::1"]), pair("save", &[""])];
        assert_eq!(flags, expected);
    }

    #[test]
    fn flags_may_contain_their_value() {
        assert_eq!(served(&["--requirepass=--x"]).1, [pair("requirepass", &["--x"])]);
        assert_eq!(
            served(&["--slowlog-log-slower-than", "-1"]).1,
            [pair("slowlog-log-slower-than", &["-1"])]
        );
        assert_eq!(served(&["--appendfsync", "everysec"]).1, [pair("appendfsync", &["everysec"])]);
        assert_eq!(served(&["-"]).0, Some(Source::StandardInput));
    }

    #[test]
    fn an_argument_may_be_a_line_of_the_file() {
        assert_eq!(
            served(&["file", "loglevel", "verbose", "--hz '20'", "--bind 127.0.0.1 \"-::1\""]).1,
            [
                pair("loglevel", &["verbose"]),
                pair("hz", &["20"]),
                pair("bind", &["127.0.0.1", "-::1"])
            ]
        );
    }

    #[test]
    fn each_rename_is_a_directive_of_its_own() {
        let line = ["--rename-command", "get", "fetch", "--rename-command", "set", ""];
        let renames = ["get fetch", "set "].map(|pair| pair.split(' ').collect::<Vec<_>>());
        assert_eq!(served(&line).1, renames.map(|words| pair("rename-command", &words)));
    }

    #[test]
    fn the_first_word_after_a_flag_is_its_value() {
        let line = ["--requirepass", "--x", "--y", "--logfile", "-", "--bind", "--hz", "b", "-"];
        let Err(error) = parsed(&line) else { panic!("--y is not a flag") };
        assert!(error.contains("'--y'"), "{error}");
        let (source, flags) = served(&[&line[..2], &line[3..]].concat());
        assert_eq!(source, Some(Source::StandardInput));
        let expected =
            [pair("requirepass", &["--x"]), pair("logfile", &["-"]), pair("bind", &["--hz", "b"])];
        assert_eq!(flags, expected);
        let line = ["--save", "--port", "1", "--save", "--record", "r", "--hz"];
        let expected =
            [pair("save", &[]), pair("port", &["1"]), pair("save", &[]), pair("hz", &[])];
        assert_eq!(served(&line).1, expected);
        let Ok(Invocation::Serve { record, .. }) = parsed(&line) else { panic!("{line:?}") };
        assert_eq!(record, Some(std::path::absolute("r").expect("a path")));
    }

    #[test]
    fn each_user_has_its_own_rules() {
        let line = ["--user", "a", "on", "+@all", "--hz", "20", "--user", "b"];
        let users =
            [pair("user", &["a", "on", "+@all"]), pair("hz", &["20"]), pair("user", &["b"])];
        assert_eq!(served(&line).1, users);
    }

    #[test]
    fn help_lists_every_parameter() {
        let Ok(Invocation::Print(help)) = parsed(&["--help"]) else {
            panic!("--help prints the help")
        };
        for parameter in PARAMETERS {
            assert!(help.contains(&format!("--{}", parameter.name)), "{}", parameter.name);
        }
        assert!(
            matches!(parsed(&["-v"]), Ok(Invocation::Print(text)) if text.contains(env!("CARGO_PKG_VERSION")))
        );
    }

    #[test]
    fn errors_are_reported_in_one_line() {
        for (line, part) in [
            (
                &["--prot", "1"][..],
                "unexpected argument '--prot' found; a similar argument exists: '--port'",
            ),
            (&["--record"], "a value is required for '--record"),
            (&["a", "b"], "unexpected argument 'b' found"),
        ] {
            let error = parsed(line).expect_err("refused");
            assert!(error.contains(part) && !error.contains('\n'), "{error}");
        }
    }
}
