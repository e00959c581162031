import type { Connection, Redstart } from "redstart";
import { Printer, isRaw, split } from "redstart/format";

/** One client, as `redis-cli` is one: takes lines of text, gives lines of text. */
export class Session {
  #db: Redstart;
  #print: (lines: string[]) => void;
  #printer = new Printer();
  #connection: Connection;
  /** Whether the reply that is awaited is text for a terminal. */
  #raw = false;

  constructor(db: Redstart, print: (lines: string[]) => void) {
    this.#db = db;
    this.#print = print;
    this.#connection = this.#connect();
  }

  /** Runs a line; its reply is printed, before this returns unless the command waits. */
  run(line: string): void {
    const command = split(line);
    if (command === null) return this.#print(["Invalid argument(s)"]);
    if (command.length === 0) return;
    if (!this.#connection.isOpen) this.#connection = this.#connect();
    this.#raw = isRaw(command);
    this.#connection.send(command);
  }

  #connect(): Connection {
    this.#printer = new Printer();
    return this.#db.attach({
      data: (bytes) => this.#print(this.#printer.print(bytes, this.#raw)),
      end: () => this.#print(["(closed)"]),
    });
  }
}
