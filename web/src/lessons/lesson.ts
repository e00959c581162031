// A lesson is a case of the corpus (`tests/cases/lessons/`): its comments are what the page says, its commands what the learner types, and its replies,
// recorded from a `redis-server`, what must come of it. The suites play the same files.

import { split } from "redstart/format";

export interface Lesson {
  /** The file's name without its number. */
  readonly name: string;
  readonly title: string;
  /** What it is about, in a sentence. */
  readonly about: string;
  readonly steps: readonly Step[];
  /** What is said at its end. */
  readonly closing: string;
}

/** A client sends a command, or time passes. */
export interface Step {
  readonly text: string;
  /** `undefined` where time passes. */
  readonly command: { readonly client: string; readonly line: string } | undefined;
  /** How much time passes; 0 with a command. */
  readonly ms: number;
  /** The lines that each client is shown. */
  readonly shown: ReadonlyMap<string, readonly string[]>;
}

const COMMAND = /^([a-z]?)> (.*)$/;
const HEARS = /^([a-z]?)<$/;
const PASSES = /^@ \+(\d+(?:\.\d+)?)(ms|s)$/;

/** @throws {SyntaxError} where a line is none that lessons have. */
export function lesson(file: string, text: string): Lesson {
  const [head = "", body = ""] = text.split(/^== .*\n/m);
  const [title = "", ...about] = head.split("\n").map((line) => line.replace(/^# ?/, "")).filter((line) => line !== "");
  const steps: (Step & { shown: Map<string, string[]> })[] = [];
  let said: string[] = [];
  let hearing = "a";
  const begin = (step: Pick<Step, "command" | "ms">) => {
    steps.push({ text: said.join(" "), ...step, shown: new Map() });
    said = [];
  };
  for (const line of body.split("\n")) {
    const [, letter, command] = COMMAND.exec(line) ?? [];
    const [, number, unit] = PASSES.exec(line) ?? [];
    const hears = HEARS.exec(line);
    if (command !== undefined) begin({ command: { client: (hearing = letter || "a"), line: command }, ms: 0 });
    else if (number !== undefined) begin({ command: undefined, ms: Number(number) * (unit === "s" ? 1000 : 1) });
    else if (hears !== null) hearing = hears[1] || "a";
    else if (line.startsWith("# ")) said.push(line.slice(2));
    else if (/^([!@#]|==|[a-z]?>>)/.test(line) || (line !== "" && steps.length === 0)) throw new SyntaxError(`${file}: unknown line in a lesson: ${line}`);
    else if (line !== "") {
      const { shown } = steps.at(-1)!;
      shown.set(hearing, [...(shown.get(hearing) ?? []), line.replace(/^\\/, "")]);
    }
  }
  return { name: nameOf(file), title, about: about.join(" "), steps, closing: said.join(" ") };
}

const NAME = /<\$(\w+)>/g;

/** What replies have given names to: ids that the clock made. */
export type Names = Map<string, string>;

/** The line as it is to be typed. */
export function named(line: string, names: Names): string {
  return line.replace(NAME, (whole, name: string) => names.get(name) ?? whole);
}

/** Whether a command is the one that a line asks for; letters may be small or large. */
export function asks(line: string, command: readonly Uint8Array[]): boolean {
  const utf8 = new TextDecoder();
  const words = (args: readonly Uint8Array[]) => JSON.stringify(args.map((arg) => utf8.decode(arg).toLowerCase()));
  return words(split(line) ?? []) === words(command);
}

/** Whether lines are those that are expected; what is named in them for the first time is added to `names`. */
export function fits(expected: readonly string[], lines: readonly string[], names: Names): boolean {
  const found = new Map(names);
  const [line, ...rest] = expected;
  if (line === undefined) return lines.length === 0;
  if (line === "<...>") return lines.some((_, index) => fits(rest, lines.slice(index), names)) || rest.length === 0;
  const [shown, ...others] = lines;
  if (shown === undefined || !lineFits(line, shown, found) || !fits(rest, others, found)) return false;
  for (const [name, value] of found) names.set(name, value);
  return true;
}

function lineFits(expected: string, shown: string, names: Names): boolean {
  const fresh: string[] = [];
  const source = named(expected, names)
    .split(/(<\$\w+>|<any>)/)
    .map((part) => {
      if (part === "<any>") return ".*?";
      const [, name] = /^<\$(\w+)>$/.exec(part) ?? [];
      if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      fresh.push(name);
      return "(.*?)";
    });
  const match = new RegExp(`^${source.join("")}$`, "s").exec(shown);
  fresh.forEach((name, index) => match?.[index + 1] !== undefined && names.set(name, match[index + 1]!));
  return match !== null;
}

/** `queues` of `../03-queues.txt`. */
function nameOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/^\d+-/, "").replace(/\.txt$/, "");
}
