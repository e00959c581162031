/**
 * An error reply. `code` is its first word, which programs may rely on: `ERR`, `WRONGTYPE`,
 * `NOAUTH`, ...
 */
export class RedstartError extends Error {
  override readonly name = "RedstartError";
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.code = message.split(" ", 1)[0] ?? "";
  }
}
