// What a terminal shows, made of the exchanges of its client: each request with its prompt, each reply as redis-cli prints it.

import { Printer, isRaw } from "redstart/format";
import { firstWhere } from "../bisect.js";
import { frames } from "../protocol/frames.js";
import { lineOf } from "../protocol/request.js";
import { Requests } from "../protocol/requests.js";
import type { Exchange, Transcript } from "../session/transcript.js";

/** What is shown of one exchange. */
export interface Entry {
  readonly kind: "command" | "reply" | "push" | "note";
  readonly lines: readonly Line[];
  /** What stands before a command. */
  readonly prompt: string;
  readonly exchange: Exchange;
}

export interface Line {
  readonly text: string;
  readonly isError: boolean;
}

const utf8 = new TextDecoder();
const PROMPT = "redstart";

export class Scrollback {
  readonly #entries: Entry[] = [];
  readonly #address: string;
  #seen = 0;
  #client = new Client();

  /** The terminal that connects from `address`. */
  constructor(address: string) {
    this.#address = address;
  }

  /** What stands before the next command. */
  get prompt(): string {
    return this.#client.prompt;
  }

  get database(): number {
    return this.#client.database;
  }

  /** The name that `CLIENT SETNAME` has given it. */
  get name(): string {
    return this.#client.name;
  }

  /** Takes in what the transcript has more than when it was last looked at; returns all entries. */
  read(transcript: Transcript): readonly Entry[] {
    const { exchanges } = transcript;
    for (; this.#seen < exchanges.length; this.#seen += 1) {
      const exchange = exchanges[this.#seen]!;
      const address = exchange.terminal ?? transcript.address(exchange.client);
      if (address === this.#address || (address === "" && this.#address === `client ${exchange.client}`)) this.#add(exchange);
    }
    return this.#entries;
  }

  #add(exchange: Exchange): void {
    switch (exchange.kind) {
      case "open":
        this.#client = new Client();
        break;
      case "request": {
        const commands = this.#client.requested(exchange.bytes);
        if (commands.length === 0) break;
        const lines = exchange.line === undefined ? commands.map(lineOf) : [exchange.line];
        this.#push(exchange, "command", lines.map(plain));
        break;
      }
      case "reply": this.#reply(exchange); break;
      case "end": this.#push(exchange, "note", [plain("(closed)")]); break;
      case "remark": {
        if (exchange.line !== undefined) this.#push(exchange, "command", [plain(exchange.line)]);
        const text = utf8.decode(exchange.bytes);
        if (text !== "") this.#push(exchange, "reply", text.split("\n").map(plain));
      }
    }
  }

  #reply(exchange: Exchange): void {
    const answer: Line[] = [];
    const unasked: Line[] = [];
    for (const frame of frames(exchange.bytes)) {
      const { lines, isAsked } = this.#client.heard(exchange.bytes.subarray(frame.start, frame.end), frame.type);
      (isAsked ? answer : unasked).push(...lines.map((text) => ({ text, isError: text.startsWith("(error)") })));
    }
    if (answer.length > 0) this.#push(exchange, "reply", answer);
    if (unasked.length > 0) this.#push(exchange, "push", unasked);
  }

  #push(exchange: Exchange, kind: Entry["kind"], lines: readonly Line[]): void {
    this.#entries.push({ kind, lines, exchange, prompt: kind === "command" ? this.#client.prompt : "" });
  }
}

/** How many of the entries have happened at a position. */
export function until(entries: readonly Entry[], position: number): number {
  return firstWhere(entries.length, (index) => entries[index]!.exchange.position > position);
}

function plain(text: string): Line {
  return { text, isError: false };
}

/** One connection, as far as it is seen from outside. */
class Client {
  name = "";
  database = 0;
  #isQueueing = false;
  #printer = new Printer();
  #requests = new Requests();
  /** Commands that were not answered yet. */
  #open: (readonly Uint8Array[])[] = [];

  get prompt(): string {
    return `${PROMPT}${this.database === 0 ? "" : `[${this.database}]`}${this.#isQueueing ? "(TX)" : ""}>`;
  }

  requested(bytes: Uint8Array): readonly (readonly Uint8Array[])[] {
    const commands = this.#requests.read(bytes);
    this.#open.push(...commands);
    return commands;
  }

  /** The lines of a reply, or of a message that nobody asked for. */
  heard(bytes: Uint8Array, type: string): { lines: string[]; isAsked: boolean } {
    const asked = this.#open[0];
    const isAsked = asked !== undefined && (type !== ">" || /subscribe$/i.test(utf8.decode(asked[0])));
    const lines = this.#printer.print(bytes, isAsked && isRaw(asked));
    // Attributes come before the reply that they are about.
    if (isAsked && type !== "|" && lines.length > 0) {
      this.#open.shift();
      if (type !== "-") this.#answered(asked, utf8.decode(bytes).trimEnd());
    }
    return { lines, isAsked };
  }

  #answered(command: readonly Uint8Array[], reply: string): void {
    const [name = "", first = "", second = ""] = command.map((arg) => utf8.decode(arg));
    if (reply === "+QUEUED") return;
    switch (name.toUpperCase()) {
      case "SELECT": this.database = Number(first); break;
      case "MULTI": this.#isQueueing = true; break;
      case "EXEC": case "DISCARD": this.#isQueueing = false; break;
      case "RESET": this.database = 0; this.#isQueueing = false; this.name = ""; break;
      case "CLIENT": if (first.toUpperCase() === "SETNAME") this.name = second;
    }
  }
}
