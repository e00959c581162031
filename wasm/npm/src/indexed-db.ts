// Stores a database in IndexedDB. OPFS has files, but only workers can write them durably;
// IndexedDB works in pages as well, and its transactions are atomic.

import { RedstartError } from "./error.js";
import type { Kept, Store } from "./persistence.js";

/** The time that the previous page may need to unload. */
const PATIENCE_MS = 1000;
const SNAPSHOT = -1;
const FILES = "files";

export class IndexedDb implements Store {
  #database: IDBDatabase;
  #unlock: () => void;

  private constructor(database: IDBDatabase, unlock: () => void) {
    this.#database = database;
    this.#unlock = unlock;
  }

  /**
   * Opens the database with this name.
   *
   * @throws {RedstartError} `LOCKED` if another page or worker uses it.
   */
  static async open(name: string): Promise<IndexedDb> {
    const unlock = await lock(`redstart:${name}`, name);
    try {
      const opening = indexedDB.open(`redstart:${name}`, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(FILES);
      return new IndexedDb(await done(opening), unlock);
    } catch (reason) {
      unlock();
      throw reason;
    }
  }

  async read(): Promise<Kept> {
    const files = this.#database.transaction(FILES).objectStore(FILES);
    // The snapshot first, then the records by their offset in the journal.
    const [keys, values] = await Promise.all([done(files.getAllKeys()), done(files.getAll())]) as [number[], Uint8Array[]];
    const records = values.filter((_, index) => keys[index] !== SNAPSHOT);
    const journal = new Uint8Array(records.reduce((length, record) => length + record.length, 0));
    let at = 0;
    for (const record of records) {
      journal.set(record, at);
      at += record.length;
    }
    return { snapshot: values[keys.indexOf(SNAPSHOT)] ?? new Uint8Array(), journal };
  }

  replace(snapshot: Uint8Array): Promise<void> {
    return this.#write((files) => {
      files.clear();
      files.put(snapshot, SNAPSHOT);
    });
  }

  append(record: Uint8Array, at: number): Promise<void> {
    return this.#write((files) => files.put(record, at));
  }

  beforeLeaving(save: () => void): () => void {
    const { document } = globalThis;
    const hidden = () => document.visibilityState === "hidden" && save();
    document?.addEventListener("visibilitychange", hidden);
    return () => document?.removeEventListener("visibilitychange", hidden);
  }

  async close(): Promise<void> {
    this.#database.close();
    this.#unlock();
  }

  #write(what: (files: IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(FILES, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      what(transaction.objectStore(FILES));
    });
  }
}

/**
 * Acquires a lock that ends with the page, however that ends. Returns a function that releases it.
 */
function lock(lockName: string, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    if (!globalThis.navigator?.locks || !globalThis.indexedDB) return reject(new TypeError("dataDir needs a secure context (HTTPS or localhost)"));
    const refused = (reason: DOMException) =>
      reject(reason.name === "TimeoutError" ? new RedstartError(`LOCKED '${name}' is in use by another page already`) : reason);
    const held = () => new Promise<void>((unlock) => resolve(unlock));
    navigator.locks.request(lockName, { signal: AbortSignal.timeout(PATIENCE_MS) }, held).catch(refused);
  });
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
