// Counts what a connection has yet to answer: while something is due, its client waits.

import { frames } from "../protocol/frames.js";
import { Requests } from "../protocol/requests.js";

/** Commands that are answered by messages, as many as there are channels. */
const BY_MESSAGES = /^[ps]?(un)?subscribe$/i;

const utf8 = new TextDecoder();

export class Answers {
  #due = 0;
  /** Whether `CLIENT REPLY` has turned answers off. */
  #isSilent = false;
  #requests = new Requests();

  get isDue(): boolean {
    return this.#due > 0;
  }

  asked(bytes: Uint8Array): void {
    for (const [name, ...args] of this.#requests.read(bytes)) {
      const [first = "", second = ""] = args.map((arg) => utf8.decode(arg).toLowerCase());
      const isReply = utf8.decode(name).toLowerCase() === "client" && first === "reply";
      if (isReply) this.#isSilent = second !== "on";
      else if (!this.#isSilent && !BY_MESSAGES.test(utf8.decode(name))) this.#due += 1;
    }
  }

  heard(bytes: Uint8Array): void {
    for (const { type } of frames(bytes)) if (type !== ">" && type !== "|") this.#due = Math.max(0, this.#due - 1);
  }
}
