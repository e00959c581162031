// A database that is kept in a folder: `dump.rdb`, which Redis opens as well, `journal`, and `lock`, which names the process whose folder it is.

import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { RedstartError } from "./error.js";
import type { Kept, Store } from "./persistence.js";

export class Folder implements Store {
  #path: string;
  #journal: FileHandle;

  private constructor(path: string, journal: FileHandle) {
    this.#path = path;
    this.#journal = journal;
  }

  /**
   * Opens a folder, and makes it where there is none.
   * @throws {RedstartError} `LOCKED` when another database has it, of this process or of another one.
   */
  static async open(folder: string | URL): Promise<Folder> {
    const path = typeof folder === "string" && !folder.startsWith("file:") ? resolve(folder) : fileURLToPath(folder);
    await mkdir(path, { recursive: true });
    await lock(path);
    try {
      // Read and written at places of its own choice, and made where it is not there.
      const journal = await open(join(path, "journal"), "r+").catch(() => open(join(path, "journal"), "w+"));
      return new Folder(path, journal);
    } catch (reason) {
      await unlock(path);
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
    // It was made for the snapshot before: it counts no more, but takes room.
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
    await unlock(this.#path);
  }

  /** Writes down which files the folder has. */
  async #synced(): Promise<void> {
    // Windows opens no folders.
    const folder = await open(this.#path, "r").catch(() => undefined);
    try {
      await folder?.sync();
    } finally {
      await folder?.close();
    }
  }
}

/** What is to be saved before the process ends. One listener does for all: Node takes more than ten for a leak. */
const leaving = new Set<() => void>();

function leave(): void {
  for (const save of leaving) save();
}

function absent(reason: NodeJS.ErrnoException): Uint8Array {
  if (reason.code !== "ENOENT") throw reason;
  return new Uint8Array();
}

/** Makes the folder this process's own. A lock whose process is gone is nobody's. */
async function lock(path: string): Promise<void> {
  const [name, draft] = [join(path, "lock"), join(path, `lock.${randomUUID()}`)];
  try {
    await writeFile(draft, await identity(process.pid));
    // A link is made by one process alone, and with its content.
    while (!(await linked(draft, name))) await expel(path, name);
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(draft: string, name: string): Promise<boolean> {
  return link(draft, name).then(() => true, (reason: NodeJS.ErrnoException) => {
    if (reason.code === "EEXIST") return false;
    throw reason;
  });
}

/** Takes a lock away whose process is gone. */
async function expel(path: string, name: string): Promise<void> {
  const owner = await readFile(name, "utf8").catch(() => undefined);
  if (owner === undefined) return;
  const pid = Number.parseInt(owner, 10);
  if (owner !== "" && (await identity(pid)) === owner) throw new RedstartError(`LOCKED ${path} is open in process ${pid} already`);
  // Somebody may have been quicker and hold it by now: then it goes back.
  const taken = join(path, `lock.${randomUUID()}`);
  try {
    await rename(name, taken);
    if ((await readFile(taken, "utf8")) !== owner) await linked(taken, name);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "ENOENT") throw reason;
  } finally {
    await rm(taken, { force: true });
  }
}

async function unlock(path: string): Promise<void> {
  await rm(join(path, "lock"), { force: true });
}

/** A process by its number and, where that can be known, when it began: numbers are used again. Empty once it is gone. */
async function identity(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== "EPERM") return "";
  }
  const [boot, stat] = await Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""),
  ]);
  // The fields behind the name, which may hold anything: the 20th is when it began, the first is Z for one that is gone but not buried.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "" : `${pid} ${fields[19] ?? ""} ${boot.trim()}\n`;
}
