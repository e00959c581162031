//! Parses the files of the corpus: sessions with a server, written as they appear in `redis-cli`.
//!
//! A file is parsed into [`Scenario`]s of [`Item`]s and written back byte for byte, including
//! comments and blank lines, so that recording replaces replies and nothing else. `cases/README.md`
//! describes the format for authors of cases.

use core::{fmt, time::Duration};

use crate::reference::Reference;

/// A file of the corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The comments and blank lines before the first scenario.
    pub head: Vec<Item>,
    /// The scenarios, each played on a server that was reset.
    pub scenarios: Vec<Scenario>,
}

/// `== name` and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The name, which describes the scenario.
    pub name: String,
    /// The line number in the file.
    pub line: usize,
    /// Its contents, in order.
    pub items: Vec<Item>,
}

/// One line of a scenario, or a step with its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An empty line.
    Blank,
    /// `# why`
    Comment(String),
    /// `! marker`, which applies to the scenario or, for [`Marker::Unordered`], to the next step.
    Marker(Marker),
    /// A step.
    Step(Step),
}

/// A remark about a scenario or a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marker {
    /// `! resp3`: the clients of this scenario have said `HELLO 3`.
    Resp3,
    /// `! unordered`: the innermost lists of the next output are sorted before they are shown.
    Unordered,
    /// `! known_failure: why`: Redstart does not support this yet, and the suite fails as soon as
    /// it does.
    KnownFailure(String),
    /// These references answer otherwise: `! redis_7_2: why` only Redis 7.0, `! differs: why` all
    /// of them, `! differs from valkey: why` those named.
    Differs(Vec<Reference>, String),
}

/// An action and all output of the server before the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The line number in the file.
    pub line: usize,
    /// The action.
    pub action: Action,
    /// The output after it, beginning with the acting client's replies.
    pub output: Vec<Output>,
}

/// The action of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `> PING`, or `b> PING`: a client sends a command, its arguments quoted as in `redis-cli`.
    Command(Client, String),
    /// `>> "PING\r\n"`: a client sends the quoted bytes exactly.
    Bytes(Client, String),
    /// `@ +1500ms`: time passes.
    Advance(Duration),
}

/// A client of a scenario, identified by a letter; `a` by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client(pub char);

/// The output of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The client that receives it.
    pub client: Client,
    /// The lines, as printed.
    pub lines: Vec<String>,
}

/// An error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line number.
    pub line: usize,
    /// A description of the error.
    pub why: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl core::error::Error for ParseError {}

impl Scenario {
    /// Returns the markers of the scenario.
    pub fn markers(&self) -> impl Iterator<Item = &Marker> {
        self.items.iter().filter_map(|item| match item {
            Item::Marker(marker) => Some(marker),
            _ => None,
        })
    }
}

impl Client {
    /// The client that acts if no letter is written.
    pub const DEFAULT: Self = Self('a');

    fn parse(letter: &str) -> Option<Self> {
        let mut characters = letter.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Some(Self::DEFAULT),
            (Some(letter @ 'a'..='z'), None) => Some(Self(letter)),
            _ => None,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::DEFAULT { Ok(()) } else { write!(f, "{}", self.0) }
    }
}

/// The kind of a line, determined by its first characters.
enum Line<'a> {
    Blank,
    Scenario(&'a str),
    Marker(&'a str),
    Comment(&'a str),
    Advance(&'a str),
    Command(Client, &'a str),
    Bytes(Client, &'a str),
    Arrival(Client),
    Reply(&'a str),
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        if line.is_empty() {
            return Self::Blank;
        }
        if line == "#" {
            return Self::Comment("");
        }
        if let Some(client) = line.strip_suffix('<').and_then(Client::parse) {
            return Self::Arrival(client);
        }
        let (sign, rest) = line.split_once(' ').unwrap_or((line, ""));
        match sign {
            "==" => return Self::Scenario(rest),
            "!" => return Self::Marker(rest),
            "#" => return Self::Comment(rest),
            "@" => return Self::Advance(rest),
            _ => {}
        }
        if let Some(client) = sign.strip_suffix(">>").and_then(Client::parse) {
            return Self::Bytes(client, rest);
        }
        if let Some(client) = sign.strip_suffix('>').and_then(Client::parse) {
            return Self::Command(client, rest);
        }
        Self::Reply(line.strip_prefix('\\').unwrap_or(line))
    }
}

/// Returns a line of output as written in the file: `\` prevents it from being parsed as anything
/// else.
fn escaped(line: &str) -> String {
    match Line::read(line) {
        Line::Reply(_) if !line.starts_with('\\') => line.to_owned(),
        _ => format!("\\{line}"),
    }
}

/// Parses a file.
///
/// # Errors
/// A line is out of place.
pub fn parse(text: &str) -> Result<Transcript, ParseError> {
    let mut transcript = Transcript::default();
    let mut receiving: Option<Client> = None;
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        let error = |why: &str| ParseError { line: number, why: why.to_owned() };
        let line = Line::read(line);
        if let Line::Scenario(name) = line {
            transcript.scenarios.push(Scenario {
                name: name.to_owned(),
                line: number,
                items: Vec::new(),
            });
            receiving = None;
            continue;
        }
        let items = match transcript.scenarios.last_mut() {
            Some(scenario) => &mut scenario.items,
            None if matches!(line, Line::Blank | Line::Comment(_)) => &mut transcript.head,
            None => {
                return Err(error("expected a comment or `== scenario`"));
            }
        };
        let step = |action| Item::Step(Step { line: number, action, output: Vec::new() });
        match line {
            Line::Scenario(_) => unreachable!("handled above"),
            Line::Blank => items.push(Item::Blank),
            Line::Comment(text) => items.push(Item::Comment(text.to_owned())),
            Line::Marker(text) => items.push(Item::Marker(
                marker(text).ok_or_else(|| error("unknown marker, or missing reason"))?,
            )),
            Line::Advance(text) => items.push(step(Action::Advance(
                duration(text).ok_or_else(|| error("expected `@ +1500ms`"))?,
            ))),
            Line::Command(client, text) => {
                items.push(step(Action::Command(client, text.to_owned())))
            }
            Line::Bytes(client, text) => items.push(step(Action::Bytes(client, text.to_owned()))),
            Line::Arrival(_) | Line::Reply(_) => {}
        }
        match line {
            Line::Command(client, _) | Line::Bytes(client, _) => receiving = Some(client),
            Line::Advance(_) => receiving = None,
            Line::Arrival(client) => match items.last_mut() {
                Some(Item::Step(step)) => {
                    step.output.push(Output { client, lines: Vec::new() });
                    receiving = Some(client);
                }
                _ => return Err(error("output of another client without a step before it")),
            },
            Line::Reply(text) => match (items.last_mut(), receiving) {
                (Some(Item::Step(step)), Some(client)) => step.show(client, text),
                _ => return Err(error("a reply without a command before it")),
            },
            _ => {}
        }
    }
    Ok(transcript)
}

impl Step {
    fn show(&mut self, client: Client, line: &str) {
        match self.output.last_mut() {
            Some(output) if output.client == client => output.lines.push(line.to_owned()),
            _ => self.output.push(Output { client, lines: vec![line.to_owned()] }),
        }
    }

    /// Returns the client that acts.
    #[must_use]
    pub fn client(&self) -> Option<Client> {
        match self.action {
            Action::Command(client, _) | Action::Bytes(client, _) => Some(client),
            Action::Advance(_) => None,
        }
    }
}

fn marker(text: &str) -> Option<Marker> {
    match text.split_once(':') {
        None if text == "resp3" => Some(Marker::Resp3),
        None if text == "unordered" => Some(Marker::Unordered),
        Some((name, why)) if !why.trim().is_empty() => {
            let why = why.trim().to_owned();
            match name {
                "known_failure" => Some(Marker::KnownFailure(why)),
                "redis_7_2" => Some(Marker::Differs(vec![Reference::Redis], why)),
                "differs" => Some(Marker::Differs(Reference::ALL.to_vec(), why)),
                _ => {
                    let names = name.strip_prefix("differs from ")?.split(", ");
                    let from = names.map(str::parse).collect::<Result<_, _>>().ok()?;
                    Some(Marker::Differs(from, why))
                }
            }
        }
        _ => None,
    }
}

fn duration(text: &str) -> Option<Duration> {
    let text = text.strip_prefix('+')?;
    match text.strip_suffix("ms") {
        Some(millis) => millis.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head.iter().try_for_each(|item| item.fmt(f))?;
        self.scenarios.iter().try_for_each(|scenario| {
            writeln!(f, "== {}", scenario.name)?;
            scenario.items.iter().try_for_each(|item| item.fmt(f))
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => writeln!(f),
            Self::Comment(text) if text.is_empty() => writeln!(f, "#"),
            Self::Comment(text) => writeln!(f, "# {text}"),
            Self::Marker(marker) => writeln!(f, "! {marker}"),
            Self::Step(step) => step.fmt(f),
        }
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resp3 => f.write_str("resp3"),
            Self::Unordered => f.write_str("unordered"),
            Self::KnownFailure(why) => write!(f, "known_failure: {why}"),
            Self::Differs(from, why) if *from == [Reference::Redis] => {
                write!(f, "redis_7_2: {why}")
            }
            Self::Differs(from, why) if *from == Reference::ALL => write!(f, "differs: {why}"),
            Self::Differs(from, why) => {
                let names: Vec<&str> = from.iter().map(|reference| reference.name()).collect();
                write!(f, "differs from {}: {why}", names.join(", "))
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.action)?;
        let mut receiving = self.client();
        for output in &self.output {
            if receiving != Some(output.client) {
                writeln!(f, "{}<", output.client)?;
                receiving = Some(output.client);
            }
            output.lines.iter().try_for_each(|line| writeln!(f, "{}", escaped(line)))?;
        }
        Ok(())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(client, text) => write!(f, "{client}> {text}"),
            Self::Bytes(client, text) => write!(f, "{client}>> {text}"),
            Self::Advance(by) => write!(f, "@ +{}ms", by.as_millis()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = r#"# What this file is about.

== a blocked client is served
! resp3
! known_failure: not there yet
! redis_7_2: new
! differs from redict, valkey: on purpose
! differs: on purpose
# first
b> BLPOP l 0
> RPUSH l x
(integer) 1
b<
1) "l"
2) "x"

@ +1500ms
b<
(closed)
! unordered
> KEYS *
1) "l"
> INFO
\# Server
\
\\x
\b> no command
== raw
>> "PING\r\n" 70000*"x"
PONG
"#;

    #[test]
    fn a_file_is_written_as_it_was_read() {
        let transcript = parse(SESSION).unwrap();
        assert_eq!(transcript.to_string(), SESSION);
        assert_eq!(transcript.scenarios.len(), 2);
    }

    #[test]
    fn outputs_belong_to_their_clients() {
        let transcript = parse(SESSION).unwrap();
        let steps: Vec<&Step> = transcript.scenarios[0]
            .items
            .iter()
            .filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None })
            .collect();
        assert_eq!(steps[0].output, []);
        assert_eq!(
            steps[1].output[0],
            Output { client: Client('a'), lines: vec!["(integer) 1".into()] }
        );
        assert_eq!(
            steps[1].output[1],
            Output { client: Client('b'), lines: vec!["1) \"l\"".into(), "2) \"x\"".into()] }
        );
        assert_eq!(steps[2].action, Action::Advance(Duration::from_millis(1500)));
        assert_eq!(steps[4].output[0].lines, ["# Server", "", "\\x", "b> no command"]);
    }

    #[test]
    fn lines_out_of_place_are_refused() {
        for (text, line) in [
            ("OK\n", 1),
            ("== x\nOK\n", 2),
            ("== x\n> PING\n\nPONG\n", 4),
            ("== x\n@ +1s\nOK\n", 3),
            ("== x\n@ 1s\n", 2),
            ("== x\n! differs\n", 2),
            ("== x\n! whatever: x\n", 2),
            ("== x\n! differs from nothing: x\n", 2),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
