import type { Runtime } from "./runtime.js";

/** A client as streams of bytes: what it sends, and what it is sent. */
export interface ByteStream {
  /** The number that `CLIENT ID` tells. */
  readonly id: number;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** Bytes that wait to be read before the server is asked to keep them. */
const HIGH_WATER_BYTES = 64 * 1024;

/** @internal Connects one more client, as Web Streams: whoever reads slowly is served slowly. */
export function stream(runtime: Runtime, address: string | undefined): ByteStream {
  let out!: ReadableStreamDefaultController<Uint8Array>;
  let isEnded = false;
  let drained = () => {};
  const connection = () => current;
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (out = controller),
      pull: () => connection().resume(),
      cancel: () => connection().close(),
    },
    { highWaterMark: HIGH_WATER_BYTES, size: (chunk) => chunk.length },
  );
  const current = runtime.attach({
    ...(address === undefined ? {} : { address }),
    data(bytes) {
      if (!isEnded) out.enqueue(bytes);
      if (!isEnded && (out.desiredSize ?? 0) <= 0) current.pause();
    },
    end() {
      isEnded = true;
      drained();
      try {
        out.close();
      } catch {
        // Its reader has cancelled it.
      }
    },
    drain: () => drained(),
  });
  const writable = new WritableStream<Uint8Array>({
    write(bytes) {
      if (!current.isOpen) throw new Error("the connection was closed");
      current.send(bytes);
      if (current.isOpen && !current.wantsInput) return new Promise<void>((resolve) => void (drained = resolve));
      return undefined;
    },
    close: () => current.close(),
    abort: () => current.close(),
  });
  return { id: current.id, readable, writable };
}
