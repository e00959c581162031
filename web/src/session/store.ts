// Keeps a session where the browser keeps things for a page, so that a reload goes on with it. A recording only grows: what it has more than last time is
// written behind the rest. Each window of the page has a place of its own, held by a lock while it is open; a reload finds the same place again.

const DATABASE = "redstart";
const CHUNKS = "recordings";
/** What a window remembers of its place. */
const WINDOW = "redstart-place";
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

  /** `undefined` where the browser keeps nothing. `isForeign`: what comes is somebody else's session, and must not take the place of one's own. */
  static async open(isForeign: boolean): Promise<Store | undefined> {
    try {
      const db = await opened();
      const taken = isForeign ? await placesOf(db) : [];
      const place = (await freePlace(taken)) ?? (await freePlace([]));
      if (place === undefined) return undefined;
      sessionStorage.setItem(WINDOW, String(place));
      return new Store(db, place);
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

/** The places where something is kept. */
async function placesOf(db: IDBDatabase): Promise<number[]> {
  const keys = await answer(db.transaction(CHUNKS).objectStore(CHUNKS).getAllKeys());
  return keys.map((key) => (key as [number, number])[0]);
}

/** Takes the place that this window had, or else the first that no other window has. */
async function freePlace(taken: readonly number[]): Promise<number | undefined> {
  if (navigator.locks === undefined) return 0;
  const own = sessionStorage.getItem(WINDOW);
  const places = Array.from({ length: MOST_PLACES }, (_, place) => place);
  if (own !== null) places.unshift(Number(own));
  for (const place of places) {
    if (!taken.includes(place) && (await lock(place))) return place;
  }
  return undefined;
}

/** Holds a place until the page goes; whether it is free. */
function lock(place: number): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(`${DATABASE} ${place}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => {});
    });
  });
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
