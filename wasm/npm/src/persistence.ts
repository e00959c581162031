// Durable storage of a database: a snapshot, which is an RDB file, plus a journal of later changes.
// The changes between two saves form one record, so the restored data is always the state at one
// save, never half of a transaction. If the journal has outgrown the snapshot, a new snapshot
// replaces both.
//
//   record   mark (u32)   length (u32)   checksum before (u32)   checksum (u32)   changes ...
//   change   microseconds since the Unix epoch (f64)   length (u32)   requests
//
// The checksum of a record continues that of the record before it, and that of the first continues
// the snapshot's. So a record is only valid after the exact file that it was written for, and its
// integrity can be checked at any offset. A crash leaves one incomplete record at the end or,
// beside a newer snapshot, the whole journal of the previous one: either one ends the journal, and
// is removed with the next snapshot, which is made at once. A crash never leaves intact records
// after a broken one: then something else has corrupted the journal, and it is not opened, so that
// saved data is not overwritten silently.
//
// A store determines where the bytes are kept: a folder in Node (`folder.ts`), a database of the
// browser (`indexed-db.ts`).

import { RedstartError } from "./error.js";

/** The contents of a store. */
export interface Kept {
  readonly snapshot: Uint8Array;
  readonly journal: Uint8Array;
}

/**
 * The place where a database is kept. A call resolves when its data is on disk; calls are made one
 * after the other. Only the owner has it open.
 */
export interface Store {
  read(): Promise<Kept>;
  /** Replaces everything by a snapshot, atomically. */
  replace(snapshot: Uint8Array): Promise<void>;
  /** Writes at this offset of the journal, which is its end. */
  append(record: Uint8Array, at: number): Promise<void>;
  /**
   * Registers a function that is called when there may be no more time later. Returns a function
   * that unregisters it.
   */
  beforeLeaving(save: () => void): () => void;
  close(): Promise<void>;
}

/** The changes of one call of the engine. */
export interface Change {
  /** The time of the call, in microseconds since the Unix epoch. */
  readonly time: number;
  /** Commands that have the same effect when they run at that time. */
  readonly requests: Uint8Array;
}

/** The interval of automatic saves. */
const EVERY_MS = 1000;
/** A journal up to this length is never compacted. */
const SHORT_BYTES = 65536;
/** "RSJ1". */
const MARK = 0x314a5352;
const RECORD_HEAD = 16;
const CHANGE_HEAD = 12;

export class Persistence {
  /** The stored data: the snapshot, which may be empty, and the changes after it. */
  readonly snapshot: Uint8Array;
  readonly changes: readonly Change[];
  #store: Store;
  #source: (() => Uint8Array) | undefined;
  /** The changes that are not in the store yet. */
  #pending: Change[] = [];
  #snapshotLength: number;
  #checksum: number;
  #journal: number;
  /**
   * Whether the journal in the store does not lead to the state of the source before the pending
   * changes.
   */
  #mustReplace: boolean;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stay = () => {};
  #hasFailed = false;
  /** Whether the final save was tried, without success so far. */
  #hasLeft = false;

  private constructor(store: Store, { snapshot, journal }: Kept) {
    const { changes, checksum, length } = read(snapshot, journal);
    this.snapshot = snapshot;
    this.changes = changes;
    this.#store = store;
    this.#snapshotLength = snapshot.length;
    this.#checksum = checksum;
    this.#journal = length;
    // Bytes that a crash has left at the end of the journal would otherwise follow the next record.
    this.#mustReplace = snapshot.length === 0 || length < journal.length;
  }

  /**
   * Reads a store.
   *
   * @throws {RedstartError} `DAMAGED` if what was saved cannot be read.
   */
  static async open(store: Store): Promise<Persistence> {
    try {
      return new Persistence(store, await store.read());
    } catch (reason) {
      await store.close();
      throw reason;
    }
  }

  /** Starts saving changes. The source returns all data as a file. */
  start(source: () => Uint8Array): void {
    this.#source = source;
    this.#timer = setInterval(() => this.#unasked(), EVERY_MS);
    if (typeof this.#timer === "object") this.#timer.unref();
    this.#stay = this.#store.beforeLeaving(() => this.#unasked(true));
  }

  /** Makes the next save write a new snapshot, since the old one could not be read completely. */
  renew(): void {
    this.#mustReplace = true;
  }

  /** Notes that data has changed. */
  note(change: Change): void {
    this.#pending.push(change);
  }

  /** Resolves when all changes so far are on disk. */
  save(): Promise<void> {
    // The waiting save includes everything that happens until its turn.
    if (this.#running !== undefined) this.#next ??= this.#running.catch(() => {}).then(() => this.#run());
    return this.#next ?? this.#run();
  }

  /**
   * Saves for the last time. After a failure it is retried without the source: pending changes can
   * be appended, but no snapshot can be made.
   */
  close(hasFailed = false): Promise<void> {
    clearInterval(this.#timer);
    this.#stay();
    // The database is gone when this returns; a write in progress may still fail.
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
    // A failure of the last save is final: retries would keep a process from ending.
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
    // There may not be enough memory for a snapshot, and the pending changes are nowhere else by
    // now.
    this.#mustReplace = true;
    await this.#replace(source());
  }

  async #append(changes: Uint8Array): Promise<void> {
    const record = new Uint8Array(RECORD_HEAD + changes.length);
    const checksum = crc32(changes, this.#checksum);
    const head = new DataView(record.buffer);
    [MARK, changes.length, this.#checksum, checksum].forEach((value, index) => head.setUint32(4 * index, value, true));
    record.set(changes, RECORD_HEAD);
    // A new snapshot repairs the store, whatever is wrong with it.
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

/** Returns the changes in a journal, the offset of its end, and the checksum there. */
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

/**
 * Throws if there are intact records after the end of the journal: then it is not the end but a
 * gap.
 */
function refuseDamage(view: DataView, end: number): void {
  for (let at = end; at + RECORD_HEAD <= view.byteLength; at += 1) {
    if (recordAt(view, at) === undefined) continue;
    throw new RedstartError(`DAMAGED the journal is corrupt at byte ${end}, but has intact records from byte ${at}: truncate it to ${end} bytes to continue with what was saved before`);
  }
}

/** Reads the record at an offset, if it is intact. */
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
