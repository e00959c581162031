// What keeps a database: a snapshot, which is an RDB file, and a journal of what has changed since, which the engine tells. What has changed between
// two saves is one record, so what is read back is always the database at the moment of one save, never half of a transaction. When the journal
// has outgrown the snapshot, a new snapshot takes the place of both.
//
//   record   mark (u32)   length (u32)   checksum before (u32)   checksum (u32)   changes ...
//   change   microseconds since the Unix epoch (f64)   length (u32)   requests
//
// The checksum of a record goes on from that of the record before it, and that of the first from the snapshot's. So a record counts only behind the
// very file that it was made for, and yet is known to be whole wherever it lies. A crash leaves one record half-written, the last, or beside a newer
// snapshot the whole journal of the one before: either ends the journal, and is gone with the next snapshot, which is made at once. Whole records behind
// a broken one no crash leaves: something else has damaged them, and nothing is opened, lest what was saved be overwritten unseen.
//
// Where the bytes lie is a store's matter: a folder in Node (`folder.ts`), a database of the browser (`indexed-db.ts`).

import { RedstartError } from "./error.js";

/** What is in a store. */
export interface Kept {
  readonly snapshot: Uint8Array;
  readonly journal: Uint8Array;
}

/** Where a database is kept. What these resolve for is on the disk; one is called after the other. None but its owner has it open. */
export interface Store {
  read(): Promise<Kept>;
  /** Puts a snapshot in the place of all there is: after a crash there is either. */
  replace(snapshot: Uint8Array): Promise<void>;
  /** Writes at this place of the journal, where it ends. */
  append(record: Uint8Array, at: number): Promise<void>;
  /** Has it called when there may be no more time later; returns what ends that. */
  beforeLeaving(save: () => void): () => void;
  close(): Promise<void>;
}

/** What one call of the engine has changed. */
export interface Change {
  /** When: microseconds since the Unix epoch. */
  readonly time: number;
  /** Commands that do the same when they are run at that time. */
  readonly requests: Uint8Array;
}

/** Changes are saved after so long without being asked. */
const EVERY_MS = 1000;
/** A journal up to this long is left alone. */
const SHORT_BYTES = 65536;
/** "RSJ1". */
const MARK = 0x314a5352;
const RECORD_HEAD = 16;
const CHANGE_HEAD = 12;

export class Persistence {
  /** What was kept: the snapshot, empty for none, and what changed after it. */
  readonly snapshot: Uint8Array;
  readonly changes: readonly Change[];
  #store: Store;
  #source: (() => Uint8Array) | undefined;
  /** What the store has yet to be told. */
  #pending: Change[] = [];
  #snapshotLength: number;
  #checksum: number;
  #journal: number;
  /** Whether the store's journal does not lead to what the source was before what is pending. */
  #mustReplace: boolean;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stay = () => {};
  #hasFailed = false;
  /** Whether it was tried for the last time, in vain so far. */
  #hasLeft = false;

  private constructor(store: Store, { snapshot, journal }: Kept) {
    const { changes, checksum, length } = read(snapshot, journal);
    this.snapshot = snapshot;
    this.changes = changes;
    this.#store = store;
    this.#snapshotLength = snapshot.length;
    this.#checksum = checksum;
    this.#journal = length;
    // What a crash has left behind the journal would lie behind what is written next.
    this.#mustReplace = snapshot.length === 0 || length < journal.length;
  }

  /**
   * Reads what a store has.
   * @throws {RedstartError} `DAMAGED` when what was saved cannot be read.
   */
  static async open(store: Store): Promise<Persistence> {
    try {
      return new Persistence(store, await store.read());
    } catch (reason) {
      await store.close();
      throw reason;
    }
  }

  /** Keeps what changes from now on; the source gives all data as a file. */
  start(source: () => Uint8Array): void {
    this.#source = source;
    this.#timer = setInterval(() => this.#unasked(), EVERY_MS);
    if (typeof this.#timer === "object") this.#timer.unref();
    this.#stay = this.#store.beforeLeaving(() => this.#unasked(true));
  }

  /** Has the next save write a new snapshot, since not all of the old one could be read. */
  renew(): void {
    this.#mustReplace = true;
  }

  /** Something has changed. */
  note(change: Change): void {
    this.#pending.push(change);
  }

  /** Resolves once all that was done so far is on the disk. */
  save(): Promise<void> {
    // The one that waits takes all that happens until its turn.
    if (this.#running !== undefined) this.#next ??= this.#running.catch(() => {}).then(() => this.#run());
    return this.#next ?? this.#run();
  }

  /** Saves for the last time; without the source when that has failed: then what is pending may be added, but no snapshot made. */
  close(hasFailed = false): Promise<void> {
    clearInterval(this.#timer);
    this.#stay();
    // The database is gone when this returns; a write that is under way may fail yet.
    const file = this.#mustReplace && !hasFailed ? this.#source?.() : undefined;
    this.#source = undefined;
    return (this.#closing ??= this.#close(file));
  }

  async #close(file: Uint8Array | undefined): Promise<void> {
    try {
      await this.#running?.catch(() => {});
      if (this.#mustReplace && file !== undefined) await this.#replace(file);
      else if (!this.#mustReplace && this.#pending.length > 0) await this.#append(encoded(this.#pending));
    } finally {
      await this.#store.close();
    }
  }

  #unasked(isUrgent = false): void {
    if (this.#isSaved() || (this.#running !== undefined && !isUrgent)) return;
    // What fails on leaving fails for ever: trying again would keep a process that wants to end.
    if (isUrgent && this.#hasLeft) return;
    this.#hasLeft = isUrgent;
    this.save().then(
      () => (this.#hasFailed = this.#hasLeft = false),
      (reason: unknown) => {
        if (!this.#hasFailed) console.error("redstart: what has changed cannot be saved:", reason);
        this.#hasFailed = true;
      },
    );
  }

  #isSaved(): boolean {
    return this.#source === undefined || (!this.#mustReplace && this.#pending.length === 0);
  }

  #run(): Promise<void> {
    this.#next = undefined;
    if (this.#source === undefined) return this.#closing ?? Promise.resolve();
    if (this.#isSaved()) return Promise.resolve();
    const running = this.#write(this.#source).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return (this.#running = running);
  }

  async #write(source: () => Uint8Array): Promise<void> {
    const changes = encoded(this.#pending);
    const end = this.#journal + RECORD_HEAD + changes.length;
    this.#pending = [];
    if (!this.#mustReplace && end <= Math.max(this.#snapshotLength, SHORT_BYTES)) return this.#append(changes);
    // There may be no memory for it, and what was pending is nowhere else by now.
    this.#mustReplace = true;
    await this.#replace(source());
  }

  async #append(changes: Uint8Array): Promise<void> {
    const record = new Uint8Array(RECORD_HEAD + changes.length);
    const checksum = crc32(changes, this.#checksum);
    const head = new DataView(record.buffer);
    [MARK, changes.length, this.#checksum, checksum].forEach((value, index) => head.setUint32(4 * index, value, true));
    record.set(changes, RECORD_HEAD);
    // Whatever is wrong with the store, a new snapshot puts it right.
    this.#mustReplace = true;
    await this.#store.append(record, this.#journal);
    this.#mustReplace = false;
    this.#checksum = checksum;
    this.#journal += record.length;
  }

  async #replace(file: Uint8Array): Promise<void> {
    this.#mustReplace = true;
    await this.#store.replace(file);
    this.#mustReplace = false;
    this.#checksum = crc32(file);
    this.#journal = 0;
    this.#snapshotLength = file.length;
  }
}

function encoded(changes: readonly Change[]): Uint8Array {
  const bytes = new Uint8Array(changes.reduce((length, { requests }) => length + CHANGE_HEAD + requests.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { time, requests } of changes) {
    view.setFloat64(at, time, true);
    view.setUint32(at + 8, requests.length, true);
    bytes.set(requests, at + CHANGE_HEAD);
    at += CHANGE_HEAD + requests.length;
  }
  return bytes;
}

/** The changes in a journal, where it ends, and the checksum there. */
function read(snapshot: Uint8Array, journal: Uint8Array): { changes: Change[]; checksum: number; length: number } {
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  const changes: Change[] = [];
  let [checksum, at] = [crc32(snapshot), 0];
  for (let record = recordAt(view, 0); record?.before === checksum; record = recordAt(view, at)) {
    for (let start = at + RECORD_HEAD; start < record.end; ) {
      const requests = start + CHANGE_HEAD;
      start = requests + view.getUint32(start + 8, true);
      changes.push({ time: view.getFloat64(requests - CHANGE_HEAD, true), requests: journal.subarray(requests, start) });
    }
    [checksum, at] = [record.checksum, record.end];
  }
  const isOfEarlierSnapshot = at === 0 && recordAt(view, 0) !== undefined;
  if (!isOfEarlierSnapshot) refuseDamage(view, at);
  return { changes, checksum, length: at };
}

/** Where there are records behind the end of the journal, it has no end but a gap. */
function refuseDamage(view: DataView, end: number): void {
  for (let at = end; at + RECORD_HEAD <= view.byteLength; at += 1) {
    if (recordAt(view, at) === undefined) continue;
    throw new RedstartError(`DAMAGED the journal is broken at byte ${end} and whole again at byte ${at}: cut it to ${end} bytes to go on with what was saved before`);
  }
}

/** The record that begins there, if it is whole. */
function recordAt(view: DataView, at: number): { before: number; checksum: number; end: number } | undefined {
  if (at + RECORD_HEAD > view.byteLength || view.getUint32(at, true) !== MARK) return undefined;
  const [length, before, checksum] = [view.getUint32(at + 4, true), view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
  const start = at + RECORD_HEAD;
  if (start + length > view.byteLength) return undefined;
  const changes = new Uint8Array(view.buffer, view.byteOffset + start, length);
  return crc32(changes, before) === checksum ? { before, checksum, end: start + length } : undefined;
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte >>> 0;
});

function crc32(bytes: Uint8Array, before = 0): number {
  let sum = ~before;
  for (const byte of bytes) sum = (sum >>> 8) ^ CRC[(sum ^ byte) & 0xff]!;
  return ~sum >>> 0;
}
