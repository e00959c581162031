// A text of commands, one a line, as `redis-cli` reads them from a file. Of a session that was copied from a terminal, with its prompts and
// replies, the commands are taken.

import { Redstart } from "redstart";
import { split } from "redstart/format";
import { lineOf } from "../protocol/request.js";
import { Requests } from "../protocol/requests.js";
import { progressOf } from "../session/watch.js";
import { type Format, FormatError, encode, linesOf, textOf } from "./format.js";
import { Stage } from "./stage.js";

/** `127.0.0.1:6379[2](TX)> `, `redis> ` and the like. */
const PROMPT = /^(?:redis|redstart|not connected|[\w.-]+:\d+|\/\S+)(?:\[\d+\])?(?:\(TX\)|\(subscribed mode\))?>[ \t]?/;
/** How far apart they are, so that each has a moment of its own. */
const STEP_MS = 1;

export const commands: Format = {
  title: "Text of commands",
  fileName: "commands.redis",
  recognizes: ([file, ...more]) => more.length === 0 && file !== undefined && textOf(file)?.includes("\0") === false,
  async read([file], watch) {
    const parsed = parseCommands(textOf(file!) ?? "", file!.name);
    const stage = await Stage.open();
    for (const [index, args] of parsed.entries()) {
      stage.send("", args);
      stage.until(stage.now + STEP_MS);
      await watch?.turn(() => progressOf(index, parsed.length));
    }
    return { recording: stage.recording(), notes: [] };
  },
  async write(recording) {
    const replay = await Redstart.replay(recording);
    const clients = new Map<number, Requests>();
    const lines: string[] = [];
    for (let step = replay.step(); step !== undefined; step = replay.step()) {
      if (step.event.kind !== "receive") continue;
      const requests = clients.get(step.client) ?? new Requests();
      clients.set(step.client, requests);
      for (const args of requests.read(step.event.bytes)) lines.push(lineOf(args));
    }
    replay.close();
    return encode(lines.map((line) => `${line}\n`).join(""));
  },
};

/** @throws {FormatError} at a line whose quotes do not balance. */
export function parseCommands(text: string, name: string): Uint8Array[][] {
  const lines = linesOf(text);
  const isCopied = lines.some((line) => PROMPT.test(line));
  return lines.flatMap((line, index) => {
    if (isCopied && !PROMPT.test(line)) return [];
    const command = line.replace(PROMPT, "").trim();
    if (command === "" || command.startsWith("#")) return [];
    const args = split(command);
    if (args === null) throw new FormatError(`${name}, line ${index + 1}: unbalanced quotes`);
    return [args];
  });
}
