// `HELP`, which is the terminal's own, as in redis-cli.

import type { CommandDoc, Docs } from "./docs.js";
import { syntax } from "./syntax.js";

/** What is known of a command, or of the commands of a group: `SET`, `@string`. */
export function help(docs: Docs | undefined, topic: readonly string[]): string {
  if (docs === undefined) return "The command documentation is not loaded yet.";
  const group = topic[0]?.startsWith("@") ? topic[0].slice(1).toLowerCase() : undefined;
  if (group !== undefined) {
    const commands = [...docs.commands.values()].filter((command) => command.group === group);
    return commands.length === 0 ? `Unknown group '${group}'. ${groups(docs)}` : commands.map((command) => `${written(command)}\n  ${command.summary}`).join("\n");
  }
  const found = docs.find(topic);
  if (found === undefined) return `Usage: HELP followed by a command or a group of commands. ${groups(docs)}`;
  const { command } = found;
  const about = [`summary: ${command.summary}`, `complexity: ${command.complexity}`, `since: ${command.since}`, `group: ${command.group}`];
  const facts = about.filter((fact) => !fact.endsWith(": ")).map((fact) => `  ${fact}`);
  return [written(command), ...facts, ...[...command.subcommands.values()].map((subcommand) => `  ${written(subcommand)}`)].join("\n");
}

function written(command: CommandDoc): string {
  return [command.name, ...command.items.map(syntax)].join(" ");
}

function groups(docs: Docs): string {
  const names = new Set([...docs.commands.values()].map(({ group }) => `@${group}`));
  return `Groups: ${[...names].sort().join(" ")}`;
}
