// What is in the string of a HyperLogLog: `HYLL`, the encoding, the count that was computed last, then 2^14 registers of 6 bits, as they are (dense) or
// as runs (sparse). A register holds the longest run of zeros that was seen in the hashes of its share of the elements.

const REGISTERS = 16384;
const HEADER = 16;
/** Bits of a hash that do not choose the register. */
const BITS = 50;

export interface HyperLogLog {
  readonly encoding: "dense" | "sparse";
  readonly registers: Uint8Array;
  /** How many different elements there are, about. */
  readonly estimate: number;
}

export function isHyperLogLog(head: Uint8Array): boolean {
  return head.length >= HEADER && String.fromCharCode(...head.subarray(0, 4)) === "HYLL" && head[4]! <= 1;
}

/** `null` where the bytes are no HyperLogLog, or a damaged one. */
export function readHyperLogLog(bytes: Uint8Array): HyperLogLog | null {
  if (!isHyperLogLog(bytes)) return null;
  const isSparse = bytes[4] === 1;
  const registers = isSparse ? readSparse(bytes.subarray(HEADER)) : readDense(bytes.subarray(HEADER));
  return registers && { encoding: isSparse ? "sparse" : "dense", registers, estimate: estimated(registers) };
}

function readDense(bytes: Uint8Array): Uint8Array | null {
  if (bytes.length < (REGISTERS * 6) / 8) return null;
  return Uint8Array.from({ length: REGISTERS }, (_, register) => {
    const bit = register * 6;
    const pair = bytes[bit >> 3]! | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    return (pair >> (bit & 7)) & 63;
  });
}

function readSparse(bytes: Uint8Array): Uint8Array | null {
  const registers = new Uint8Array(REGISTERS);
  let register = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte & 0x80) {
      const length = (byte & 3) + 1;
      registers.fill(((byte >> 2) & 31) + 1, register, register + length);
      register += length;
    } else if (byte & 0x40) {
      at += 1;
      register += (((byte & 63) << 8) | (bytes[at] ?? 0)) + 1;
    } else register += byte + 1;
  }
  return register === REGISTERS ? registers : null;
}

/** How many registers have each value. */
export function histogram(registers: Uint8Array): number[] {
  const counts = new Array<number>(BITS + 2).fill(0);
  for (const value of registers) counts[Math.min(value, BITS + 1)]! += 1;
  return counts;
}

/** Ertl's estimator (2017), as Redis has it. */
function estimated(registers: Uint8Array): number {
  const counts = histogram(registers);
  let z = REGISTERS * tau((REGISTERS - counts[BITS + 1]!) / REGISTERS);
  for (let value = BITS; value >= 1; value -= 1) z = (z + counts[value]!) * 0.5;
  z += REGISTERS * sigma(counts[0]! / REGISTERS);
  return Math.round((0.5 / Math.LN2) * REGISTERS * (REGISTERS / z));
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let [y, z, before] = [1, x, NaN];
  while (z !== before) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let [y, z, before] = [1, 1 - x, NaN];
  while (z !== before) {
    x = Math.sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
