// What a file becomes, and what becomes a file: whatever is opened is turned into a recording, and whatever is saved is made of one. So there is one
// way through the page for all of them, and any format can be saved as any other.

import type { Watch } from "../session/watch.js";

/** A file as it was dropped. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Opened {
  readonly recording: Uint8Array;
  /** What was left out, for people. */
  readonly notes: readonly string[];
}

export interface Format {
  /** What people call it. */
  readonly title: string;
  /** What a file of it is called when it is saved. */
  readonly fileName: string;
  /** Whether these files are of this format: by what they hold. */
  recognizes(files: readonly NamedFile[]): boolean;
  /** @throws {FormatError} where they are damaged. */
  read(files: readonly NamedFile[], watch?: Watch): Promise<Opened>;
  write(recording: Uint8Array): Promise<Uint8Array>;
}

/** Why a file cannot be opened, and where in it. */
export class FormatError extends Error {
  override readonly name = "FormatError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text that a file holds, `undefined` where it is none. */
export function textOf({ bytes }: NamedFile): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
