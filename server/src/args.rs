//! The command line.
//!
//! Every parameter is a flag. Redis lets several words follow one (`--bind 127.0.0.1 -::1`), up to the next that starts
//! with `--`; the common parser wants a flag for each. So the words are first spelled out: `--bind=127.0.0.1 --bind=-::1`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, Styles, styling::AnsiColor};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};
use redstart_core::config::{Config, Kind, PARAMETERS, Parameter, Unit};

use crate::config_file::{self, Source};
use crate::directive::{Directive, Origin, accumulates, takes_words};
use crate::fatal::Fatal;
use crate::foreign;

const CONFIG_FILE: &str = "config-file";
const RECORD: &str = "record";
/// The flags that may come several times, each time with words of their own: name, words, what it is.
const LISTED: [(&str, &str, &str); 2] = [
    ("user", "NAME RULE...", "A user and what it may do, as in ACL SETUSER"),
    ("rename-command", "NAME NEW-NAME", "What requests call a command instead; \"\" removes it"),
];

/// What the command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invocation {
    /// To run with this configuration.
    Serve { source: Option<Source>, flags: Vec<Directive>, record: Option<PathBuf> },
    /// To print this text: help, or the version.
    Print(String),
}

/// Reads the command line; `words` begin with the program's name.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Invocation, Fatal> {
    match command().try_get_matches_from(spell_out(words)) {
        Ok(matches) => Ok(Invocation::Serve {
            source: source(&matches)?,
            flags: flags(&matches),
            record: matches.get_one::<OsString>(RECORD).map(absolute).transpose()?,
        }),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Invocation::Print(error.render().ansi().to_string()))
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
        .version(concat!(env!("CARGO_PKG_VERSION"), " (a Redis-compatible server)"))
        .disable_version_flag(true)
        .about("A Redis-compatible server.")
        .after_help(
            "Parameters mean what they mean in redis.conf. Several words may follow one: --bind 127.0.0.1 -::1\n\
             Flags take the place of what the file says.",
        )
        .styles(styles)
        .arg(
            Arg::new(CONFIG_FILE)
                .value_name("CONFIG-FILE")
                .help("A file in the syntax of redis.conf; - reads standard input")
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
                .help("Record the session to a file, which the playground and the npm package play again")
                .value_parser(OsStringValueParser::new()),
        )
        .args(PARAMETERS.iter().map(flag))
        .args(LISTED.map(|(name, words, help)| base(name).value_name(words).help(help)))
        .args(foreign::names().map(|name| base(name).hide(true)))
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
    }
}

/// Gives every word that follows a flag a flag of its own. A flag that comes again takes the place of the first, unless
/// what it says adds up.
fn spell_out(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut spelled = Vec::new();
    let mut flags: Vec<(OsString, Vec<OsString>)> = Vec::new();
    for word in words {
        if let Some((name, value)) = as_flag(&word) {
            if !accumulates(&name.to_string_lossy()[2..]) {
                flags.retain(|(earlier, _)| *earlier != name);
            }
            flags.push((name, value));
        } else if let Some((_, values)) = flags.last_mut() {
            values.push(word);
        } else if spelled.len() > 1 && Config::parameter(word.as_bytes()).is_some() {
            // Behind the file Redis lets the first flag come without its dashes.
            flags.push(([OsStr::new("--"), &word].join(OsStr::new("")), Vec::new()));
        } else {
            spelled.push(word);
        }
    }
    for (name, values) in flags {
        if values.is_empty() {
            spelled.push(name);
        } else if LISTED.iter().any(|(listed, ..)| name.as_bytes()[2..] == *listed.as_bytes()) {
            // No word of a command line holds a NUL.
            spelled.push([name, values.join(OsStr::new("\0"))].join(OsStr::new("=")));
        } else {
            let pair = |value: &OsString| [name.as_os_str(), value].join(OsStr::new("="));
            spelled.extend(values.iter().map(pair));
        }
    }
    spelled
}

/// The name of a flag, with the words that the same argument holds: after `=`, or as in a line of the file.
fn as_flag(word: &OsStr) -> Option<(OsString, Vec<OsString>)> {
    let bytes = word.as_bytes();
    if !bytes.starts_with(b"--") || bytes.len() == 2 {
        return None;
    }
    let Some(end) = bytes.iter().position(|byte| b"= ".contains(byte)) else {
        return Some((word.to_owned(), Vec::new()));
    };
    let (name, rest) = (OsStr::from_bytes(&bytes[..end]), &bytes[end + 1..]);
    let words = if bytes[end] == b' ' { config_file::words(rest) } else { None };
    let words = words.unwrap_or_else(|| vec![rest.to_vec()]);
    Some((name.to_owned(), words.into_iter().map(OsString::from_vec).collect()))
}

fn source(matches: &ArgMatches) -> Result<Option<Source>, Fatal> {
    let Some(path) = matches.get_one::<OsString>(CONFIG_FILE) else { return Ok(None) };
    if path == OsStr::new("-") {
        return Ok(Some(Source::StandardInput));
    }
    absolute(path).map(|path| Some(Source::File(path)))
}

/// A path that stays the same when the working directory changes before it is used.
fn absolute(path: &OsString) -> Result<PathBuf, Fatal> {
    std::path::absolute(Path::new(path))
        .map_err(|error| Fatal::new(format!("{}: {error}", path.display())))
}

/// The parameters that are given as flags, in the order of the table.
fn flags(matches: &ArgMatches) -> Vec<Directive> {
    let directive =
        |name: &str, words| Directive { name: name.to_owned(), words, origin: Origin::Flag };
    let names = PARAMETERS.iter().map(|parameter| parameter.name).chain(foreign::names());
    let parameters = names.filter_map(|name| {
        let words = matches.get_many::<OsString>(name)?;
        Some(directive(name, words.map(|word| word.clone().into_vec()).collect()))
    });
    let listed = LISTED.iter().flat_map(|&(name, ..)| {
        matches.get_many::<OsString>(name).into_iter().flatten().map(move |words| {
            let words = words.as_bytes().split(|&byte| byte == 0);
            directive(name, words.map(<[u8]>::to_vec).collect())
        })
    });
    parameters.chain(listed).collect()
}

/// The parser's message without its frame: what is wrong, and what may have been meant.
fn one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim);
    let error = lines.next().unwrap_or_default().trim_start_matches("error: ");
    match lines.find_map(|line| line.strip_prefix("tip: ")) {
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
    fn the_command_is_sound() {
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
    fn flags_may_hold_their_value() {
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
                pair("bind", &["127.0.0.1", "-::1"]),
                pair("hz", &["20"]),
                pair("loglevel", &["verbose"])
            ]
        );
    }

    #[test]
    fn commands_are_renamed_one_by_one() {
        let line = ["--rename-command", "get", "fetch", "--rename-command", "set", ""];
        let renames = ["get fetch", "set "].map(|pair| pair.split(' ').collect::<Vec<_>>());
        assert_eq!(served(&line).1, renames.map(|words| pair("rename-command", &words)));
    }

    #[test]
    fn the_last_flag_of_a_name_counts() {
        assert_eq!(
            served(&["--port", "1", "--hz", "20", "--port=2"]).1,
            [pair("port", &["2"]), pair("hz", &["20"])]
        );
        let limits = ["--client-output-buffer-limit", "normal", "1", "1", "1"];
        let twice = [limits, ["--client-output-buffer-limit", "pubsub", "2", "2", "2"]].concat();
        let words = ["normal", "1", "1", "1", "pubsub", "2", "2", "2"];
        assert_eq!(served(&twice).1, [pair("client-output-buffer-limit", &words)]);
    }

    #[test]
    fn each_user_has_its_own_rules() {
        let line = ["--user", "a", "on", "+@all", "--hz", "20", "--user", "b"];
        let users =
            [pair("hz", &["20"]), pair("user", &["a", "on", "+@all"]), pair("user", &["b"])];
        assert_eq!(served(&line).1, users);
    }

    #[test]
    fn help_lists_every_parameter() {
        let Ok(Invocation::Print(help)) = parsed(&["--help"]) else { panic!("help is printed") };
        for parameter in PARAMETERS {
            assert!(help.contains(&format!("--{}", parameter.name)), "{}", parameter.name);
        }
        assert!(
            matches!(parsed(&["-v"]), Ok(Invocation::Print(text)) if text.contains(env!("CARGO_PKG_VERSION")))
        );
    }

    #[test]
    fn mistakes_are_told_in_one_line() {
        for (line, part) in [
            (
                &["--prot", "1"][..],
                "unexpected argument '--prot' found; a similar argument exists: '--port'",
            ),
            (&["--port"], "a value is required for '--port"),
            (&["a", "b"], "unexpected argument 'b' found"),
        ] {
            let error = parsed(line).expect_err("refused");
            assert!(error.contains(part) && !error.contains('\n'), "{error}");
        }
    }
}
