// What `redis-cli monitor` prints: a command a line, with its time, the database it ran in, and its client.
//
//   1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
//
// It is written by a MONITOR that looks on while the session runs again, so it is what a server would have told.

import { type Connection, Redstart } from "redstart";
import { split } from "redstart/format";
import { joined } from "../bytes.js";
import { progressOf } from "../session/watch.js";
import { type Format, FormatError, encode, linesOf, textOf } from "./format.js";
import { Stage } from "./stage.js";

const LINE = /^\+?(\d+)\.(\d{6}) \[(\d+) ([^\]]*)\] (".*")$/;
const ADDRESS = /^.*:\d+$/;

export const monitor: Format = {
  title: "Output of MONITOR",
  fileName: "monitor.txt",
  recognizes([file, ...more]) {
    if (file === undefined || more.length > 0) return false;
    const head = new TextDecoder().decode(file.bytes.subarray(0, 4096));
    return LINE.test(head.split(/\r?\n/).find((line) => line !== "" && !/^\+?OK$/.test(line)) ?? "") || /^\+?OK\r?\n\d+\.\d{6} \[/.test(head);
  },
  async read([file], watch) {
    const text = textOf(file!);
    if (text === undefined) throw new FormatError(`${file!.name} is not a text file`);
    let stage: Stage | undefined;
    let left = 0;
    const databases = new Map<string, string>();
    const lines = linesOf(text);
    for (const [index, line] of lines.entries()) {
      if (line === "" || /^\+?OK$/.test(line)) continue;
      const [, seconds, micros, database = "", client = "", words = ""] = LINE.exec(line) ?? [];
      const args = split(words);
      if (seconds === undefined || args === null || args.length === 0) {
        stage?.close();
        throw new FormatError(`${file!.name}, line ${index + 1}: expected a line of MONITOR: a time, [database client] and quoted words`);
      }
      const now = Number(seconds) * 1000 + Number(micros) / 1000;
      stage ??= await Stage.open({ startMs: now });
      stage.until(now);
      const name = new TextDecoder().decode(args[0]).toLowerCase();
      const address = ADDRESS.test(client) ? client : undefined;
      // A password is not told, so nobody can be who they were.
      if (name === "auth" || (name === "hello" && args.length > 2)) {
        left += 1;
        continue;
      }
      if (name !== "select" && (databases.get(client) ?? "0") !== database) stage.send(client, ["SELECT", database], address);
      databases.set(client, database);
      stage.send(client, args, address);
      await watch?.turn(() => progressOf(index, lines.length));
    }
    stage ??= await Stage.open();
    return { recording: stage.recording(), notes: left > 0 ? [`${left} logins were left out: MONITOR does not show passwords.`] : [] };
  },
  async write(recording) {
    const replay = await Redstart.replay(recording);
    const again = replay.resume({ position: 0, clock: "virtual" });
    replay.seek(0);
    const chunks: Uint8Array[] = [];
    again.attach({ data: (bytes) => void chunks.push(bytes) }).send(["MONITOR"]);
    const clients = new Map<number, Connection>();
    for (let step = replay.step(); step !== undefined; step = replay.step()) {
      const { event, client } = step;
      const at = event.time / 1000;
      if (at > again.clock.now()) again.clock.advance(at - again.clock.now());
      if (event.kind === "connect") {
        const address = event.address ?? `127.0.0.1:${50_000 + clients.size}`;
        clients.set(client, again.attach({ address, data() {} }));
      } else if (event.kind === "receive") clients.get(client)?.send(event.bytes);
      else if (event.kind === "disconnect") clients.get(client)?.close();
    }
    replay.close();
    again.close();
    const text = new TextDecoder().decode(joined(chunks));
    return encode(text.replaceAll("\r\n", "\n").replace(/^\+/gm, ""));
  },
};
