// Stores a database in a folder: `dump.rdb`, which Redis can read, `journal`, and `lock.*`, whose
// name identifies the process that owns the folder.

import { randomUUID } from "node:crypto";
import { type FileHandle, constants, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RedstartError } from "./error.js";
import type { Kept, Store } from "./persistence.js";

export class Folder implements Store {
  #path: string;
  #journal: FileHandle;
  #lock: string;

  private constructor(path: string, journal: FileHandle, lock: string) {
    this.#path = path;
    this.#journal = journal;
    this.#lock = lock;
  }

  /**
   * Opens a folder, and creates it if it does not exist.
   *
   * @throws {RedstartError} `LOCKED` if another database uses it, in this process or another one.
   */
  static async open(folder: string | URL): Promise<Folder> {
    const path = typeof folder === "string" && !folder.startsWith("file:") ? resolve(folder) : fileURLToPath(folder);
    await mkdir(path, { recursive: true });
    const own = await lock(path);
    try {
      // Opened for reading and writing at any position, and created if it does not exist.
      const journal = await open(join(path, "journal"), constants.O_RDWR | constants.O_CREAT);
      return new Folder(path, journal, own);
    } catch (reason) {
      await unlock(own);
      throw reason;
    }
  }

  async read(): Promise<Kept> {
    const snapshot = await readFile(join(this.#path, "dump.rdb")).catch(absent);
    return { snapshot, journal: await this.#journal.readFile() };
  }

  async replace(snapshot: Uint8Array): Promise<void> {
    const [name, draft] = [join(this.#path, "dump.rdb"), join(this.#path, "dump.rdb.new")];
    await writeFile(draft, snapshot, { flush: true });
    await rename(draft, name);
    await this.#synced();
    // The journal belongs to the previous snapshot: it is obsolete, but uses space.
    await this.#journal.truncate(0);
  }

  async append(record: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < record.length; ) {
      const { bytesWritten } = await this.#journal.write(record, done, record.length - done, at + done);
      done += bytesWritten;
    }
    await this.#journal.datasync();
    // The file itself may be new.
    if (at === 0) await this.#synced();
  }

  beforeLeaving(save: () => void): () => void {
    if (leaving.size === 0) process.on("beforeExit", leave);
    leaving.add(save);
    return () => {
      if (leaving.delete(save) && leaving.size === 0) process.off("beforeExit", leave);
    };
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await unlock(this.#lock);
  }

  /** Syncs the list of files in the folder. */
  async #synced(): Promise<void> {
    // Windows cannot open folders.
    const folder = await open(this.#path, "r").catch(() => undefined);
    try {
      await folder?.sync();
    } finally {
      await folder?.close();
    }
  }
}

/**
 * Functions that save data before the process ends. They share one listener, because Node reports
 * more than ten as a leak.
 */
const leaving = new Set<() => void>();

function leave(): void {
  for (const save of leaving) save();
}

function absent(reason: NodeJS.ErrnoException): Uint8Array {
  if (reason.code !== "ENOENT") throw reason;
  return new Uint8Array();
}

/**
 * Locks the folder for this process, and returns the lock. Every process that wants the lock first
 * creates a file there, and then looks for the files of others: of two processes, at least the
 * later one sees the other. No name is used twice, so any process may remove the lock of one that
 * has ended.
 */
async function lock(path: string): Promise<string> {
  const own = `lock.${await identity(process.pid)}.${randomUUID()}`;
  const name = join(path, own);
  await writeFile(name, "");
  try {
    for (let others = await rivals(path, own); others.length > 0; others = await rivals(path, own)) {
      // Of processes that arrive at the same time, the first by name waits until the others have
      // gone.
      const winner = others.find((other) => other.holds || other.name < own);
      if (winner !== undefined) throw new RedstartError(`LOCKED ${path} is in use by process ${winner.pid} already`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await writeFile(name, "held\n");
    return name;
  } catch (reason) {
    await unlock(name);
    throw reason;
  }
}

/** Returns the other processes that have the folder, or want it. */
async function rivals(path: string, own: string): Promise<{ name: string; pid: number; holds: boolean }[]> {
  const names = (await readdir(path)).filter((name) => name.startsWith("lock.") && name !== own);
  const found = await Promise.all(names.map(async (name) => {
    const pid = Number(name.split(".")[1]);
    const identified = await identity(pid);
    const isAlive = identified !== undefined && name.startsWith(`lock.${identified}.`);
    if (!isAlive) await unlock(join(path, name));
    const file = isAlive ? await stat(join(path, name)).catch(() => undefined) : undefined;
    return file && { name, pid, holds: file.size > 0 };
  }));
  return found.filter((rival) => rival !== undefined);
}

async function unlock(name: string): Promise<void> {
  await rm(name, { force: true });
}

/**
 * Identifies a process by its id and, if available, its start time, since ids are reused. Returns
 * nothing if it has ended.
 */
async function identity(pid: number): Promise<string | undefined> {
  try {
    process.kill(pid, 0);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "EPERM") return undefined;
  }
  const [boot, stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
  ]);
  // The fields after the name, which may contain anything: the 20th is the start time; the first is
  // Z for a process that has ended but was not waited for.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : `${pid}.${fields[19] ?? ""}.${boot.trim()}`;
}
