// A client that is called as a function: writes commands, reads replies, passes messages to
// listeners.

import { Decoder, INCOMPLETE, text } from "./decoder.js";
import { RedstartError } from "./error.js";
import { PIECE_BYTES } from "./machine.js";
import { type Argument, bound, write } from "./request.js";
import { heard, type Peer, type Runtime } from "./runtime.js";
import { type Reply, Values, type ValueOptions } from "./values.js";

/** The commands that may block. */
export type BlockingCommand =
  | "BLPOP" | "BRPOP" | "BLMOVE" | "BRPOPLPUSH" | "BLMPOP" | "BZPOPMIN" | "BZPOPMAX" | "BZMPOP" | "XREAD" | "XREADGROUP" | "WAIT" | "WAITAOF";

const BLOCKING: ReadonlySet<string> = new Set<BlockingCommand>([
  "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "XREAD", "XREADGROUP", "WAIT", "WAITAOF",
]);

/** Commands that do not have exactly one reply: use the methods of `Client`, or `attach`. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC",
]);

/** The result of a call: a promise for commands that may block, the reply itself for all others. */
export type Result<Name extends Argument> = Name extends string
  ? string extends Name
    ? Reply | Promise<Reply>
    : Uppercase<Name> extends BlockingCommand
      ? Promise<Reply>
      : Reply
  : Reply | Promise<Reply>;

/**
 * Called with each published message. `pattern` is the pattern that the channel matched, for a
 * subscription to one.
 */
export type MessageListener = (message: string, channel: string, pattern?: string) => void;

export interface ConnectOptions extends ValueOptions {
  /**
   * The address that the client connects from, such as `127.0.0.1:50000`, if not from this process.
   */
  address?: string;
  /**
   * The user and the password to log in with. By default, the default user with the `requirepass`
   * passed to `open`.
   */
  username?: string;
  password?: string;
  /** The database that is selected initially. */
  database?: number;
  /**
   * Called with push data other than messages, such as `["invalidate", ["key"]]` for a client that
   * tracks keys.
   */
  push?: (items: Reply[]) => void;
}

/** The usual reason for a connection to end in the middle of a call. */
const TOO_LONG = "CLOSED the connection was closed: the command or its reply exceeds the limits of a client's buffers";

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

  /** The id of the client, as `CLIENT ID` returns it. */
  get id(): number {
    return this.#peer.id;
  }

  get isOpen(): boolean {
    return this.#runtime.isOpen && this.#runtime.peer(this.#peer.slot) === this.#peer;
  }

  /**
   * Whether a command of this client waits. Until it has its reply, use `callAsync` for further
   * commands.
   */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** @internal */
  get peer(): Peer {
    return this.#peer;
  }

  /** @internal Closes the connection after the pending replies. */
  leave(): void {
    this.#isLeft = true;
  }

  /**
   * Runs a command and returns its reply. For commands that may block (`BLPOP` and so on, see
   * `BlockingCommand`) it returns a promise of the reply, whether the command blocks or not.
   *
   * @throws {RedstartError} if the reply is an error. A promise is rejected with it.
   */
  call<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.called(false, [name, ...args]) as Result<Name>;
  }

  /** Runs a command like `call`, with every string in the reply as bytes. */
  callBuffer<Name extends Argument>(name: Name, ...args: Argument[]): Result<Name> {
    return this.called(true, [name, ...args]) as Result<Name>;
  }

  /**
   * Runs a command like `call`, but always returns a promise: for commands that may wait behind
   * another one of this client, or be postponed by `CLIENT PAUSE`.
   */
  callAsync(...command: Argument[]): Promise<Reply> {
    return this.#async(this.#texts, command);
  }

  /** Runs a command like `callAsync`, with every string in the reply as bytes. */
  callBufferAsync(...command: Argument[]): Promise<Reply> {
    return this.#async(this.#buffers, command);
  }

  /** Subscribes to a channel, until `unsubscribe`. */
  subscribe(channel: string, listener: MessageListener): void {
    this.#listen("subscribe", channel, listener);
  }

  /** Subscribes to all channels that match a pattern. */
  psubscribe(pattern: string, listener: MessageListener): void {
    this.#listen("psubscribe", pattern, listener);
  }

  /** Subscribes to a shard channel. */
  ssubscribe(channel: string, listener: MessageListener): void {
    this.#listen("ssubscribe", channel, listener);
  }

  /** Ends a subscription: of one listener, or of all listeners to the channel. */
  unsubscribe(channel: string, listener?: MessageListener): void {
    this.#unlisten("subscribe", channel, listener);
  }

  /** Ends a subscription to a pattern. */
  punsubscribe(pattern: string, listener?: MessageListener): void {
    this.#unlisten("psubscribe", pattern, listener);
  }

  /** Ends a subscription to a shard channel. */
  sunsubscribe(channel: string, listener?: MessageListener): void {
    this.#unlisten("ssubscribe", channel, listener);
  }

  /** Closes the connection. Pending replies are rejected. */
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
    if (this.#waiting.length > 0) throw new RedstartError("WAITING a command of this client is still waiting for its reply: use callAsync, or another client");
    const reply = this.#run(values, command);
    if (reply === INCOMPLETE) {
      const wasClosed = !this.isOpen;
      this.close();
      throw this.#runtime.failure ?? new RedstartError(wasClosed ? TOO_LONG : "NOREPLY the command got no immediate reply: the connection was closed");
    }
    if (reply instanceof RedstartError) throw reply;
    return reply;
  }

  #async(values: Values, command: Argument[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      refuse(command);
      // A reply that is read now could belong to a pending command.
      const isFirst = this.#waiting.length === 0;
      const reply = isFirst ? this.#run(values, command) : INCOMPLETE;
      if (reply === INCOMPLETE) {
        if (isFirst && !this.isOpen) throw this.#runtime.failure ?? new RedstartError(TOO_LONG);
        const behind = isFirst ? undefined : this.#bytes(command);
        this.#waiting.push({ values, resolve, reject });
        if (behind !== undefined) this.#runtime.send(this.#peer, behind);
      } else if (reply instanceof RedstartError) reject(reply);
      else resolve(reply);
    });
  }

  #bytes(command: readonly Argument[]): Uint8Array {
    if (!this.isOpen) throw new RedstartError("CLOSED the connection was closed");
    const bytes = new Uint8Array(bound(command));
    return bytes.subarray(0, write(command, bytes, 0));
  }

  /** Sends a command and reads its reply directly from the outbox, if it is there. */
  #run(values: Values, command: readonly Argument[]): Reply | typeof INCOMPLETE {
    const runtime = this.#runtime;
    const peer = this.#peer;
    const decoder = this.#decoder;
    const { machine } = runtime;
    if (runtime.peer(peer.slot) !== peer) throw new RedstartError("CLOSED the connection was closed");
    runtime.recorder?.begin();
    const most = bound(command);
    const sent = most <= PIECE_BYTES ? this.#fill(command, most) : this.#sendAhead(command);
    if (sent === undefined) return INCOMPLETE;
    const closing = runtime.receive(peer, sent);
    let reply: Reply | typeof INCOMPLETE = INCOMPLETE;
    // The command may have closed the engine.
    if (!runtime.isOpen) return reply;
    const length = closing === 1 ? 0 : machine.engine.output(peer.slot);
    if (length === PIECE_BYTES) {
      decoder.feed(runtime.read(peer, length));
      reply = this.#first(values);
    } else if (length > 0) {
      const start = machine.engine.outbox();
      decoder.feed(machine.view, start, start + length);
      reply = this.#first(values);
      runtime.consumed(peer, length);
    }
    if (closing !== 0) runtime.end(peer);
    runtime.settled();
    return reply;
  }

  /** Writes a command to the inbox and returns its length. */
  #fill(command: readonly Argument[], most: number): number {
    const { machine } = this.#runtime;
    const at = machine.inbox(most);
    return write(command, machine.view, at) - at;
  }

  /**
   * Sends a long command except for its last piece, which is written to the inbox. Returns the
   * length of that piece, or `undefined` if the connection has ended before.
   */
  #sendAhead(command: readonly Argument[]): number | undefined {
    const last = this.#runtime.sendAhead(this.#peer, this.#bytes(command));
    if (last === undefined) return undefined;
    this.#runtime.machine.fill(last);
    return last.length;
  }

  /** Reads the first requested reply, and the push data around it. */
  #first(values: Values): Reply | typeof INCOMPLETE {
    const decoder = this.#decoder;
    if (decoder.isAside) this.#asides();
    decoder.visitor = values;
    let reply: Reply | typeof INCOMPLETE = INCOMPLETE;
    try {
      if (!decoder.isAside) reply = decoder.next();
    } catch (reason) {
      // JavaScript's strings and arrays have a smaller maximum size than a reply. The next reply
      // must not be read from the middle of this one.
      decoder.clear();
      reply = new RedstartError(`TOOLONG the reply is too long for a JavaScript value (${String(reason)}): try callBuffer`);
    }
    if (decoder.isAside) this.#asides();
    return reply;
  }

  /** Reads push data, as far as it is complete. */
  #asides(): void {
    this.#decoder.visitor = this.#texts;
    while (this.#decoder.isAside) {
      const aside = this.#decoder.next();
      if (aside === INCOMPLETE) return;
      if (Array.isArray(aside)) this.#runtime.tell(() => this.#hear(aside));
    }
  }

  /** Handles bytes that no call reads: pending replies and messages. */
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
    for (const { reject } of this.#waiting.splice(0)) reject(this.#runtime.failure ?? new RedstartError("CLOSED the connection was closed"));
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

/**
 * Returns `true` if the command may not have a single immediate reply. Only looks at the first
 * letter, which few commands begin with.
 */
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
  if (ELSEWHERE.has(name)) throw new RedstartError(`ELSEWHERE ${name} does not have exactly one reply: use subscribe and so on, or attach`);
}
