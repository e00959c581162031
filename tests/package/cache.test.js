// A real cache, keyv with its store for Redis, on a client that speaks to the engine in its own process.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import test, { after, before } from "node:test";
import KeyvRedis from "@keyv/redis";
import Keyv from "keyv";
import { project } from "./project.js";

// The very client that the store brings along.
const { createClient } = createRequire(createRequire(import.meta.url).resolve("@keyv/redis"))("@redis/client");

let empty;
before(() => (empty = project()));
after(() => empty?.remove());

test("keyv: values, deadlines, namespaces, clearing", async (t) => {
  const entry = (name) => import(pathToFileURL(empty.path("node_modules/redstart/dist", name)).href);
  const [{ Redstart }, { inProcess }] = [await entry("node.js"), await entry("node-redis.js")];
  const db = await Redstart.open({ clock: "virtual" });
  const store = (namespace) => new Keyv({ store: new KeyvRedis(createClient(inProcess(db)), { namespace }), namespace, useKeyPrefix: false });
  const [users, pages] = [store("users"), store("pages")];
  t.after(async () => {
    await Promise.all([users.disconnect(), pages.disconnect()]);
    db.close();
  });
  await users.set("ada", { name: "Ada", tags: ["a", "b"] }, 60_000);
  await users.set("bob", { name: "Bob" });
  await pages.set("ada", "a page");
  assert.deepEqual(await users.get("ada"), { name: "Ada", tags: ["a", "b"] });
  assert.deepEqual(await users.get(["bob", "none"]), [{ name: "Bob" }, undefined]);
  // Redis removes what has expired; keyv itself goes by the machine's clock.
  db.clock.advance(60_001);
  assert.equal(await users.get("ada"), undefined);
  assert.equal(await users.has("bob"), true);
  const seen = [];
  for await (const [key, value] of users.iterator()) seen.push([key, value]);
  assert.deepEqual(seen.map(([key]) => key), ["bob"]);
  await users.clear();
  assert.equal(await users.get("bob"), undefined);
  assert.equal(await pages.get("ada"), "a page");
  assert.equal(await pages.delete("ada"), true);
  assert.equal(db.call("DBSIZE"), 0);
});
