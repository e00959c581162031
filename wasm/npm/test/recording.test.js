import assert from "node:assert/strict";
import test from "node:test";
import { Redstart } from "redstart";

const bytes = (text) => new TextEncoder().encode(text);

/** What every client was sent, in the order it was. */
function transcript() {
  const sent = [];
  return { sent, listen: (db) => db.attach({ data: (chunk) => sent.push(Buffer.from(chunk).toString("latin1")) }) };
}

for (const clock of ["virtual", "real"]) {
  test(`a session on a ${clock} clock is replayed to the same bytes`, async () => {
    const db = await Redstart.open({ seed: 5, clock, record: true, config: { "slowlog-log-slower-than": "0" } });
    const { sent, listen } = transcript();
    const [a, b] = [listen(db), listen(db)];
    a.send(bytes("HELLO 3\r\nSUBSCRIBE news\r\nSET k v PX 50\r\n"));
    for (let key = 0; key < 200; key += 1) b.send(bytes(`SADD s ${key}\r\n`));
    b.send(bytes("SPOP s 20\r\nRANDOMKEY\r\nTIME\r\nINFO\r\nSLOWLOG GET 2\r\nCLIENT LIST\r\n"));
    b.send(bytes("BLPOP q 0.03\r\nPUBLISH news hi\r\nPTTL k\r\n"));
    if (clock === "virtual") db.clock.advance(100);
    else await new Promise((resolve) => setTimeout(resolve, 100));
    b.pause();
    b.send(bytes("GET k\r\nQUIT\r\n"));
    b.resume();
    db.call("SET", "last", "1");
    a.close();
    const recording = db.record();
    const file = db.snapshot();
    db.close();

    const replay = await Redstart.replay(recording, { checkpoints: 50 });
    const again = [];
    for (let step = replay.step(); step !== undefined; step = replay.step()) {
      for (const { client, bytes } of step.sent) if (client === a.id || client === b.id) again.push(Buffer.from(bytes).toString("latin1"));
    }
    assert.equal(again.join(""), sent.join(""));
    assert.ok(replay.snapshot().length === file.length);
    // Back and forth: the same moment looks the same.
    const at = (position) => {
      replay.seek(position);
      return [replay.position, replay.now, Buffer.from(replay.snapshot()).toString("latin1")];
    };
    const middle = at(120);
    at(replay.length);
    assert.deepEqual(at(120), middle);
    at(3);
    at(60);
    assert.deepEqual(at(120), middle);
    assert.ok([...replay.keyspace.keys()].length > 0);
    replay.close();
  });
}

test("a session is replayed to the same bytes though its clock moves whenever it is read, and is set back", async (t) => {
  let time = Date.now();
  t.mock.method(Date, "now", () => (time += 7));
  const db = await Redstart.open({ clock: "real", record: true });
  const { sent, listen } = transcript();
  const [a, b] = [listen(db), listen(db)];
  a.send(bytes("SET k v PX 90\r\nBLPOP q 0.03\r\nTIME\r\nPTTL k\r\n"));
  while (!sent.join("").includes("*2")) await new Promise((resolve) => setTimeout(resolve, 5));
  time -= 3_600_000;
  b.send(bytes("TIME\r\nSET s v EX 1\r\nPTTL k\r\n"));
  b.pause();
  b.send(bytes("PTTL s\r\nTIME\r\n"));
  db.clock.now();
  b.resume();
  a.close();
  const replay = await Redstart.replay(db.record());
  const again = [];
  for (let step = replay.step(); step !== undefined; step = replay.step()) again.push(...step.sent.map(({ bytes }) => Buffer.from(bytes).toString("latin1")));
  assert.equal(again.join(""), sent.join(""));
  db.close();
  replay.close();
});

for (const clock of ["virtual", "real"]) {
  test(`a session on a ${clock} clock with long replies and slow clients is replayed to the same bytes`, async () => {
    const db = await Redstart.open({ clock, record: true, config: { "client-output-run-limit": "1mb" } });
    const sent = [];
    const log = (chunk) => sent.push(Buffer.from(chunk).toString("latin1"));
    db.call("SET", "large", "x".repeat(400_000));
    const slow = db.attach({
      data(chunk) {
        log(chunk);
        slow.pause();
      },
    });
    const other = db.attach({ data: log });
    slow.send(bytes("GET large\r\n".repeat(10)));
    other.send(bytes("INFO stats\r\nCLIENT LIST\r\n"));
    for (let round = 0; round < 5; round += 1) {
      slow.resume();
      other.send(bytes("INFO stats\r\nGET large\r\nCLIENT LIST\r\n"));
    }
    slow.send(bytes("BLPOP list 0\r\n" + "INCR n\r\n".repeat(30_000)));
    other.send(bytes("RPUSH list x\r\nGET n\r\n"));
    while (db.call("GET", "n") !== "30000") {
      slow.resume();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    other.send(bytes("GET n\r\nINFO stats\r\n"));
    const replay = await Redstart.replay(db.record());
    const again = [];
    for (let step = replay.step(); step !== undefined; step = replay.step()) {
      for (const { client, bytes } of step.sent) if (client === slow.id || client === other.id) again.push(Buffer.from(bytes).toString("latin1"));
    }
    assert.ok(again.join("") === sent.join(""));
    db.close();
    replay.close();
  });
}

test("a session goes on where its recording ends", async () => {
  const db = await Redstart.open({ clock: "virtual", record: true, seed: 3 });
  db.call("RPUSH", "l", 1, 2, 3);
  db.call("SET", "k", "v", "PX", 1000);
  db.clock.advance(400);
  const first = await Redstart.replay(db.record());
  assert.equal(first.now, db.clock.now() - 400);
  first.seek(2);
  const fork = first.fork();
  assert.deepEqual([fork.call("LRANGE", "l", 0, -1), fork.call("EXISTS", "k")], [[], 0]);
  const resumed = first.resume();
  assert.equal(resumed.call("PTTL", "k"), 600);
  resumed.clock.advance(1000);
  resumed.call("SADD", "s", "a", "b", "c");
  const popped = resumed.call("SPOP", "s");
  const second = await Redstart.replay(resumed.record());
  second.seek(Infinity);
  assert.equal(second.now, resumed.clock.now());
  assert.deepEqual(second.snapshot(), resumed.snapshot());
  const again = second.resume();
  assert.equal(again.call("SISMEMBER", "s", popped), 0);
  assert.equal(again.call("CLIENT", "LIST").trim().split("\n").length, 1);
  for (const each of [db, first, fork, resumed, second, again]) each.close();
});

test("a session goes on from a moment in its middle, with the clients that are kept", async () => {
  const db = await Redstart.open({ clock: "virtual", record: true });
  const { sent, listen } = transcript();
  const [a, b] = [listen(db), listen(db)];
  a.send(bytes("SELECT 2\r\nMULTI\r\nSET k 1\r\n"));
  b.send(bytes("SUBSCRIBE c\r\n"));
  assert.equal(db.position, 5);
  a.send(bytes("EXEC\r\n"));
  sent.length = 0;
  const replay = await Redstart.replay(db.record());
  replay.seek(5);
  assert.equal((await Redstart.replay(replay.record())).length, 5);
  const kept = [];
  const resumed = replay.resume({
    position: 5,
    keep: (connection) => {
      kept.push(connection);
      return { data: (chunk) => sent.push(Buffer.from(chunk).toString("latin1")) };
    },
  });
  assert.deepEqual(kept.map(({ id }) => id), [a.id, b.id]);
  kept[0].send(bytes("PUBLISH c x\r\nEXEC\r\n"));
  kept[1].close();
  kept[0].send(bytes("PUBLISH c x\r\nGET k\r\n"));
  assert.deepEqual(sent, ["*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n", "+QUEUED\r\n*2\r\n+OK\r\n:1\r\n", ":0\r\n$1\r\n1\r\n"]);
  const again = await Redstart.replay(resumed.record());
  assert.equal(again.length, resumed.position);
  again.seek(Infinity);
  assert.deepEqual(again.snapshot(), resumed.snapshot());
  for (const each of [db, replay, resumed, again]) each.close();
});

test("a replay goes along with its session", async () => {
  const db = await Redstart.open({ record: true });
  db.call("RPUSH", "l", 1);
  const replay = await Redstart.replay(db.record(), { checkpoints: 2 });
  replay.seek(Infinity);
  db.call("RPUSH", "l", 2);
  replay.extend(db.record());
  assert.equal(replay.length, db.position);
  replay.seek(Infinity);
  assert.deepEqual(replay.snapshot(), db.snapshot());
  const other = await Redstart.open({ record: true, seed: 1234567 });
  assert.throws(() => replay.extend(other.record()), RangeError);
  for (const each of [db, replay, other]) each.close();
});

test("the clock of a session that goes on runs from its moment", async () => {
  const startMs = Date.UTC(2020, 0, 1);
  const db = await Redstart.open({ clock: { startMs }, record: true });
  db.call("SET", "k", "v", "PX", 40);
  const replay = await Redstart.replay(db.record());
  const running = replay.resume({ clock: "running" });
  assert.ok(running.clock.now() >= startMs && running.clock.now() < startMs + 60_000);
  assert.equal(running.clock.isVirtual, false);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(running.call("EXISTS", "k"), 0);
  assert.ok(Math.abs(replay.resume({ clock: "real" }).clock.now() - Date.now()) < 60_000);
  const future = await Redstart.open({ clock: { startMs: Date.now() + 1e9 }, record: true });
  const later = (await Redstart.replay(future.record())).resume({ clock: "real" });
  assert.ok(later.clock.now() >= future.clock.now(), "no clock goes back");
  for (const each of [db, replay, running, future, later]) each.close();
});

test("time passes between events", async () => {
  const db = await Redstart.open({ clock: "virtual", record: true });
  db.call("SET", "k", "v", "PX", 100);
  db.clock.advance(1000);
  const replay = await Redstart.replay(db.record());
  replay.seek(replay.length - 1);
  const { now } = replay;
  const keys = () => [...replay.keyspace.keys()].map(({ ttlMs }) => ttlMs);
  const at = (ms) => {
    replay.seek(replay.length - 1, now + ms);
    return [replay.now - now, keys()];
  };
  assert.deepEqual([at(0), at(60), at(30), at(150), at(1e6)], [[0, [100]], [60, [40]], [30, [70]], [150, []], [1000, []]]);
  replay.seek(replay.length - 1);
  assert.deepEqual([replay.now, keys()], [now, [100]]);
  replay.step();
  assert.equal(replay.now, db.clock.now());
  db.close();
  replay.close();
});

test("a recording does not grow while nothing happens", async () => {
  const db = await Redstart.open({ record: true });
  const expired = [];
  db.call("CONFIG", "SET", "notify-keyspace-events", "EA");
  db.subscribe("__keyevent@0__:expired", (key) => expired.push(key));
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(400);
  const idle = db.position;
  await wait(500);
  assert.equal(db.position, idle);
  db.call("SET", "k", "v", "PX", 300);
  await wait(400);
  assert.deepEqual(expired, ["k"]);
  assert.ok(db.position - idle <= 8, `${db.position - idle} events`);
  db.close();
});

test("a recording that is damaged is told, or is one of another session", async () => {
  const seeded = await Redstart.open({ seed: 7 });
  seeded.call("SET", "k", "v");
  const db = await Redstart.open({ snapshot: seeded.snapshot(), seed: 7, clock: "virtual", record: true });
  db.call("GET", "k");
  const recording = db.record();
  for (let at = 0; at < recording.length; at += 1) {
    const damaged = recording.slice();
    damaged[at] ^= 0x41;
    for (const bytes of [damaged, recording.subarray(0, at)]) {
      try {
        const replay = await Redstart.replay(bytes);
        replay.seek(Infinity);
        replay.close();
      } catch (reason) {
        assert.ok(reason instanceof RangeError || reason.name === "RedstartError", `${at}: ${reason}`);
      }
    }
  }
  seeded.close();
  db.close();
});

test("a recording begins with the data that was there", async () => {
  const seeded = await Redstart.open();
  seeded.call("SET", "k", "41");
  const db = await Redstart.open({ snapshot: seeded.snapshot(), record: true, clock: "virtual" });
  db.call("INCR", "k");
  const replay = await Redstart.replay(db.record());
  replay.seek(Infinity);
  assert.deepEqual(replay.snapshot(), db.snapshot());
  for (const each of [seeded, db, replay]) each.close();
  const none = await Redstart.open();
  assert.throws(() => none.record(), TypeError);
  none.close();
  await assert.rejects(Redstart.replay(bytes("no recording")), RangeError);
});

test("one jumps in a long recording", async () => {
  const db = await Redstart.open({ clock: "virtual", record: true });
  for (let round = 0; round < 100_000; round += 1) db.call("SET", `key:${round % 20_000}`, `value:${round}`);
  const replay = await Redstart.replay(db.record());
  const size = db.record().length;
  assert.ok(size < 100_000 * 60, `${size} bytes`);
  replay.seek(replay.length);
  const first = replay.length - 100_000;
  for (const round of [10_000, 99_999, 50_000, 77_777, 2_000]) {
    replay.seek(first + round + 1);
    const fork = replay.fork();
    assert.equal(fork.call("GET", `key:${round % 20_000}`), `value:${round}`);
    fork.close();
  }
  db.close();
  replay.close();
});
