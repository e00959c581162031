import type { Runtime } from "./runtime.js";

/** A client as streams of bytes: its requests and its replies. */
export interface ByteStream {
  /** The id of the client, as `CLIENT ID` returns it. */
  readonly id: number;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

/** The number of unread bytes after which output stays in the server. */
const HIGH_WATER_BYTES = 64 * 1024;

/** @internal Connects another client, as Web Streams with backpressure. */
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
        // The reader has cancelled the stream.
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
