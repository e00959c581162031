// What the engine says of its own commands: `COMMAND DOCS`, asked once.

import type { Redstart, Reply } from "redstart";

/** An argument of a command, or several that go together. */
export interface ArgumentDoc {
  readonly type: string;
  /** How its value is called. */
  readonly display: string;
  /** The word before its value; of a `pure-token` all that there is. */
  readonly token: string | undefined;
  readonly isOptional: boolean;
  readonly isMultiple: boolean;
  /** Whether the token comes again with each value. */
  readonly repeatsToken: boolean;
  readonly items: readonly ArgumentDoc[];
}

export interface CommandDoc {
  /** In capitals, `CLIENT SETNAME`. */
  readonly name: string;
  readonly summary: string;
  readonly since: string;
  readonly group: string;
  readonly complexity: string;
  readonly items: readonly ArgumentDoc[];
  /** By the second word, in capitals. */
  readonly subcommands: ReadonlyMap<string, CommandDoc>;
}

export class Docs {
  /** By name, in capitals, in alphabetic order. */
  readonly commands: ReadonlyMap<string, CommandDoc>;

  constructor(reply: Reply) {
    this.commands = commands(reply);
  }

  /** Asks an engine; it is a copy that answers. */
  static ask(fork: Redstart): Docs {
    const docs = new Docs(fork.call("COMMAND", "DOCS"));
    fork.close();
    return docs;
  }

  /** The command that words begin with, and how many of them name it. */
  find(words: readonly string[]): { command: CommandDoc; words: number } | undefined {
    const command = this.commands.get(words[0]?.toUpperCase() ?? "");
    if (command === undefined) return undefined;
    const subcommand = command.subcommands.get(words[1]?.toUpperCase() ?? "");
    return subcommand === undefined ? { command, words: 1 } : { command: subcommand, words: 2 };
  }
}

type Fields = ReadonlyMap<string, Reply>;

function commands(reply: Reply | undefined): Map<string, CommandDoc> {
  const entries = reply instanceof Map ? [...(reply as Map<string, Reply>)] : [];
  const docs = entries.map(([name, fields]) => command(name, fields as Fields));
  docs.sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(docs.map((doc) => [doc.name.split(" ").at(-1)!, doc]));
}

function command(name: string, fields: Fields): CommandDoc {
  return {
    name: name.replace("|", " ").toUpperCase(),
    summary: text(fields, "summary"),
    since: text(fields, "since"),
    group: text(fields, "group"),
    complexity: text(fields, "complexity"),
    items: items(fields),
    subcommands: commands(fields.get("subcommands")),
  };
}

function items(fields: Fields): ArgumentDoc[] {
  return ((fields.get("arguments") ?? []) as unknown as Fields[]).map((fields) => {
    const flags = fields.get("flags") as Set<Reply> | undefined;
    return {
      type: text(fields, "type"),
      display: text(fields, "display_text") || text(fields, "name"),
      token: fields.has("token") ? text(fields, "token") : undefined,
      isOptional: flags?.has("optional") ?? false,
      isMultiple: flags?.has("multiple") ?? false,
      repeatsToken: flags?.has("multiple_token") ?? false,
      items: items(fields),
    };
  });
}

function text(fields: Fields, name: string): string {
  return String(fields.get(name) ?? "");
}
