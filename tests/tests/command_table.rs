//! The command table: `COMMAND` describes every command as the references that stand for Redis 7.2
//! do.

use std::collections::BTreeMap;

use redstart_core::random::Seed;
use redstart_tests::{
    driver::{Driver, EngineDriver, TcpDriver, multibulk},
    print::lines,
    reference::Reference,
    resp::{Reply, decode},
};

/// Entries by the names of their commands, subcommands among them, each without the list of its
/// subcommands.
type Table = BTreeMap<String, Vec<Reply>>;

#[test]
fn commands_have_the_arity_flags_keys_and_tips_of_redis_7_2() {
    let [Some(redict), Some(valkey)] =
        [Reference::Redict, Reference::Valkey].map(|reference| reference.start().unwrap())
    else {
        return;
    };
    let [own, redict, valkey] = [
        table(&mut EngineDriver::new(Seed(1))),
        table(&mut TcpDriver::new(&redict.address).unwrap()),
        table(&mut TcpDriver::new(&valkey.address).unwrap()),
    ];
    let mut complaints = String::new();
    for (name, expected) in &redict {
        // Where the two disagree, Valkey has something of its own.
        let Some(entry) = own.get(name) else { continue };
        if entry != expected && valkey.get(name) != Some(entry) {
            complaints.push_str(&format!("{name}:\n{}", differences(expected, entry)));
        }
    }
    assert!(complaints.is_empty(), "\n{complaints}");
}

fn table(driver: &mut dyn Driver) -> Table {
    driver.reset().expect("the server answers");
    let connection = driver.connect().expect("the server answers");
    driver.send(connection, &multibulk(&["COMMAND"])).expect("the server answers");
    let mut bytes = Vec::new();
    driver.receive_replies(connection, 1, &mut bytes).expect("the server answers");
    let (Reply::Array(entries), _) =
        decode(&bytes).expect("it is RESP").expect("the reply is whole")
    else {
        panic!("COMMAND replies with an array");
    };
    let mut table = Table::new();
    entries.into_iter().for_each(|entry| add(&mut table, entry));
    table
}

fn add(table: &mut Table, entry: Reply) {
    let Reply::Array(mut fields) = entry else { panic!("an entry is an array") };
    let Some(Reply::Array(subcommands)) = fields.pop() else { panic!("the last is an array") };
    subcommands.into_iter().for_each(|subcommand| add(table, subcommand));
    fields.iter_mut().for_each(leave_out_notes);
    let Reply::Bulk(name) = fields.remove(0) else { panic!("a name is a bulk string") };
    table.insert(String::from_utf8(name).expect("a name is text"), fields);
}

/// Takes the notes out of key specifications, which are in each server's own words.
fn leave_out_notes(specifications: &mut Reply) {
    let Reply::Array(specifications) = specifications else { return };
    for specification in specifications {
        if let Reply::Array(words) = specification
            && words.first() == Some(&Reply::Bulk(b"notes".to_vec()))
        {
            words.drain(..2);
        }
    }
}

fn differences(expected: &[Reply], got: &[Reply]) -> String {
    let pairs = expected.iter().zip(got).filter(|(expected, got)| expected != got);
    let print = |reply: &Reply| lines(reply, false).join("\n    ");
    pairs
        .map(|(expected, got)| {
            format!("  expected\n    {}\n  got\n    {}\n", print(expected), print(got))
        })
        .collect()
}
