//! The entries of the command table, one file a group.

mod connection;
mod generic;
mod server;
mod string;
mod transactions;

use super::spec::Spec;

/// Every command, by group; the commands of a group are sorted by name, and so are the subcommands of a container.
pub static GROUPS: [&[Spec]; 5] = [
    connection::CONNECTION,
    generic::GENERIC,
    server::SERVER,
    string::STRING,
    transactions::TRANSACTIONS,
];
