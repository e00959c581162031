// A session: an engine that records itself, the clients that the page has connected to it, and the transcript of what they said and heard. It knows
// nothing of the page. All that it is can be made again from its recording.

import { type ReadonlySignal, type Signal, batch, signal } from "@preact/signals";
import { type Argument, type Connection, type Listener, Redstart, RedstartError, type Replay } from "redstart";
import { type Frame, frames } from "../protocol/frames.js";
import { encoded } from "../protocol/request.js";
import { SessionClient, type Wire } from "./client.js";
import { Live, type Moment } from "./moment.js";
import { type Exchange, Transcript } from "./transcript.js";
import { Stopped, type Watch, progressOf } from "./watch.js";

export interface SessionOptions {
  /** The session to go on with. */
  recording?: Uint8Array;
  /** How the clock goes on from a recording: as the machine's (time has passed), at its pace from the last moment (none has), or not at all. */
  clock?: "real" | "running" | "virtual";
  /** Where a recording goes on: at its end, unless given. */
  position?: number;
  /** Watches over the recording while it runs. */
  watch?: Watch;
  /** Whether a session whose recording was stopped goes on from there, as does one whose engine fails. */
  mayEndEarly?: boolean;
  seed?: number;
  /** Where the clock stands, if it is to stand still. */
  startMs?: number;
  /** Parameters as in a configuration file of Redis. */
  config?: Readonly<Record<string, string>>;
}

/** Whence the keyspace view changes keys: it is no terminal. */
export const EDITOR_ADDRESS = "127.0.0.1:50000";
/** Terminals follow. */
const FIRST_PORT = 50_001;
/** A recording may bring more clients than a page has room for. */
const MOST_TERMINALS = 8;
/** How often views look whether time has changed anything. */
const LOOK_MS = 250;

export class Session {
  readonly db: Redstart;
  readonly transcript: Transcript;
  readonly moment: Signal<Moment>;
  readonly live: Moment;
  /** The terminal that has the turn; the first one, unless given. */
  readonly front: Signal<SessionClient | undefined> = signal(undefined);
  #clients: Signal<readonly SessionClient[]> = signal([]);
  #revision = signal(0);
  #editor: Connection | undefined;
  /** The editor's database. */
  #edited = 0;
  /** What the editor was sent and has not read. */
  #heard: Uint8Array[] = [];
  /** The position that the event that is happening will have. */
  #happening: number | undefined;
  #timer: ReturnType<typeof setInterval>;
  #changes = -1;
  #replay: Replay | undefined;
  #isOpen = signal(true);
  #failure: Signal<string | undefined> = signal(undefined);
  /** Whether it is not the whole of its recording. */
  readonly isCut: boolean;

  private constructor(begin: (session: Session) => Redstart, transcript: Transcript, isCut = false) {
    this.transcript = transcript;
    this.isCut = isCut;
    this.db = begin(this);
    this.live = new Live(this.db);
    this.moment = signal(this.live);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    if (typeof this.#timer === "object") (this.#timer as { unref(): void }).unref();
    this.db.closed.then(() => this.#shut(), (failure: unknown) => this.#shut(failure));
  }

  /** Begins a session, or goes on with one. */
  static async open({ recording, clock, position, watch, mayEndEarly = false, seed, startMs, config }: SessionOptions = {}): Promise<Session> {
    const transcript = new Transcript();
    if (recording === undefined) {
      const db = await Redstart.open({
        record: true,
        ...(seed === undefined ? {} : { seed }),
        ...(startMs === undefined ? {} : { clock: { startMs } }),
        ...(config === undefined ? {} : { config }),
      });
      return new Session(() => db, transcript);
    }
    const replay = await Redstart.replay(recording);
    const end = position ?? replay.length;
    try {
      await transcribe(replay, transcript, end, watch);
    } catch (reason) {
      const hasFailed = reason instanceof RedstartError && reason.code === "FAILED";
      if (!hasFailed && !(mayEndEarly && (reason instanceof Stopped || reason instanceof RedstartError))) {
        replay.close();
        throw reason;
      }
    }
    const options = { position: replay.position, ...(clock === undefined ? {} : { clock }) };
    const isCut = replay.position < end;
    const session = new Session((session) => replay.resume({ ...options, keep: (connection) => session.#keep(connection) }), transcript, isCut);
    // Its checkpoints serve whoever looks back.
    if (replay.position === replay.length) session.#replay = replay;
    else replay.close();
    return session;
  }

  /** The terminals' clients, in the order of their addresses. */
  get clients(): ReadonlySignal<readonly SessionClient[]> {
    return this.#clients;
  }

  /** Grows whenever a view should look again. */
  get revision(): ReadonlySignal<number> {
    return this.#revision;
  }

  /** Whether the engine runs: somebody may send `SHUTDOWN`. */
  get isOpen(): ReadonlySignal<boolean> {
    return this.#isOpen;
  }

  /** Why the engine has failed, if it has. What was done before is in the recording. */
  get failure(): ReadonlySignal<string | undefined> {
    return this.#failure;
  }

  /** A new terminal. */
  connect(): SessionClient {
    const taken = new Set(this.transcript.exchanges.filter(({ kind }) => kind === "open").map(({ client }) => this.transcript.address(client)));
    let port = FIRST_PORT;
    while (taken.has(`127.0.0.1:${port}`)) port += 1;
    const client = new SessionClient(this.#wire, `127.0.0.1:${port}`);
    batch(() => {
      client.connect();
      this.#clients.value = [...this.#clients.peek(), client];
    });
    return client;
  }

  /** Closes a terminal. */
  disconnect(client: SessionClient): void {
    batch(() => {
      client.close();
      this.#clients.value = this.#clients.peek().filter((other) => other !== client);
    });
  }

  /** Runs commands in a database, in a transaction if there are several; throws what they fail with. */
  edit = (database: number, commands: readonly (readonly Argument[])[]): void => {
    this.goLive();
    const isMany = commands.length > 1;
    if (!this.#editor?.isOpen || this.#edited !== database) this.#ask(["SELECT", database]);
    this.#edited = database;
    if (isMany) this.#ask(["MULTI"]);
    let failure: unknown;
    for (const command of commands) {
      try {
        this.#ask(command);
      } catch (reason) {
        failure ??= reason;
      }
    }
    if (isMany) {
      if (failure === undefined) this.#ask(["EXEC"]);
      else this.#ask(["DISCARD"]);
    }
    if (failure !== undefined) throw failure;
  };

  /** Shows a moment: the player's, or none for what is now. */
  show(moment: Moment = this.live): void {
    batch(() => {
      this.moment.value = moment;
      this.touch();
    });
  }

  goLive(): void {
    if (!this.moment.peek().isLive) this.show();
  }

  /** Has the views look again. */
  touch(): void {
    this.#revision.value = this.#revision.peek() + 1;
  }

  /** The replay that the session was restored from, for whoever looks back: it is the caller's. */
  takeReplay(): Replay | undefined {
    const replay = this.#replay;
    this.#replay = undefined;
    return replay;
  }

  close(): void {
    this.#replay?.close();
    this.db.close();
  }

  #shut(failure?: unknown): void {
    batch(() => {
      this.#isOpen.value = false;
      if (failure !== undefined) this.#failure.value = failure instanceof Error ? failure.message : String(failure);
      this.touch();
    });
    clearInterval(this.#timer);
  }

  #wire: Wire = {
    attach: (listener) => this.db.attach(listener),
    note: (what) => this.#note(what),
    happen: (what) => this.#happen(what),
    isOpen: () => this.db?.isOpen ?? true,
    goLive: () => this.goLive(),
  };

  #happen(what: () => void): void {
    const outer = this.#happening;
    this.#happening = this.db.position + 1;
    try {
      batch(what);
    } finally {
      this.#happening = outer;
    }
  }

  #note(what: Pick<Exchange, "client" | "kind" | "bytes"> & Partial<Exchange>): void {
    const position = this.#happening ?? this.db.position;
    batch(() => {
      this.transcript.add({ time: this.db.isOpen ? this.db.clock.now() : 0, position, ...what });
      this.touch();
    });
  }

  /** Time changes things as well: keys expire. */
  #look(): void {
    if (!this.db.isOpen) return;
    // One whose replies are turned off is not heard of.
    for (const client of this.#clients.peek()) client.look();
    const { keyspace } = this.db;
    const { changes } = keyspace;
    if (changes === this.#changes && keyspace.databases().every(({ expiring }) => expiring === 0)) return;
    this.#changes = changes;
    this.touch();
  }

  #keep(connection: Connection): Listener | undefined {
    const address = this.transcript.address(connection.id) || `client ${connection.id}`;
    if (address === EDITOR_ADDRESS || this.#clients.peek().length >= MOST_TERMINALS) return undefined;
    const client = new SessionClient(this.#wire, address);
    const listener = client.adopt(connection);
    this.#clients.value = [...this.#clients.peek(), client].sort((a, b) => (a.address < b.address ? -1 : 1));
    return listener;
  }

  #ask(command: readonly Argument[]): Frame {
    if (!this.#editor?.isOpen) {
      this.#happen(() => {
        const editor = this.db.attach({
          address: EDITOR_ADDRESS,
          data: (bytes) => {
            this.#heard.push(bytes);
            this.#note({ client: editor.id, kind: "reply", bytes });
          },
        });
        this.#editor = editor;
        this.#note({ client: editor.id, kind: "open", bytes: new TextEncoder().encode(EDITOR_ADDRESS) });
      });
    }
    const editor = this.#editor!;
    const bytes = encoded(command);
    this.#heard = [];
    this.#happen(() => {
      this.#note({ client: editor.id, kind: "request", bytes });
      editor.send(bytes);
    });
    const reply = this.#heard.flatMap((bytes) => frames(bytes)).at(-1);
    if (reply === undefined) throw new RedstartError("NOREPLY the command got no reply");
    const failure = reply.error ?? reply.items.find(({ error }) => error !== undefined)?.error;
    if (failure !== undefined) throw new RedstartError(failure);
    return reply;
  }
}

/** Lets a recording run up to a position, and writes down what is said. */
async function transcribe(replay: Replay, transcript: Transcript, end: number, watch: Watch | undefined): Promise<void> {
  const utf8 = new TextEncoder();
  while (replay.position < end) {
    const step = replay.step();
    if (step === undefined) return;
    const { event, client, sent, position, time } = { ...step, position: replay.position, time: replay.now };
    const at = { client, time, position };
    if (event.kind === "connect") transcript.add({ ...at, kind: "open", bytes: utf8.encode(event.address ?? "") });
    if (event.kind === "receive") transcript.add({ ...at, kind: "request", bytes: event.bytes.slice() });
    for (const { client, bytes } of sent) transcript.add({ ...at, client, kind: "reply", bytes });
    for (const client of step.ended) transcript.add({ ...at, client, kind: "end", bytes: new Uint8Array() });
    await watch?.turn(() => progressOf(replay.position, end));
  }
}
