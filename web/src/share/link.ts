// A session in a link: its recording, compressed, in the fragment of the page's URL, which no browser sends to anybody. The recording holds seed and
// clock, so whoever opens the link sees the same replies.
//
//   #session=<base64url of the deflated recording>
//   #SET k v              commands, a line each
//   ?commands=..          commands as redis.io links to them: base64url of a JSON array, or text with line ends or semicolons; more than once

import { Redstart, RedstartError } from "redstart";
import { split } from "redstart/format";
import { joined } from "../bytes.js";
import { FormatError } from "../formats/format.js";
import { Stage } from "../formats/stage.js";
import { type Watch, progressOf } from "../session/watch.js";
import { fromBase64url, toBase64url } from "./base64url.js";

/** The longest link that is made: mail, chats and older servers take no more for certain. */
export const LONGEST_LINK = 8000;

/** What a link may hold once it is inflated. */
const LARGEST_RECORDING = 64 * 1024 * 1024;

const SESSION = "session=";
/** How far apart the commands of a link are. */
const STEP_MS = 1;

/** The link to a session, and how long it is: too long where there is no `url`. */
export async function toLink(recording: Uint8Array, page: string): Promise<{ url: string | undefined; length: number }> {
  const packed = toBase64url(await through(recording, new CompressionStream("deflate-raw"), Infinity));
  const { origin, pathname } = new URL(page);
  const url = `${origin === "null" ? "file://" : origin}${pathname}#${SESSION}${packed}`;
  return { url: url.length <= LONGEST_LINK ? url : undefined, length: url.length };
}

/**
 * The session that a link holds, as a recording; `undefined` where it holds none.
 * @throws {FormatError} where it is damaged.
 */
export async function fromLink(link: string, watch?: Watch): Promise<Uint8Array | undefined> {
  const { searchParams, hash } = new URL(link);
  const fragment = hash.slice(1);
  if (fragment.startsWith(SESSION)) {
    return unpacked(fragment.slice(SESSION.length));
  }
  const lines = [...searchParams.getAll("commands").flatMap(linesOf), ...fragmentLines(fragment)];
  return lines.length === 0 ? undefined : played(lines, watch);
}

async function unpacked(text: string): Promise<Uint8Array> {
  try {
    const packed = fromBase64url(text);
    if (packed === undefined) throw new RangeError("invalid base64url");
    const recording = await through(packed, new DecompressionStream("deflate-raw"), LARGEST_RECORDING);
    (await Redstart.replay(recording)).close();
    return recording;
  } catch (reason) {
    if (reason instanceof FormatError) throw reason;
    if (reason instanceof RedstartError) throw new FormatError(`The session in this link cannot be opened: ${reason.message}`);
    throw new FormatError("The session in this link is corrupt: the link may be incomplete.");
  }
}

/** The command lines of a `commands` parameter. */
export function linesOf(parameter: string): string[] {
  const bytes = /^[\w-]+=*$/.test(parameter) ? fromBase64url(parameter.replace(/=+$/, "")) : undefined;
  if (bytes !== undefined) {
    try {
      const list: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      if (Array.isArray(list) && list.every((line) => typeof line === "string")) return list;
    } catch {
      // It is a word that could have been base64: a command without arguments.
    }
  }
  const lines = parameter.includes("\n") ? parameter.split(/\r?\n/) : apart(parameter);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/** A fragment of commands begins with a word in capitals, unlike the anchor of a page. */
function fragmentLines(fragment: string): string[] {
  let text: string;
  try {
    text = decodeURIComponent(fragment.replaceAll("+", " "));
  } catch {
    return [];
  }
  if (text.startsWith("commands=")) return linesOf(text.slice("commands=".length));
  return /^[A-Z]{2,}(?:[\s.]|$)/.test(text) ? linesOf(text) : [];
}

/** Splits at semicolons outside of quotes. */
function apart(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\'|[^'])*'|[^;])+/g) ?? [];
}

async function played(lines: readonly string[], watch?: Watch): Promise<Uint8Array> {
  const stage = await Stage.open();
  for (const [index, line] of lines.entries()) {
    const args = split(line);
    if (args === null) {
      stage.close();
      throw new FormatError(`Unbalanced quotes in a command of this link: ${line}`);
    }
    if (args.length > 0) stage.send("", args);
    stage.until(stage.now + STEP_MS);
    await watch?.turn(() => progressOf(index, lines.length));
  }
  return stage.recording();
}

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array> {
  const writer = stream.writable.getWriter();
  // What goes wrong is told by the reader.
  void writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => {});
  void writer.close().catch(() => {});
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > limit) throw new FormatError(`The session in this link is larger than ${limit / 1024 / 1024} MB.`);
    chunks.push(next.value);
  }
  return joined(chunks);
}
