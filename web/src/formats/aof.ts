// An append-only file of Redis: commands as clients send them, behind an RDB file if there is one, with the time of what follows in annotations
// (`#TS:1700000000`). Since Redis 7 it is in parts, a base and what came later, with a manifest that tells their order.
//
// It is written as BGREWRITEAOF does without `aof-use-rdb-preamble`: commands that make the data as it is in the end.

import { type KeyView, Redstart, type Reply } from "redstart";
import { joined } from "../bytes.js";
import { encoded } from "../protocol/request.js";
import { parse } from "../protocol/requests.js";
import type { Watch } from "../session/watch.js";
import { type Format, FormatError, type NamedFile, textOf } from "./format.js";
import { isRdb, rdbEnd, staged, writtenAt } from "./rdb.js";
import { Stage } from "./stage.js";

const MANIFEST_LINE = /^file (?:"([^"]*)"|(\S+)) seq (\d+) type ([bhi])/;
const PART = /\.(\d+)\.(base|incr)\.(?:rdb|aof)$/;
const ANNOTATION = 35;
const STAR = 42;
const LF = 10;
/** How many elements one command adds, as in Redis. */
const ITEMS = 64;

export const appendOnlyFile: Format = {
  title: "Append-only file",
  fileName: "appendonly.aof",
  recognizes: (files) => files.length > 0 && files.every((file) => isManifest(file) || isRdb(file.bytes) || hasCommands(file) || isEmptyPart(file)),
  async read(files, watch) {
    const notes: string[] = [];
    const parts = inOrder(files, notes);
    let stage: Stage | undefined;
    for (const part of parts) {
      const end = isRdb(part.bytes) ? (rdbEnd(part.bytes) ?? part.bytes.length) : 0;
      if (end > 0 && stage !== undefined) throw new FormatError(`${part.name}: only the first part can begin with an RDB file`);
      if (end > 0) stage = await staged(part, part.bytes.subarray(0, end), writtenAt(part.bytes));
      stage ??= await Stage.open({ startMs: firstTime(parts) });
      await play(stage, part, end, notes, watch);
    }
    stage ??= await Stage.open();
    return { recording: stage.recording(), notes };
  },
  async write(recording) {
    const replay = await Redstart.replay(recording);
    await replay.play();
    const fork = replay.fork();
    const chunks = replay.keyspace.databases().flatMap(({ database }) => {
      fork.call("SELECT", database);
      const keys = [...fork.keyspace.keys(database)];
      return [encoded(["SELECT", String(database)]), ...keys.flatMap((key) => rebuilt(fork, key))];
    });
    fork.close();
    replay.close();
    return joined(chunks);
  },
};

const isManifest = (file: NamedFile) => file.bytes.length < 65_536 && MANIFEST_LINE.test(textOf(file) ?? "");
/** A part to which nothing was appended yet. */
const isEmptyPart = ({ name, bytes }: NamedFile) => bytes.length === 0 && (PART.test(name) || name.endsWith(".aof"));
const hasCommands = ({ bytes }: NamedFile) => /^(\*\d+\r\n|#[A-Z]+:)/.test(String.fromCharCode(...bytes.subarray(0, 16)));

/** The parts as they follow each other: as the manifest says, else by the numbers in their names. */
function inOrder(files: readonly NamedFile[], notes: string[]): NamedFile[] {
  const manifest = files.find(isManifest);
  const parts = files.filter((file) => file !== manifest);
  if (manifest === undefined) {
    const place = ({ name }: NamedFile) => {
      const [, sequence = "0", type] = PART.exec(name) ?? [];
      return (type === "base" ? 0 : 1e9) + Number(sequence);
    };
    return parts.sort((one, other) => place(one) - place(other));
  }
  const listed = textOf(manifest)!.split("\n").map((line) => MANIFEST_LINE.exec(line));
  return listed.flatMap((line) => {
    const name = line?.[1] ?? line?.[2];
    if (name === undefined || line?.[4] === "h") return [];
    const part = parts.find((part) => part.name === name);
    if (part === undefined) notes.push(`${name}, which the manifest lists, is not among the files.`);
    return part ?? [];
  });
}

function firstTime(parts: readonly NamedFile[]): number | undefined {
  for (const { bytes } of parts) {
    const [, seconds] = /^#TS:(\d+)\r\n/.exec(String.fromCharCode(...bytes.subarray(0, 32))) ?? [];
    if (seconds !== undefined) return Number(seconds) * 1000;
  }
  return undefined;
}

async function play(stage: Stage, { name, bytes }: NamedFile, start: number, notes: string[], watch?: Watch): Promise<void> {
  for (let at = start; at < bytes.length; ) {
    if (bytes[at] === ANNOTATION) {
      const end = bytes.indexOf(LF, at);
      const [, seconds] = /^#TS:(\d+)\r$/.exec(new TextDecoder().decode(bytes.subarray(at, Math.max(at, end)))) ?? [];
      if (seconds !== undefined) stage.until(Number(seconds) * 1000);
      if (end < 0) return;
      at = end + 1;
      continue;
    }
    const next = bytes[at] === STAR ? parse(bytes, at) : { offset: at, why: "expected '*' at the start of a command" };
    if (next === undefined) {
      notes.push(`${name}: the last command, at offset ${at}, is incomplete and was left out.`);
      return;
    }
    if ("why" in next) throw new FormatError(`${name}, offset ${next.offset}: ${next.why}`);
    stage.send("", next.args);
    at = next.end;
    await watch?.turn(() => `${Math.floor((100 * at) / bytes.length)} % of ${name} is done`);
  }
}

/** The commands that make a key what it is. */
function rebuilt(db: Redstart, { key, type, ttlMs }: KeyView): Uint8Array[] {
  const made = contents(db, key, type);
  if (ttlMs === null) return made;
  return [...made, encoded(["PEXPIREAT", key, String(db.call("PEXPIRETIME", key))])];
}

function contents(db: Redstart, key: Uint8Array, type: KeyView["type"]): Uint8Array[] {
  const ask = (...command: (string | Uint8Array | number)[]) => db.callBuffer(...(command as [string])) as Reply;
  switch (type) {
    case "string": return [encoded(["SET", key, ask("GET", key) as Uint8Array])];
    case "list": return chunked("RPUSH", key, ask("LRANGE", key, 0, -1) as Uint8Array[], 1);
    case "set": return chunked("SADD", key, [...(ask("SMEMBERS", key) as Set<Uint8Array>)], 1);
    case "zset": {
      const pairs = ask("ZRANGE", key, 0, -1, "WITHSCORES") as [Uint8Array, number][];
      return chunked("ZADD", key, pairs.flatMap(([member, score]) => [number(score), member]), 2);
    }
    case "hash": {
      const pairs = [...(ask("HGETALL", key) as Map<Uint8Array, Uint8Array>)];
      const deadlines = pairs.length === 0 ? [] : (ask("HPEXPIRETIME", key, "FIELDS", pairs.length, ...pairs.map(([field]) => field)) as number[]);
      const expiring = pairs.flatMap(([field], index) =>
        deadlines[index]! > 0 ? [encoded(["HPEXPIREAT", key, String(deadlines[index]), "FIELDS", "1", field])] : []);
      return [...chunked("HSET", key, pairs.flat(), 2), ...expiring];
    }
    case "stream": return [encoded(["RESTORE", key, "0", ask("DUMP", key) as Uint8Array])];
  }
}

function chunked(command: string, key: Uint8Array, words: readonly (Uint8Array | string)[], each: number): Uint8Array[] {
  const size = ITEMS * each;
  return Array.from({ length: Math.ceil(words.length / size) }, (_, index) =>
    encoded([command, key, ...words.slice(index * size, (index + 1) * size)]));
}

const number = (score: number) => (score === Infinity ? "inf" : score === -Infinity ? "-inf" : Object.is(score, -0) ? "-0" : String(score));
