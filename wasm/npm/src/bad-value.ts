// Apart from data.ts, because public types must not name those of a browser.

import type { KeyType } from "./keyspace.js";

/** A value of an RDB file that cannot be decoded. */
export interface BadValue {
  readonly database: number;
  readonly key: Uint8Array;
  readonly type: KeyType;
  readonly reason: string;
  /** The offset of the key in the file, in bytes. */
  readonly offset: number;
}
