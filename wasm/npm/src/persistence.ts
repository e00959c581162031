// What keeps a database: a snapshot, which is an RDB file, and a journal of what has changed since. Every save compares all data with the data of
// the save before and appends the difference as one record, so what is read back is always the whole database at the moment of one save, never half of a
// transaction. When the journal has outgrown the snapshot, a new snapshot takes the place of both.
//
//   record   length (u32)   checksum (u32)   patch
//
// The checksum of a record goes on from that of the record before it, and that of the first from the snapshot's. So a record counts only behind the
// very file that it was made for: what a crash has left half-written, or left over beside a newer snapshot, ends the journal.
//
// Where the bytes lie is a store's matter: a folder in Node (`folder.ts`), a database of the browser (`indexed-db.ts`).

import { Chunks, patched } from "./patch.js";

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

/** Whose data it is. */
export interface Source {
  /** Grows when data is changed. */
  changes(): number;
  snapshot(): Uint8Array;
}

/** Changes are saved after so long without being asked. */
const EVERY_MS = 1000;
/** What saving unasked may take of the time. */
const SHARE = 0.05;
/** A journal up to this long is left alone. */
const SHORT_BYTES = 65536;
const HEAD = 8;

export class Persistence {
  #store: Store;
  #source: Source | undefined;
  /** What the store has. */
  #kept: Chunks;
  #checksum: number;
  #journal: number;
  #mustReplace: boolean;
  /** The changes that the store has, or is being told. */
  #changes = -1;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stay = () => {};
  #notBefore = 0;
  #hasFailed = false;

  private constructor(store: Store, file: Uint8Array, checksum: number, journal: number) {
    this.#store = store;
    this.#kept = Chunks.of(file);
    this.#checksum = checksum;
    this.#journal = journal;
    this.#mustReplace = file.length === 0;
  }

  /** Reads what a store has. */
  static async open(store: Store): Promise<Persistence> {
    try {
      const { snapshot, journal } = await store.read();
      return new Persistence(store, ...replayed(snapshot, journal));
    } catch (reason) {
      await store.close();
      throw reason;
    }
  }

  /** The RDB file that was kept; empty for none. */
  get file(): Uint8Array {
    return this.#kept.file;
  }

  /** Keeps this data from now on. */
  start(source: Source): void {
    this.#source = source;
    // What was read is there already, unless something else was begun with.
    if (!this.#mustReplace) this.#changes = source.changes();
    this.#timer = setInterval(() => this.#unasked(), EVERY_MS);
    if (typeof this.#timer === "object") this.#timer.unref();
    this.#stay = this.#store.beforeLeaving(() => this.#unasked(true));
  }

  /** Resolves once all that was done so far is on the disk. */
  save(): Promise<void> {
    // The one that waits takes all that happens until its turn.
    if (this.#running !== undefined) this.#next ??= this.#running.catch(() => {}).then(() => this.#run());
    return this.#next ?? this.#run();
  }

  /** Saves for the last time. */
  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stay();
    // The database is gone when this returns.
    const last = this.#isSaved() ? undefined : { changes: this.#source!.changes(), file: this.#source!.snapshot() };
    this.#source = undefined;
    return (this.#closing ??= this.#close(last));
  }

  async #close(last: { changes: number; file: Uint8Array } | undefined): Promise<void> {
    try {
      await this.#running?.catch(() => {});
      if (last !== undefined && (this.#mustReplace || last.changes !== this.#changes)) await this.#write(last.file);
    } finally {
      await this.#store.close();
    }
  }

  #isSaved(): boolean {
    return this.#source === undefined || (!this.#mustReplace && this.#source.changes() === this.#changes);
  }

  #unasked(isUrgent = false): void {
    if (this.#running !== undefined && !isUrgent) return;
    if (this.#isSaved() || (performance.now() < this.#notBefore && !isUrgent)) return;
    this.save().then(
      () => (this.#hasFailed = false),
      (reason: unknown) => {
        if (!this.#hasFailed) console.error("redstart: what has changed cannot be saved:", reason);
        this.#hasFailed = true;
      },
    );
  }

  #run(): Promise<void> {
    this.#next = undefined;
    const source = this.#source;
    if (source === undefined) return this.#closing ?? Promise.resolve();
    if (this.#isSaved()) return Promise.resolve();
    const begun = performance.now();
    this.#changes = source.changes();
    const running = this.#write(source.snapshot()).finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#notBefore = begun + (performance.now() - begun) / SHARE;
    return (this.#running = running);
  }

  async #write(file: Uint8Array): Promise<void> {
    const { chunks, patch } = this.#kept.next(file);
    const record = new Uint8Array(HEAD + patch.length);
    record.set(patch, HEAD);
    const checksum = crc32(patch, this.#checksum);
    const head = new DataView(record.buffer);
    head.setUint32(0, patch.length, true);
    head.setUint32(4, checksum, true);
    const end = this.#journal + record.length;
    const replaces = this.#mustReplace || end > Math.max(file.length, SHORT_BYTES);
    // Whatever is wrong with the store, a new snapshot puts it right.
    this.#mustReplace = true;
    if (replaces) await this.#store.replace(file);
    else await this.#store.append(record, this.#journal);
    this.#checksum = replaces ? crc32(file) : checksum;
    this.#journal = replaces ? 0 : end;
    this.#kept = chunks;
    this.#mustReplace = false;
  }
}

/** The file that a journal leads to, its checksum, and where the journal ends. */
function replayed(snapshot: Uint8Array, journal: Uint8Array): [file: Uint8Array, checksum: number, journal: number] {
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  let [file, checksum, at] = [snapshot, crc32(snapshot), 0];
  while (at + HEAD <= journal.length) {
    const end = at + HEAD + view.getUint32(at, true);
    if (end > journal.length) break;
    const patch = journal.subarray(at + HEAD, end);
    const expected = crc32(patch, checksum);
    if (view.getUint32(at + 4, true) !== expected) break;
    file = patched(file, patch);
    [checksum, at] = [expected, end];
  }
  return [file, checksum, at];
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
