// A test case of the corpus: a session as `redis-cli` shows it, with several clients and with time passing (`tests/cases/README.md`).
//
//   == a blocked client is served by another one
//   b> BLPOP list 0
//   > RPUSH list x
//   (integer) 1
//   b<
//   1) "list"
//   2) "x"
//
// Reading plays the commands; the replies that stand there matter only where they name something (`<$id>`) that a later command uses.

import { Redstart } from "redstart";
import { Printer, isRaw, quote, split } from "redstart/format";
import { joined } from "../bytes.js";
import { lineOf } from "../protocol/request.js";
import { parse } from "../protocol/requests.js";
import { type Watch, progressOf } from "../session/watch.js";
import { type Format, FormatError, encode, linesOf, textOf } from "./format.js";
import { Stage } from "./stage.js";

const COMMAND = /^([a-z]?)>(>?)(?: (.*))?$/;
const PASSES = /^@ \+(\d+(?:\.\d+)?)(ms|s)$/;
const STAR = 42;
const NAME = /<\$(\w+)>/g;
const START_MS = Date.UTC(2030, 0, 1);
const CONFIG = { "enable-debug-command": "yes", "enable-protected-configs": "yes" };
/** What a repeated word may come to. */
const LONGEST_WORD = 64 * 1024 * 1024;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

export const testCase: Format = {
  title: "Test case",
  fileName: "session.txt",
  recognizes([file, ...more]) {
    const text = file === undefined || more.length > 0 ? undefined : textOf(file);
    if (text === undefined) return false;
    const first = linesOf(text).find((line) => line !== "" && !/^[#!](?: |$)/.test(line));
    return first !== undefined && (/^== /.test(first) || COMMAND.test(first));
  },
  async read([file], watch) {
    const stage = await Stage.open({ startMs: START_MS, config: CONFIG }, false);
    try {
      await new Reading(stage, file!.name).play(linesOf(textOf(file!) ?? ""), watch);
    } catch (reason) {
      stage.close();
      throw reason;
    }
    return { recording: stage.recording(), notes: [] };
  },
  async write(recording) {
    const full = await written(recording);
    // Where the replies do not tell that time has passed, it need not pass.
    const short = full.filter((line) => !line.startsWith("@ "));
    if (short.length < full.length) {
      const file = { name: "", bytes: encode(text(short)) };
      const again = await written((await testCase.read([file])).recording);
      if (text(again) === text(short)) return file.bytes;
    }
    return encode(text(full));
  },
};

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** Plays the lines of a case. */
class Reading {
  #stage: Stage;
  #name: string;
  #names = new Map<string, string>();
  #line = 0;
  #isResp3 = false;
  #scenarios = 0;
  /** Who acted last, and the lines that are expected of each client since. */
  #printers = new Map<string, { printer: Printer; raw: boolean; shown: string[] }>();
  #hearing = "a";

  constructor(stage: Stage, name: string) {
    this.#stage = stage;
    this.#name = name;
  }

  async play(lines: readonly string[], watch?: Watch): Promise<void> {
    for (const [index, line] of lines.entries()) {
      this.#line = index + 1;
      this.#read(line);
      await watch?.turn(() => progressOf(index, lines.length));
    }
  }

  #read(line: string): void {
    const [, letter, bytes, rest = ""] = COMMAND.exec(line) ?? [];
    const [sign = ""] = line.split(" ", 1);
    if (letter !== undefined) return this.#send(letter || "a", rest, bytes === ">");
    if (sign === "==") return this.#begin();
    if (sign === "@") return this.#pass(line);
    if (line === "! resp3") this.#isResp3 = true;
    if (line === "" || sign === "!" || sign === "#") return;
    if (/^[a-z]?<$/.test(line)) this.#hearing = line[0] === "<" ? "a" : line[0]!;
    else this.#expect(line.replace(/^\\/, ""));
  }

  /** A scenario begins with a server that is as good as new. */
  #begin(): void {
    this.#isResp3 = false;
    this.#names.clear();
    this.#printers.clear();
    if (this.#scenarios > 0) {
      this.#stage.clear();
      this.#stage.send("", ["FLUSHALL"]);
      this.#stage.clear();
    }
    this.#scenarios += 1;
  }

  #pass(line: string): void {
    const [, number, unit] = PASSES.exec(line) ?? [];
    if (number === undefined) throw this.#error("expected a time such as `@ +1500ms` or `@ +2s`");
    this.#stage.until(this.#stage.now + Number(number) * (unit === "s" ? 1000 : 1));
    this.#printers.clear();
  }

  #send(client: string, rest: string, isRawBytes: boolean): void {
    const args = split(rest.replace(NAME, (name, key: string) => this.#names.get(key) ?? name));
    if (args === null) throw this.#error("unbalanced quotes");
    if (this.#isResp3 && !this.#stage.clients.includes(client)) this.#stage.send(client, ["HELLO", 3]);
    for (const name of this.#stage.clients) this.#stage.arrived(name);
    this.#printers.clear();
    this.#hearing = client;
    this.#stage.send(client, isRawBytes ? joined(args.map((word) => this.#repeated(word))) : args);
    this.#printers.set(client, { printer: new Printer({ exact: true }), raw: isRaw(args), shown: [] });
  }

  /** Takes from the reply what its pattern gives a name. */
  #expect(line: string): void {
    const client = this.#hearing;
    let hearing = this.#printers.get(client);
    if (hearing === undefined) this.#printers.set(client, (hearing = { printer: new Printer({ exact: true }), raw: false, shown: [] }));
    const { printer, raw, shown } = hearing;
    shown.push(...printer.print(this.#stage.arrived(client).bytes, raw));
    const reply = shown.shift();
    const names = [...line.matchAll(NAME)].map(([, name]) => name!);
    if (reply === undefined || names.length === 0) return;
    let source = "";
    let last = 0;
    for (const match of line.matchAll(/<\$\w+>|<any>|<-?\d+\.\.-?\d+>/g)) {
      source += escaped(line.slice(last, match.index)) + (match[0].startsWith("<$") ? "(.*?)" : ".*?");
      last = match.index + match[0].length;
    }
    const found = new RegExp(`^${source}${escaped(line.slice(last))}$`, "s").exec(reply);
    names.forEach((name, index) => found?.[index + 1] !== undefined && !this.#names.has(name) && this.#names.set(name, found[index + 1]!));
  }

  #repeated(word: Uint8Array): Uint8Array {
    const bytes = repeated(word);
    if (bytes === undefined) throw this.#error("a repeated word exceeds 64 MB");
    return bytes;
  }

  #error(why: string): FormatError {
    return new FormatError(`${this.#name}, line ${this.#line}: ${why}`);
  }
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** `70000*x` stands for so many `x`: `undefined` where they are too many. */
function repeated(word: Uint8Array): Uint8Array | undefined {
  const star = word.indexOf(STAR);
  const count = String.fromCharCode(...word.subarray(0, Math.min(Math.max(star, 0), 8)));
  if (!/^\d{1,7}$/.test(count)) return word;
  const one = word.subarray(star + 1);
  if (Number(count) * one.length > LONGEST_WORD) return undefined;
  const all = new Uint8Array(Number(count) * one.length);
  for (let at = 0; at < all.length; at += one.length) all.set(one, at);
  return all;
}

/** A client of the session that is written. */
interface Actor {
  readonly letter: string;
  readonly printer: Printer;
  raw: boolean;
}

/** The lines of the case that shows a session. */
async function written(recording: Uint8Array): Promise<string[]> {
  const replay = await Redstart.replay(recording);
  const actors = new Map<number, Actor>();
  const free = [...LETTERS];
  const lines = ["== session"];
  let shownMs = replay.now;
  for (let step = replay.step(); step !== undefined; step = replay.step()) {
    const { event, client, sent, ended } = step;
    if (event.kind === "connect") {
      const letter = free.shift();
      if (letter === undefined) throw new FormatError(`a test case has at most ${LETTERS.length} clients at a time`);
      actors.set(client, { letter, printer: new Printer({ exact: true }), raw: false });
    }
    const acting = event.kind === "receive" ? actors.get(client) : undefined;
    const passed = Math.floor(replay.now - shownMs);
    if (passed > 0 && (acting !== undefined || sent.length > 0)) {
      lines.push(`@ +${passed}ms`);
      shownMs += passed;
    }
    if (event.kind === "receive" && acting !== undefined) lines.push(...command(acting, event.bytes));
    const order = [...sent].sort((one, other) => Number(other.client === client) - Number(one.client === client));
    let hearing = client;
    for (const { client: reader, bytes } of order) {
      const actor = actors.get(reader);
      if (actor === undefined) continue;
      const shown = actor.printer.print(bytes, actor.raw && reader === client);
      if (shown.length > 0 && reader !== hearing) lines.push(`${name(actor)}<`);
      hearing = reader;
      lines.push(...shown.map(unmistakable));
    }
    for (const gone of ended) {
      const actor = actors.get(gone);
      if (actor === undefined) continue;
      actors.delete(gone);
      free.unshift(actor.letter);
      if (event.kind === "disconnect" && gone === client) continue;
      if (gone !== hearing) lines.push(`${name(actor)}<`);
      hearing = gone;
      lines.push("(closed)");
    }
  }
  replay.close();
  return lines;
}

const name = ({ letter }: Actor) => (letter === "a" ? "" : letter);

function command(actor: Actor, bytes: Uint8Array): string[] {
  const parsed = parse(bytes, 0);
  const isOne = parsed !== undefined && "args" in parsed && parsed.end === bytes.length && parsed.args.length > 0 && bytes[0] === STAR;
  actor.raw = isOne && isRaw(parsed.args);
  return [isOne ? `${name(actor)}> ${lineOf(parsed.args)}` : `${name(actor)}>> ${quote(bytes)}`];
}

/** A line of a reply that would read as something else has a mark before it. */
function unmistakable(line: string): string {
  const isMistakable = line === "" || line.startsWith("\\") || line === "#" || /^(==|[!#@]|[a-z]?>>?)( |$)/.test(line) || /^[a-z]?<$/.test(line);
  return isMistakable ? `\\${line}` : line;
}
