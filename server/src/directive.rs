//! A parameter as written in a file or on the command line, and its application to the
//! configuration.

use core::fmt;

use redstart_core::config::{Config, Kind, Parameter};

use crate::fatal::Fatal;
use crate::unsupported::{self, Foreign};

/// A name and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Directive {
    pub(crate) name: String,
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) origin: Origin,
}

/// The location of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag,
    Line { file: String, number: usize },
}

/// The outcome of applying a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Set,
    Ignored,
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Flag => {
                write!(f, "'{}", self.name)?;
                // The names of commands are not a parameter, and not a secret either.
                let is_secret =
                    self.name != "rename-command" && Config::is_secret(self.name.as_bytes());
                for word in self.words.iter().filter(|_| !is_secret) {
                    write!(f, " {:?}", String::from_utf8_lossy(word))?;
                }
                f.write_str("'")
            }
            Origin::Line { file, number } => write!(f, "{file}:{number}: {}", self.name),
        }
    }
}

impl Directive {
    /// Sets the parameter. Parameters of Redis that this server does not support are ignored if
    /// that is safe.
    pub(crate) fn apply(&self, config: &mut Config) -> Result<Applied, Fatal> {
        let Some(parameter) = Config::parameter(self.name.as_bytes()) else {
            return match unsupported::judge(&self.name, &self.words) {
                Some(Foreign::Idle) => Ok(Applied::Set),
                Some(Foreign::Ignored) => Ok(Applied::Ignored),
                Some(Foreign::Refused(why)) => Err(Fatal::new(format!("{self}: {why}"))),
                None => Err(Fatal::new(format!("{self}: unknown parameter"))),
            };
        };
        if self.words.len() != 1 && !takes_words(parameter) {
            return Err(Fatal::new(format!("{self}: wrong number of arguments")));
        }
        config
            .set(parameter, &self.words.join(&b' '))
            .map_err(|invalid| Fatal::new(format!("{self}: {}", invalid.reason())))?;
        Ok(Applied::Set)
    }
}

/// Returns `true` if a later directive of this name adds to an earlier one instead of replacing it.
pub(crate) fn accumulates(name: &str) -> bool {
    Config::parameter(name.as_bytes()).map_or_else(
        || ["user", "rename-command", "loadmodule"].contains(&name),
        |parameter| matches!(parameter.kind, Kind::OutputLimits(_)),
    )
}

/// Returns `true` if the parameter's value consists of several words.
pub(crate) fn takes_words(parameter: &Parameter) -> bool {
    parameter.name == "bind"
        || matches!(
            parameter.kind,
            Kind::OutputLimits(_)
                | Kind::Percentiles(_)
                | Kind::OomScores(_)
                | Kind::Words { most: 2.., .. }
                | Kind::Empty { .. }
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(config: &mut Config, name: &str, words: &[&str]) -> Result<Applied, String> {
        let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        let directive = Directive { name: name.to_owned(), words, origin: Origin::Flag };
        directive.apply(config).map_err(|fatal| fatal.to_string())
    }

    #[test]
    fn directives_are_applied_ignored_or_rejected() {
        let mut config = Config::default();
        assert_eq!(apply(&mut config, "bind", &["127.0.0.1", "-::1"]), Ok(Applied::Set));
        assert_eq!(config.bind, b"127.0.0.1 -::1");
        assert_eq!(apply(&mut config, "PORT", &["7777"]), Ok(Applied::Set));
        assert_eq!(config.port, 7777);
        assert_eq!(apply(&mut config, "shutdown-on-sigint", &["now", "nosave"]), Ok(Applied::Set));
        assert!(
            apply(&mut config, "shutdown-on-sigint", &[])
                .is_err_and(|error| error.contains("following: "))
        );
        assert_eq!(
            apply(&mut config, "port", &["1", "2"]),
            Err("'port \"1\" \"2\"': wrong number of arguments".to_owned())
        );
        assert_eq!(
            apply(&mut config, "requirepass", &["secret", "2"]),
            Err("'requirepass': wrong number of arguments".to_owned())
        );
        assert_eq!(apply(&mut config, "rdbchecksum", &["yes"]), Ok(Applied::Ignored));
        assert_eq!(apply(&mut config, "cluster-enabled", &["no"]), Ok(Applied::Set));
        let error = apply(&mut config, "save", &["900", "1"]).expect_err("refused");
        assert!(error.starts_with("'save \"900\" \"1\"': "), "{error}");
        // An unknown parameter may hold a secret.
        for (name, words) in [("cluster-enabled", "yes"), ("requirepas", "secret")] {
            let error = apply(&mut config, name, &[words]).expect_err("refused");
            assert!(error.starts_with(&format!("'{name}': ")), "{error}");
        }
    }
}
