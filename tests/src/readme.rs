//! Generates the README's list of commands from the command table.

use redstart_core::command::spec::{Group, Spec};
use redstart_core::command::specs::GROUPS;

const BEGIN: &str = "<!-- commands: made by `cargo run -p redstart-tests --bin readme` -->\n";
const END: &str = "<!-- /commands -->";

/// Commands of Redis 7.2 that Redstart does not have yet, by group.
const MISSING: &[(&str, &str)] = &[
    ("generic", "MIGRATE WAITAOF"),
    ("server", "BGREWRITEAOF BGSAVE FAILOVER LASTSAVE MODULE PSYNC REPLICAOF ROLE SAVE SYNC"),
    ("cluster, scripting", "all"),
];

/// Returns the README with an up-to-date table of commands.
///
/// # Panics
/// The README has no place for the table.
#[must_use]
pub fn refreshed(readme: &str) -> String {
    let (before, rest) = readme.split_once(BEGIN).expect("the README marks where the table begins");
    let (_, after) = rest.split_once(END).expect("the README marks where the table ends");
    format!("{before}{BEGIN}{}{END}{after}", commands())
}

fn commands() -> String {
    let mut text = String::from("\n| group | commands |\n| --- | --- |\n");
    for specs in GROUPS {
        let mut groups: Vec<Group> = specs.iter().map(|spec| spec.group).collect();
        groups.dedup();
        for group in groups {
            let of_group: Vec<String> =
                specs.iter().filter(|spec| spec.group == group).map(with_subcommands).collect();
            text.push_str(&format!("| {} | {} |\n", group.name(), of_group.join(" ")));
        }
    }
    text.push_str(
        "\nCommands of Redis 7.2 that are not implemented yet:\n\n| group | commands |\n| --- | --- |\n",
    );
    for (group, commands) in MISSING {
        text.push_str(&format!("| {group} | {commands} |\n"));
    }
    text.push('\n');
    text
}

fn with_subcommands(spec: &Spec) -> String {
    let name = spec.name.to_uppercase();
    let subcommands: Vec<String> =
        spec.subcommands.iter().map(|sub| sub.own_name().to_uppercase()).collect();
    if subcommands.is_empty() { name } else { format!("{name} ({})", subcommands.join(" ")) }
}
