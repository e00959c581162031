// Plays a scenario's steps through the npm package, for tests/src/driver/wasm.rs: one request a line, one answer a line, bytes in hexadecimal.

import { createInterface } from "node:readline";
import { Redstart } from "../../wasm/npm/dist/node.js";

/** 2030-01-01 00:00:00 UTC, when every scenario begins. */
const START = Date.UTC(2030, 0, 1);

let db;
let clients = [];

const verbs = {
  async reset(seed, ...parameters) {
    db?.close();
    clients = [];
    const config = Object.fromEntries(parameters.map((parameter) => parameter.split("=")));
    db = await Redstart.open({ clock: { startMs: START }, seed: BigInt(seed), config });
  },
  connect() {
    const client = { chunks: [], isOpen: true };
    client.connection = db.attach({
      address: `127.0.0.1:${50_000 + clients.length}`,
      data: (bytes) => client.chunks.push(bytes),
      end: () => (client.isOpen = false),
    });
    clients.push(client);
  },
  disconnect(client) {
    clients[client].connection.close();
  },
  send(client, hex) {
    clients[client].connection.send(Buffer.from(hex, "hex"));
  },
  receive(number) {
    const client = clients[number];
    return `${client.isOpen ? "open" : "closed"} ${Buffer.concat(client.chunks.splice(0)).toString("hex")}`;
  },
  advance(ms) {
    // Late by a moment, as the other drivers are: a key lives through the millisecond of its deadline.
    db.clock.advance(Number(ms) + 1);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, ...words] = line.split(" ");
  process.stdout.write(`${(await verbs[verb](...words)) ?? ""}\n`);
}
