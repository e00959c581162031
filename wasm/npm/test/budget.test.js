import assert from "node:assert/strict";
import test from "node:test";
import { Redstart } from "redstart";

/** The recording of a session that takes long: each of the pipelines some hundredths of a second and more. */
async function heavy(pipelines, commands) {
  const db = await Redstart.open({ record: true, clock: { startMs: 0 }, config: { "enable-debug-command": "yes" } });
  db.call("SETRANGE", "a", 1000, "x");
  db.call("SETRANGE", "b", 1000, "y");
  const connection = db.attach({ data() {} });
  for (let at = 0; at < pipelines; at += 1) connection.send(new TextEncoder().encode("LCS a b LEN\r\n".repeat(commands)));
  const recording = db.record();
  db.close();
  return recording;
}

test("a recording that asks for more databases than there may be is refused", async () => {
  const db = await Redstart.open({ record: true, config: { databases: "16" } });
  const recording = db.record();
  db.close();
  const text = Buffer.from(recording).toString("latin1");
  const [before, after] = text.split("databases\x0016\x00");
  const length = before.charCodeAt(before.length - 1);
  const asked = Buffer.from(`${before.slice(0, -1)}${String.fromCharCode(length + 8)}databases\x002147483647\x00${after}`, "latin1");
  await assert.rejects(Redstart.replay(new Uint8Array(asked)), { message: "ERR databases must be at most 65536" });
  await assert.rejects(Redstart.open({ config: { databases: "2147483647" } }), { message: "ERR databases must be at most 65536" });
});

test("a command that asks for more keys than fit is refused at once", async () => {
  const db = await Redstart.open({ config: { "enable-debug-command": "yes" } });
  assert.throws(() => db.call("DEBUG", "POPULATE", 100_000_000), { code: "OOM" });
  assert.equal(db.call("DBSIZE"), 0);
  db.close();
});

test("a replay stops between events when its budget is used up, and goes on from there", async () => {
  const replay = await Redstart.replay(await heavy(40, 1), { budgetMs: 100 });
  let calls = 0;
  let last = 0;
  for (; replay.position < replay.length; calls += 1) {
    try {
      replay.seek(replay.length);
    } catch (reason) {
      assert.equal(reason.code, "BUDGET");
      assert.ok(replay.position > last);
      last = replay.position;
    }
  }
  assert.ok(calls > 1);
  assert.equal(replay.keyspace.ask(0, "EXISTS", "a"), 1);
  replay.close();
});

test("a replay stops within an event, at the end of the one before, and stays usable", async () => {
  const replay = await Redstart.replay(await heavy(1, 200), { budgetMs: 100, checkpoints: 2 });
  let position;
  do {
    position = replay.position;
    assert.throws(() => replay.seek(replay.length), { code: "BUDGET" });
  } while (replay.position > position);
  assert.equal(replay.position, replay.length - 1);
  assert.equal(replay.keyspace.ask(0, "STRLEN", "b"), 1001);
  replay.seek(0);
  assert.equal(replay.keyspace.ask(0, "STRLEN", "b"), 0);
  const db = replay.resume({ position: replay.length - 1, clock: "virtual" });
  assert.equal(db.call("STRLEN", "b"), 1001);
  db.close();
  replay.close();
});

test("a replay runs slice by slice, tells how far it is, and is stopped by a signal", async () => {
  const recording = await heavy(60, 1);
  const replay = await Redstart.replay(recording);
  const seen = [];
  await replay.play(replay.length, { onProgress: (position) => seen.push(position) });
  assert.ok(seen.length > 1 && seen.at(-1) === replay.length && replay.position === replay.length);
  await replay.play(2);
  assert.equal(replay.position, 2);

  const stop = new AbortController();
  await assert.rejects(replay.play(replay.length, { signal: stop.signal, onProgress: () => stop.abort() }), { name: "AbortError" });
  assert.ok(replay.position > 2 && replay.position < replay.length);
  replay.seek(replay.length);
  replay.close();

  const { signal } = stop;
  await assert.rejects(async () => (await Redstart.replay(recording, { signal })).seek(3), { name: "AbortError" });
  await assert.rejects(Redstart.replay(recording, { budgetMs: 0 }), { name: "RangeError", message: /^budgetMs must be a positive number, not 0/ });
});
