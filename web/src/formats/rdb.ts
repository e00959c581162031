// An RDB file. It opens with the clock at the moment it was written, where it tells that: so that keys that have expired since are seen.

import { Redstart } from "redstart";
import { type Format, FormatError, type NamedFile } from "./format.js";
import { Stage } from "./stage.js";

const MAGIC = /^REDIS\d{4}$/;
const CHECKSUM_BYTES = 8;

export const snapshot: Format = {
  title: "RDB file",
  fileName: "dump.rdb",
  recognizes: ([file, ...more]) => more.length === 0 && file !== undefined && isRdb(file.bytes) && (rdbEnd(file.bytes) ?? Infinity) >= file.bytes.length,
  async read([file]) {
    return { recording: (await staged(file!, file!.bytes)).recording(), notes: [] };
  },
  async write(recording) {
    const replay = await Redstart.replay(recording);
    await replay.play();
    const file = replay.snapshot();
    replay.close();
    return file;
  },
};

/** A stage with the data of an RDB file. */
export async function staged({ name }: NamedFile, bytes: Uint8Array, startMs = writtenAt(bytes)): Promise<Stage> {
  try {
    return await Stage.open({ startMs, snapshot: bytes });
  } catch (reason) {
    const whole = rdbEnd(bytes) === undefined ? ": it is incomplete, or was modified" : "";
    throw new FormatError(`${name}: ${reason instanceof Error ? reason.message : String(reason)}${whole}`);
  }
}

export function isRdb(bytes: Uint8Array): boolean {
  return MAGIC.test(String.fromCharCode(...bytes.subarray(0, 9)));
}

/** When the file says that it was written, in milliseconds since the Unix epoch. */
export function writtenAt(bytes: Uint8Array): number | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 512));
  // An auxiliary field: the length of its name, its name, and a 32-bit integer.
  const at = head.indexOf("\x05ctime\xc2");
  if (at < 0) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset + at + 7, 4).getUint32(0, true) * 1000;
}

/**
 * Where an RDB file ends within bytes that may go on: behind the end mark that the checksum of all before it follows. A file without a checksum
 * has zeros there.
 */
export function rdbEnd(bytes: Uint8Array): number | undefined {
  const { low, high } = TABLE;
  let [l, h] = [0, 0];
  const last = bytes.length - CHECKSUM_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < last; at += 1) {
    const byte = bytes[at]!;
    const index = (l ^ byte) & 0xff;
    l = ((l >>> 8) | (h << 24)) ^ low[index]!;
    h = (h >>> 8) ^ high[index]!;
    if (byte !== 0xff) continue;
    const [told, toldHigh] = [view.getInt32(at + 1, true), view.getInt32(at + 5, true)];
    const next = bytes[at + 1 + CHECKSUM_BYTES];
    const isUnchecked = told === 0 && toldHigh === 0 && (next === undefined || next === 42 || next === 35);
    if (isUnchecked || (told === (l | 0) && toldHigh === (h | 0))) return at + 1 + CHECKSUM_BYTES;
  }
  return undefined;
}

/** CRC-64 as Redis has it (Jones, reflected), a byte at a time. */
const TABLE = (() => {
  const low = new Int32Array(256);
  const high = new Int32Array(256);
  const polynomial = 0x95ac9329ac4bc9b5n;
  for (let index = 0; index < 256; index += 1) {
    let crc = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    low[index] = Number(BigInt.asIntN(32, crc));
    high[index] = Number(BigInt.asIntN(32, crc >> 32n));
  }
  return { low, high };
})();
