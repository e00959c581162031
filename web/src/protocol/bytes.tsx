/** The bytes of a request or a reply. */
export function Bytes({ kind, bytes }: { kind: "request" | "reply"; bytes: Uint8Array }) {
  return <p class="bytes">{kind} {bytes.length}</p>;
}
