//! Tests of users built from rules, with a table of six commands.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::rule::RuleError;
use super::*;
use crate::time::UnixMillis;

const NAMES: [&str; 6] = ["get", "set", "select", "config", "config|get", "config|set"];

struct SixCommands;

impl Catalogue for SixCommands {
    fn command(&self, name: &[u8]) -> Option<usize> {
        NAMES.iter().position(|known| known.as_bytes().eq_ignore_ascii_case(name))
    }

    fn subcommands(&self, command: usize) -> Range<usize> {
        if command == 3 { 4..6 } else { 0..0 }
    }

    fn category(&self, name: &[u8]) -> Option<Vec<usize>> {
        match name {
            b"read" => Some(Vec::from([0])),
            b"slow" => Some(Vec::from([2, 3])),
            _ => None,
        }
    }
}

const RULES: Rules<'_> = Rules { catalogue: &SixCommands, has_all_channels: false };

fn user(rules: &[&str]) -> Result<User, RuleError> {
    let mut user = User::new(b"somebody", &RULES);
    for rule in rules {
        user.apply(rule.as_bytes(), &RULES)?;
    }
    Ok(user)
}

fn made(rules: &[&str]) -> User {
    user(rules).expect("the rules are right")
}

fn told(rules: &[&str]) -> String {
    String::from_utf8(made(rules).description()).expect("the rules are text")
}

/// Returns the commands that a user may run without an argument.
fn permitted(rules: &[&str]) -> Vec<&'static str> {
    let user = made(rules);
    let is_permitted =
        |command: usize| user.selectors().iter().any(|own| own.permits_command(command, None));
    (0..NAMES.len()).filter(|&command| is_permitted(command)).map(|at| NAMES[at]).collect()
}

#[test]
fn command_rules_apply_in_order() {
    assert_eq!(permitted(&[]), [""; 0]);
    assert_eq!(permitted(&["+@all"]), NAMES);
    assert_eq!(permitted(&["+@all", "-config"]), ["get", "set", "select"]);
    assert_eq!(permitted(&["+CONFIG|get", "+set"]), ["set", "config|get"]);
    assert_eq!(permitted(&["+config", "-config|set"]), ["config", "config|get"]);
    assert_eq!(permitted(&["+@slow", "-select"]), ["config", "config|get", "config|set"]);
    assert_eq!(permitted(&["+set", "nocommands", "+@read"]), ["get"]);
    assert_eq!(permitted(&["+set", "(+get)", "(+select)"]), ["get", "set", "select"]);
    assert_eq!(permitted(&["+set", "(+get)", "clearselectors"]), ["set"]);
}

#[test]
fn a_command_may_be_permitted_with_one_first_argument() {
    let user = made(&["+select|0", "+select|x"]);
    let permits = |argument: &[u8]| user.selectors()[0].permits_command(2, Some(argument));
    assert!(permits(b"0") && permits(b"X") && !permits(b"1"));
    assert!(!user.selectors()[0].permits_command(2, None));
    let taken = made(&["+select|0", "-select"]);
    assert!(!taken.selectors()[0].permits_command(2, Some(b"0")));
}

#[test]
fn rules_are_listed_in_order_without_overridden_ones() {
    assert_eq!(told(&[]), "off sanitize-payload resetchannels -@all");
    assert_eq!(
        told(&["on", "nopass", "allkeys", "allchannels", "allcommands"]),
        "on nopass sanitize-payload ~* &* +@all"
    );
    assert_eq!(
        told(&["+@read", "+GET", "-get", "+config|set", "+select|0", "-config"]),
        "off sanitize-payload resetchannels -@all +@read -get +select|0 -config"
    );
    assert_eq!(
        told(&["~a", "%R~a", "%W~b", "%wr~c", "&x", "&x", "+@all", "-set", "(~k %R~l +get)"]),
        "off sanitize-payload ~a %W~b ~c resetchannels &x +@all -set (~k %R~l resetchannels -@all +get)"
    );
    assert_eq!(told(&["on", "~a", "(+get)", "reset"]), told(&[]));
}

#[test]
fn key_rules_permit_kinds_of_access() {
    const READS: Access = Access { reads: true, writes: false };
    const WRITES: Access = Access { reads: false, writes: true };
    const BOTH: Access = Access { reads: true, writes: true };
    let user = made(&["%R~r*", "%W~w*", "~b*", "%RW~x"]);
    let permits = |key: &str, access| user.selectors()[0].permits_key(key.as_bytes(), access);
    assert!(permits("r1", READS) && !permits("r1", WRITES) && !permits("r1", BOTH));
    assert!(permits("w1", WRITES) && !permits("w1", READS) && permits("w1", Access::default()));
    assert!(permits("b1", BOTH) && permits("x", BOTH) && !permits("xy", BOTH));
    assert!(!user.selectors()[0].permits_all_keys(READS));
    assert!(made(&["%R~*"]).selectors()[0].permits_all_keys(READS));
    assert!(!made(&["%R~*"]).selectors()[0].permits_all_keys(WRITES));
}

#[test]
fn a_channel_pattern_must_be_permitted_verbatim() {
    let user = made(&["&a*", "&b"]);
    assert!(user.permits_channel(b"abc", false) && user.permits_channel(b"b", false));
    assert!(user.permits_channel(b"a*", true) && !user.permits_channel(b"abc", true));
    assert!(made(&["&a*", "&b", "&c"]).keeps_channels_of(&user));
    assert!(made(&["allchannels"]).keeps_channels_of(&user));
    assert!(!made(&["&a*"]).keeps_channels_of(&user));
    assert!(!user.keeps_channels_of(&made(&["allchannels"])));
}

#[test]
fn invalid_rules_are_rejected() {
    for (rules, error) in [
        (&["nosuch"][..], RuleError::Syntax),
        (&["~a b"], RuleError::Syntax),
        (&["%~a"], RuleError::Syntax),
        (&["%RR~a"], RuleError::Syntax),
        (&["%"], RuleError::Syntax),
        (&["&a\tb"], RuleError::Syntax),
        (&["(+get"], RuleError::Syntax),
        (&["((+get))"], RuleError::Syntax),
        (&["+config|"], RuleError::Syntax),
        (&["+nosuch"], RuleError::Unknown),
        (&["-select|0"], RuleError::Unknown),
        (&["+config|nosuch"], RuleError::Unknown),
        (&["+@nosuch"], RuleError::Unknown),
        (&["(+get +nosuch)"], RuleError::Unknown),
        (&["+config|set|port"], RuleError::ArgumentOfSubcommand),
        (&["~*", "~a"], RuleError::AllKeysAlready),
        (&["&*", "&a"], RuleError::AllChannelsAlready),
        (&["<never"], RuleError::NoSuchPassword),
        (&["#ABCD"], RuleError::Hash),
    ] {
        assert_eq!(user(rules).err(), Some(error), "{rules:?}");
    }
}

#[test]
fn passwords_are_added_removed_and_checked() {
    let mut acl = Acl::new(b"");
    acl.insert(made(&["on", ">one", ">two"]));
    let knows = |acl: &Acl, password: &[u8]| acl.authenticate(b"somebody", password).is_some();
    assert!(knows(&acl, b"one") && knows(&acl, b"two") && !knows(&acl, b"three"));
    assert!(acl.authenticate(b"nobody", b"one").is_none());
    acl.insert(made(&["on", ">one", ">two", "<one"]));
    assert!(!knows(&acl, b"one") && knows(&acl, b"two"));
    acl.insert(made(&["off", ">one"]));
    assert!(!knows(&acl, b"one"));
    acl.insert(made(&["on", ">one", "nopass"]));
    assert!(knows(&acl, b"any"));
    // SHA-256 of "abc" (FIPS 180-2).
    let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    acl.insert(made(&["on", &["#", digits].concat()]));
    assert!(knows(&acl, b"abc"));
    assert_eq!(made(&[">abc"]).passwords().next(), Some(digits.as_bytes().to_vec()));
}

#[test]
fn a_selector_may_span_several_words() {
    let merged = |words: &[&'static str]| {
        let merged = rule::merge_selectors(words.iter().map(|word| word.as_bytes()));
        merged.map(|rules| rules.iter().map(|rule| String::from_utf8_lossy(rule).into()).collect())
    };
    let rules: Result<Vec<String>, _> = merged(&["on", "(+get", "~a", "%R~b)", "off", "(~c)"]);
    assert_eq!(rules.expect("all are closed"), ["on", "(+get ~a %R~b)", "off", "(~c)"]);
    assert_eq!(merged(&["(+get", "on"]), Err(&b"(+get"[..]));
}

#[test]
fn a_file_is_loaded_exactly_or_not_at_all() {
    let mut acl = Acl::new(b"secret");
    acl.insert(made(&["on", ">one", "~a", "+@all", "-config|set", "(%R~b +get)"]));
    let text = acl.file();
    let users = Acl::parse_file(&text, "f", &RULES).expect("the file was written by Redstart");
    let mut again = Acl::new(b"");
    again.replace(users);
    assert_eq!(again.file(), text);
    let wrong = |text: &str| Acl::parse_file(text.as_bytes(), "f", &RULES).expect_err("refused");
    assert_eq!(
        wrong("\nuser a on\n# no comments\nuser a\nuser b +nosuch ~* ~x #y\n"),
        "f:3 should start with user keyword followed by the username. WARNING: Duplicate user 'a' found on line 4. \
         f:5: Error in applying operation '+nosuch': Unknown command or category name in ACL. \
         f:5: Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. \
         Try 'resetkeys' to start with an empty list of patterns. \
         WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
    );
}

#[test]
fn equal_denials_within_a_minute_share_an_entry() {
    let mut log = log::AclLog::default();
    let mut deny = |object: &str, ms| {
        let (object, user) = (object.as_bytes().to_vec(), b"u".to_vec());
        let event = log::Event { reason: Reason::Key, is_in_transaction: false, object, user };
        log.push(event, Vec::new(), UnixMillis(ms), 2);
        log.iter().map(|entry| (entry.id, entry.count)).collect::<Vec<_>>()
    };
    assert_eq!(deny("a", 0), [(0, 1)]);
    assert_eq!(deny("b", 10_000), [(1, 1), (0, 1)]);
    assert_eq!(deny("a", 60_000), [(0, 2), (1, 1)]);
    assert_eq!(deny("b", 70_001), [(2, 1), (0, 2)]);
}
