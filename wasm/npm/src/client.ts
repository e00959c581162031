// One client that is called as a function: writes commands, reads replies, hands what nobody asked for to whoever listens.

import { Decoder, INCOMPLETE, text } from "./decoder.js";
import { RedstartError } from "./error.js";
import { PIECE_BYTES } from "./machine.js";
import { type Argument, bound, write } from "./request.js";
import { heard, type Peer, type Runtime } from "./runtime.js";
import { type Reply, Values, type ValueOptions } from "./values.js";

/** The commands that may have to wait. */
export type BlockingCommand =
  | "BLPOP" | "BRPOP" | "BLMOVE" | "BRPOPLPUSH" | "BLMPOP" | "BZPOPMIN" | "BZPOPMAX" | "BZMPOP" | "XREAD" | "XREADGROUP" | "WAIT" | "WAITAOF";

const BLOCKING: ReadonlySet<string> = new Set<BlockingCommand>([
  "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "XREAD", "XREADGROUP", "WAIT", "WAITAOF",
]);

/** Commands whose replies are not one for each: they are methods here, or need a connection of bytes. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC",
]);

/** What a call returns: a promise for the commands that may wait, the reply itself for all others. */
export type Result<Name extends Argument> = Name extends string
  ? string extends Name
    ? Reply | Promise<Reply>
    : Uppercase<Name> extends BlockingCommand
      ? Promise<Reply>
      : Reply
  : Reply | Promise<Reply>;

/** Hears what is published: `pattern` is the one that the channel matched, if it was heard by a pattern. */
export type MessageListener = (message: string, channel: string, pattern?: string) => void;

export interface ConnectOptions extends ValueOptions {
  /** Where the client connects from, `127.0.0.1:50000`, if not from this process. */
  address?: string;
  /** The user that it is, and the user's password: unless given, the default user with the `requirepass` that `open` was told. */
  username?: string;
  password?: string;
  /** The database that it begins with. */
  database?: number;
  /** Hears what the server says unasked and is no message, such as `["invalidate", ["key"]]` to a client that tracks keys. */
  push?: (items: Reply[]) => void;
}

type Kind = "subscribe" | "psubscribe" | "ssubscribe";

interface Waiting {
  readonly values: Values;
  resolve(reply: Reply): void;
  reject(reason: unknown): void;
}

export class Client {
  #runtime: Runtime;
  #peer: Peer;
  #decoder: Decoder<Reply>;
  #texts: Values;
  #buffers: Values;
  #waiting: Waiting[] = [];
  #listeners = new Map<string, Set<MessageListener>>();
  #push: ((items: Reply[]) => void) | undefined;
  #isLeft = false;

  /** @internal */
  constructor(runtime: Runtime, options: ConnectOptions = {}, slot?: number) {
    this.#runtime = runtime;
    this.#texts = new Values(false, options);
    this.#buffers = new Values(true, options);
    this.#decoder = new Decoder<Reply>(this.#texts);
    this.#push = options.push;
    const listener = {
      ...(options.address === undefined ? {} : { address: options.address }),
      data: (bytes: Uint8Array) => this.#data(bytes),
      end: () => this.#end(),
    };
    if (slot !== undefined) {
      this.#peer = runtime.adopt(slot, listener);
      return;
    }
    this.#peer = runtime.connect(listener);
    const { username = "default", password } = options;
    try {
      if (password === undefined) this.call("HELLO", 3);
      else this.call("HELLO", 3, "AUTH", username, password);
      if (options.database) this.call("SELECT", options.database);
    } catch (reason) {
      this.close();
      throw reason;
    }
  }

  /** The number that `CLIENT ID` tells. */
  get id(): number {
    return this.#peer.id;
  }

  get isOpen(): boolean {
    return this.#runtime.isOpen && this.#runtime.peer(this.#peer.slot) === this.#peer;
  }

  /** Whether a command of this client waits; until it is answered, others can be sent with `callAsync` alone. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** @internal */
  get peer(): Peer {
    return this.#peer;
  }

  /** @internal Ends the connection once what waits is answered. */
  leave(): void {
    this.#isLeft = true;
  }

  /**
   * Runs a command. Its reply is returned; of a command that may wait (`BLPOP` and the like, `BlockingCommand`) a promise of it,
   * whether it has to wait or not.
   *
   * @throws {RedstartError} when the reply is an error. A promise is rejected with it.
   */
  call<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.called(false, [name, ...args]) as Result<Name>;
  }

  /** As `call`, with every string as bytes. */
  callBuffer<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.called(true, [name, ...args]) as Result<Name>;
  }

  /** As `call`, for a command of which it is not known whether it waits: behind another one of this client, or held back by `CLIENT PAUSE`. */
  callAsync(...command: Argument[]): Promise<Reply> {
    return this.#async(this.#texts, command);
  }

  /** As `callAsync`, with every string as bytes. */
  callBufferAsync(...command: Argument[]): Promise<Reply> {
    return this.#async(this.#buffers, command);
  }

  /** Hears what is published on a channel, until `unsubscribe`. */
  subscribe(channel: string, listener: MessageListener): void {
    this.#listen("subscribe", channel, listener);
  }

  /** Hears what is published on all channels that match a pattern. */
  psubscribe(pattern: string, listener: MessageListener): void {
    this.#listen("psubscribe", pattern, listener);
  }

  /** Hears what is published on a channel of a shard. */
  ssubscribe(channel: string, listener: MessageListener): void {
    this.#listen("ssubscribe", channel, listener);
  }

  /** Ends `subscribe`: for one listener, or for all of the channel. */
  unsubscribe(channel: string, listener?: MessageListener): void {
    this.#unlisten("subscribe", channel, listener);
  }

  /** Ends `psubscribe`. */
  punsubscribe(pattern: string, listener?: MessageListener): void {
    this.#unlisten("psubscribe", pattern, listener);
  }

  /** Ends `ssubscribe`. */
  sunsubscribe(channel: string, listener?: MessageListener): void {
    this.#unlisten("ssubscribe", channel, listener);
  }

  /** Ends the connection. What still waits is rejected. */
  close(): void {
    if (this.#runtime.isOpen) this.#runtime.disconnect(this.#peer);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  called(isBinary: boolean, command: Argument[]): Reply | Promise<Reply> {
    const values = isBinary ? this.#buffers : this.#texts;
    if (mayNotReturn(command[0])) {
      if (BLOCKING.has(upper(command[0]))) return this.#async(values, command);
      refuse(command);
    }
    if (this.#waiting.length > 0) throw new RedstartError("WAITING another command of this client waits: use callAsync, or another client");
    const reply = this.#run(values, command);
    if (reply === INCOMPLETE) {
      this.close();
      throw new RedstartError("NOREPLY the command was not answered at once, and its connection was closed");
    }
    if (reply instanceof RedstartError) throw reply;
    return reply;
  }

  #async(values: Values, command: Argument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      refuse(command);
      // Behind another one, the reply must not be read as if it were that one's.
      const isFirst = this.#waiting.length === 0;
      const reply = isFirst ? this.#run(values, command) : INCOMPLETE;
      if (reply === INCOMPLETE) {
        if (isFirst && !this.isOpen) throw new RedstartError("CLOSED the connection was closed");
        const behind = isFirst ? undefined : this.#bytes(command);
        this.#waiting.push({ values, resolve, reject });
        if (behind !== undefined) this.#runtime.send(this.#peer, behind);
      } else if (reply instanceof RedstartError) reject(reply);
      else resolve(reply);
    });
  }

  #bytes(command: Argument[]): Uint8Array {
    if (!this.isOpen) throw new RedstartError("CLOSED the connection was closed");
    const bytes = new Uint8Array(bound(command));
    return bytes.subarray(0, write(command, bytes, 0));
  }

  /** Sends a command and reads its reply where the engine has put it, if it is there. */
  #run(values: Values, command: readonly Argument[]): Reply | typeof INCOMPLETE {
    const runtime = this.#runtime;
    const peer = this.#peer;
    const decoder = this.#decoder;
    const { machine } = runtime;
    if (runtime.peer(peer.slot) !== peer) throw new RedstartError("CLOSED the connection was closed");
    const at = machine.inbox(bound(command));
    const closing = runtime.receive(peer, write(command, machine.view, at) - at);
    let reply: Reply | typeof INCOMPLETE = INCOMPLETE;
    // The command may have closed the engine.
    if (!runtime.isOpen) return reply;
    const length = closing === 1 ? 0 : machine.engine.output(peer.slot);
    if (length > 0) {
      const start = machine.engine.outbox();
      const isWhole = length < PIECE_BYTES;
      if (isWhole) decoder.feed(machine.view, start, start + length);
      else decoder.feed(runtime.read(peer, length));
      if (decoder.isAside) this.#asides();
      decoder.visitor = values;
      if (!decoder.isAside) reply = decoder.next();
      if (decoder.isAside) this.#asides();
      if (isWhole) runtime.consumed(peer, length);
    }
    if (closing !== 0) runtime.end(peer);
    runtime.settled();
    return reply;
  }

  /** Reads what comes next and nobody asked for, as far as it is complete. */
  #asides(): void {
    this.#decoder.visitor = this.#texts;
    while (this.#decoder.isAside) {
      const aside = this.#decoder.next();
      if (aside === INCOMPLETE) return;
      if (Array.isArray(aside)) this.#runtime.tell(() => this.#hear(aside));
    }
  }

  /** The server has sent bytes that no call reads: what was waited for, and messages. */
  #data(bytes: Uint8Array): void {
    const decoder = this.#decoder;
    decoder.feed(bytes);
    for (;;) {
      this.#asides();
      if (decoder.isAside) break;
      const waiting = this.#waiting[0];
      decoder.visitor = waiting?.values ?? this.#texts;
      const reply = decoder.next();
      if (reply === INCOMPLETE) break;
      this.#waiting.shift();
      if (reply instanceof RedstartError) waiting?.reject(reply);
      else waiting?.resolve(reply);
    }
    if (this.#isLeft && this.#waiting.length === 0) this.close();
  }

  #end(): void {
    this.#decoder.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(new RedstartError("CLOSED the connection was closed"));
  }

  #hear(items: Reply[]): void {
    const [kind, ...words] = items as string[];
    switch (kind) {
      case "message":
      case "smessage":
        this.#tell(`${kind === "message" ? "" : "s"}subscribe ${words[0]}`, words[1]!, words[0]!);
        break;
      case "pmessage":
        this.#tell(`psubscribe ${words[0]}`, words[2]!, words[1]!, words[0]!);
        break;
      default:
        if (!kind?.endsWith("subscribe")) this.#push?.(items);
    }
  }

  #tell(name: string, ...message: Parameters<MessageListener>): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) heard(() => listener(...message));
  }

  #listen(kind: Kind, channel: string, listener: MessageListener): void {
    const name = `${kind} ${channel}`;
    const listeners = this.#listeners.get(name);
    if (listeners !== undefined) listeners.add(listener);
    else {
      this.#listeners.set(name, new Set([listener]));
      this.#runtime.send(this.#peer, this.#bytes([kind.toUpperCase(), channel]));
    }
  }

  #unlisten(kind: Kind, channel: string, listener: MessageListener | undefined): void {
    const name = `${kind} ${channel}`;
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    if (listener !== undefined) listeners.delete(listener);
    if (listener !== undefined && listeners.size > 0) return;
    this.#listeners.delete(name);
    const command = kind.replace("sub", "unsub").toUpperCase();
    if (this.isOpen) this.#runtime.send(this.#peer, this.#bytes([command, channel]));
  }
}

/** Whether it is worth looking at a command's name more closely: few begin with these letters. */
function mayNotReturn(name: Argument | undefined): boolean {
  if (typeof name !== "string") return typeof name === "object";
  if (name.length < 4) return false;
  switch (name.charCodeAt(0) | 0x20) {
    case 98: case 109: case 112: case 115: case 117: case 119: case 120: return true;
    default: return false;
  }
}

function upper(name: Argument | undefined): string {
  return (typeof name === "object" ? text(name, 0, name.length) : String(name)).toUpperCase();
}

function refuse(command: readonly Argument[]): void {
  const name = upper(command[0]);
  if (ELSEWHERE.has(name)) throw new RedstartError(`ELSEWHERE ${name} is answered with more than one reply: use subscribe and the like, or attach`);
}
