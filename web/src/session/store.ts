// Keeps a session where the browser keeps things for a page, so that a reload goes on with it. A recording only grows: what it has more than last time is
// written behind the rest. Each window of the page has a place of its own, held by a lock while it is open; a reload finds the same place again.

const DATABASE = "redstart";
const CHUNKS = "recordings";
/** Windows beyond so many keep nothing. */
const MOST_PLACES = 16;

/** The place of a note among a recording's chunks. */
const NOTE = -1;

export interface Kept {
  readonly recording: Uint8Array;
  /** Whether the session's clock was behind the machine's, or stood still. */
  readonly isBehind: boolean;
}

export class Store {
  #db: IDBDatabase;
  #place: number;
  /** How many bytes are kept already, in how many chunks. */
  #length = 0;
  #chunks = 0;
  #last: Promise<void> = Promise.resolve();

  private constructor(db: IDBDatabase, place: number) {
    this.#db = db;
    this.#place = place;
  }

  /** `undefined` where the browser keeps nothing. */
  static async open(): Promise<Store | undefined> {
    try {
      const place = await freePlace();
      return place === undefined ? undefined : new Store(await opened(), place);
    } catch {
      return undefined;
    }
  }

  /** What was kept, if anything. */
  async load(): Promise<Kept | undefined> {
    const store = this.#chunksStore("readonly");
    const [chunks, isBehind] = await Promise.all([answer<Uint8Array[]>(store.getAll(this.#range())), answer<boolean>(store.get([this.#place, NOTE]))]);
    if (chunks.length === 0) return undefined;
    this.#chunks = chunks.length;
    this.#length = chunks.reduce((length, chunk) => length + chunk.length, 0);
    const recording = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of chunks) {
      recording.set(chunk, at);
      at += chunk.length;
    }
    return { recording, isBehind };
  }

  /** Keeps what a recording has more than it had; `anew` when it is another. */
  save({ recording, isBehind }: Kept, anew = false): Promise<void> {
    if (!anew && recording.length === this.#length) return this.#last;
    const store = this.#chunksStore("readwrite");
    if (anew || recording.length < this.#length) {
      store.delete(this.#range());
      this.#length = this.#chunks = 0;
    }
    store.put(isBehind, [this.#place, NOTE]);
    store.put(recording.slice(this.#length), [this.#place, this.#chunks]);
    this.#length = recording.length;
    this.#chunks += 1;
    return (this.#last = done(store.transaction));
  }

  #chunksStore(mode: IDBTransactionMode): IDBObjectStore {
    return this.#db.transaction(CHUNKS, mode).objectStore(CHUNKS);
  }

  #range(): IDBKeyRange {
    return IDBKeyRange.bound([this.#place, 0], [this.#place, Infinity]);
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(CHUNKS);
  return answer(request);
}

/** Takes the first place that no other window has. */
async function freePlace(): Promise<number | undefined> {
  if (navigator.locks === undefined) return 0;
  for (let place = 0; place < MOST_PLACES; place += 1) {
    const isFree = await new Promise<boolean>((resolve) => {
      void navigator.locks.request(`${DATABASE} ${place}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        // It is held until the page goes.
        return lock === null ? undefined : new Promise(() => {});
      });
    });
    if (isFree) return place;
  }
  return undefined;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
