// What is saved is there again: after a process was killed, with a journal that was cut anywhere, and whoever else has the folder open.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { Redstart } from "redstart";
import { Persistence } from "../dist/persistence.js";
import { CONFIG, digest, step } from "./programs/workload.js";

const KEEPER = new URL("programs/keeper.js", import.meta.url).pathname;
const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (text) => new TextEncoder().encode(text);

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "redstart-data-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Opens what is kept, and closes it when the test ends. */
async function open(t, dataDir, options = {}) {
  const db = await Redstart.open({ dataDir, config: CONFIG, ...options });
  t.after(() => db.close());
  return db;
}

test("a database is there again, with its deadlines and all its databases", async (t) => {
  const dataDir = join(folder(t), "not/yet/there");
  const db = await Redstart.open({ dataDir, config: CONFIG });
  for (let number = 1; number < 300; number += 1) step(db, number);
  db.call("SET", "binary", new Uint8Array([0, 255, 10]), "PX", 60_000);
  const expected = digest(db);
  db.close();
  await db.closed;
  assert.deepEqual(readdirSync(dataDir).sort(), ["dump.rdb", "journal"]);
  const again = await open(t, pathToFileURL(dataDir));
  assert.equal(digest(again), expected);
  assert.deepEqual([...again.callBuffer("GET", "binary")], [0, 255, 10]);
  assert.ok(again.call("PTTL", "binary") > 50_000);
});

test("changes are saved unasked, and nothing is written where nothing has changed", async (t) => {
  const dataDir = folder(t);
  const db = await open(t, dataDir);
  db.call("SET", "k", "v");
  await db.save();
  const written = () => statSync(join(dataDir, "journal")).size;
  const before = written();
  for (let round = 0; round < 1000; round += 1) db.call("GET", "k");
  await db.save();
  assert.equal(written(), before);
  db.call("SET", "k", "w");
  for (let waited = 0; written() === before; waited += 50) {
    assert.ok(waited < 30_000, "it is saved");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test("a process that ends by itself has saved", (t) => {
  const dataDir = folder(t);
  const program = `
    import { Redstart } from "redstart";
    const db = await Redstart.open({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(db.call("INCR", "runs"));`;
  const run = () => execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: new URL("..", import.meta.url), encoding: "utf8" });
  assert.deepEqual([run(), run(), run()], ["1\n", "2\n", "3\n"]);
});

test("a process ends, and says so, though what it did cannot be saved; many databases are no leak", (t) => {
  const path = folder(t);
  const program = `
    import { rmSync } from "node:fs";
    import { Redstart } from "redstart";
    const path = ${JSON.stringify(path)};
    for (let number = 0; number < 12; number += 1) (await Redstart.open({ dataDir: path + "/" + number })).call("SET", "k", number);
    rmSync(path + "/3", { recursive: true });`;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: new URL("..", import.meta.url), encoding: "utf8", timeout: 60_000 });
  assert.equal(run.status, 0);
  assert.equal(run.stderr.match(/^redstart: what has changed cannot be saved: .*ENOENT/gm)?.length, 1, run.stderr);
  assert.doesNotMatch(run.stderr, /MaxListeners/);
  assert.ok(existsSync(join(path, "11/dump.rdb")));
});

test("a snapshot is what an empty folder begins with", async (t) => {
  const dataDir = folder(t);
  const seeded = await Redstart.open();
  seeded.call("SET", "k", "seeded");
  const first = await Redstart.open({ dataDir, snapshot: seeded.snapshot() });
  assert.equal(first.call("GETSET", "k", "own"), "seeded");
  first.close();
  await first.closed;
  const second = await open(t, dataDir, { snapshot: seeded.snapshot() });
  assert.equal(second.call("GET", "k"), "own");
  assert.throws(() => seeded.save(), TypeError);
  seeded.close();
});

test("a killed process has lost nothing that was saved", { timeout: 120_000 }, async (t) => {
  const dataDir = folder(t);
  const model = await Redstart.open({ config: CONFIG });
  t.after(() => model.close());
  let [modelled, rounds, steps] = [0, 0, 0];
  for (const end = Date.now() + 12_000; Date.now() < end || rounds < 5; rounds += 1) {
    const keeper = spawn(process.execPath, [KEEPER, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    keeper.stdout.setEncoding("utf8").on("data", (chunk) => (said += chunk));
    await Promise.race([once(keeper.stdout, "data"), once(keeper, "exit")]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    keeper.kill("SIGKILL");
    await once(keeper, "close");
    const acknowledged = Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
    assert.ok(acknowledged > 0, "it has saved");
    const db = await Redstart.open({ dataDir, config: CONFIG });
    steps = Number(db.call("GET", "step"));
    assert.ok(steps >= acknowledged, `${steps} steps are there, ${acknowledged} were saved`);
    // It is the very state after that step: no part of a later one.
    while (modelled < steps) step(model, ++modelled);
    assert.equal(digest(db), digest(model));
    db.close();
    await db.closed;
  }
  console.log(`killed ${rounds} times in ${steps} steps`);
});

test("a folder has one database at a time, and a lock does not outlive its process", async (t) => {
  const dataDir = folder(t);
  const db = await Redstart.open({ dataDir });
  await assert.rejects(Redstart.open({ dataDir }), { name: "RedstartError", code: "LOCKED", message: new RegExp(`process ${process.pid} `) });
  const other = `
    import { Redstart } from "redstart";
    await Redstart.open({ dataDir: ${JSON.stringify(dataDir)} }).then(() => console.log("open"), (reason) => console.log(reason.code));`;
  const run = () => execFileSync(process.execPath, ["--input-type=module", "-e", other], { cwd: new URL("..", import.meta.url), encoding: "utf8" });
  assert.equal(run(), "LOCKED\n");
  db.close();
  await db.closed;
  assert.equal(run(), "open\n");
  // Its number may be another process's by now, even our own.
  for (const owner of [`${process.pid}.1.an-earlier-boot.x`, "999999999.1.x.y", "undefined.x", "", "nonsense"]) {
    writeFileSync(join(dataDir, `lock.${owner}`), "held\n");
    assert.equal(run(), "open\n", owner);
  }
  const last = await Redstart.open({ dataDir });
  last.close();
  await last.closed;
  assert.deepEqual(readdirSync(dataDir).filter((name) => name.startsWith("lock")), []);
});

test("of many who open a folder at once, one has it, whoever's lock was left there", { timeout: 120_000 }, async (t) => {
  const program = `
    import { Redstart } from "redstart";
    const opened = await Promise.allSettled(Array.from({ length: 4 }, () => Redstart.open({ dataDir: process.argv[1] })));
    console.log(opened.map(({ reason }) => reason?.code ?? reason?.message ?? "open").join(" "));
    process.stdin.resume().once("end", () => process.exit());`;
  for (let round = 0; round < 5; round += 1) {
    const dataDir = folder(t);
    writeFileSync(join(dataDir, "lock.999999999.1.x.y"), "held\n");
    const rivals = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", program, dataDir], { cwd: new URL("..", import.meta.url), stdio: ["pipe", "pipe", "inherit"] }));
    const said = await Promise.all(rivals.map(async ({ stdout }) => String((await once(stdout, "data"))[0])));
    assert.deepEqual(said.join(" ").trim().split(/\s+/).sort(), [...Array(15).fill("LOCKED"), "open"]);
    for (const rival of rivals) rival.stdin.end();
    await Promise.all(rivals.map((rival) => once(rival, "close")));
  }
});

test("the command keeps its data in a folder", async (t) => {
  const dataDir = folder(t);
  const bin = new URL("../dist/bin.js", import.meta.url).pathname;
  for (const expected of [":1\r\n", ":2\r\n"]) {
    const server = spawn(process.execPath, [bin, "--port", "0", "--dir", dataDir], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await once(server.stdout, "data");
    const socket = connect(Number(String(said).trim().split(":").at(-1)), "127.0.0.1");
    socket.write("INCR runs\r\n");
    assert.equal(String((await once(socket, "data"))[0]), expected);
    socket.destroy();
    server.kill("SIGTERM");
    assert.deepEqual(await once(server, "exit"), [0, null]);
  }
});

test("a damaged snapshot is told, not overwritten", async (t) => {
  const dataDir = folder(t);
  writeFileSync(join(dataDir, "dump.rdb"), "REDIS0010 and no more");
  for (let time = 0; time < 2; time += 1) await assert.rejects(Redstart.open({ dataDir }), { name: "RedstartError" });
  assert.equal(readFileSync(join(dataDir, "dump.rdb"), "utf8"), "REDIS0010 and no more");
  assert.deepEqual(readdirSync(dataDir).sort(), ["dump.rdb", "journal"]);
});

test("a stream whose ids have gone back to before a removed entry is kept", async (t) => {
  const dataDir = folder(t);
  const first = await open(t, dataDir);
  const commands = ["XADD s 5-0 a b", "XADD s 10-0 a b", "XDEL s 10-0", "XSETID s 20-0 ENTRIESADDED 10 MAXDELETEDID 1-0", "XSETID s 6-0", "XADD s 7-0 a b"];
  for (const command of commands) first.call(...command.split(" "));
  first.close();
  await first.closed;
  const second = await open(t, dataDir);
  assert.deepEqual(second.call("XRANGE", "s", "-", "+"), [["5-0", ["a", "b"]], ["7-0", ["a", "b"]]]);
  assert.equal(second.call("XDEL", "s", "7-0"), 1);
});

test("a value that cannot be decoded is named, and left out for who listens", async (t) => {
  const dataDir = folder(t);
  // The set `s` has the member `x` twice.
  const file = Buffer.from("REDIS0010\xfe\x02\0\x01a\x011\x02\x01s\x02\x01x\x01x\0\x01b\x012\xff\0\0\0\0\0\0\0\0", "latin1");
  writeFileSync(join(dataDir, "dump.rdb"), file);
  await assert.rejects(Redstart.open({ dataDir }), /the set at key 's' of database 2 cannot be decoded: an element occurs twice \(at byte 16\)/);
  assert.deepEqual(readFileSync(join(dataDir, "dump.rdb")), file);

  const bad = [];
  const db = await open(t, dataDir, { onBadValue: (value) => bad.push(value), record: true });
  const key = new TextEncoder().encode("s");
  assert.deepEqual(bad, [{ database: 2, key, type: "set", reason: "an element occurs twice", offset: 16 }]);
  db.call("SELECT", 2);
  assert.deepEqual(db.call("MGET", "a", "s", "b"), ["1", null, "2"]);
  (await Redstart.replay(db.record())).close();
  await db.save();
  db.close();
  await db.closed;
  const again = await open(t, dataDir);
  again.call("SELECT", 2);
  assert.deepEqual(again.call("MGET", "a", "b"), ["1", "2"]);
});

/** What a store leads to. */
async function kept({ snapshot, journal }) {
  const { snapshot: file, changes } = await Persistence.open(memory(snapshot, journal));
  return [text(file), ...changes.map(({ time, requests }) => `${time} ${text(requests)}`)];
}

test("a journal that was cut anywhere leads to the last whole save before; one that is damaged is refused", async (t) => {
  const store = memory();
  const keeping = await Persistence.open(store);
  keeping.start(() => bytes("the snapshot"));
  t.after(() => keeping.close());
  await keeping.save();
  const states = [{ state: ["the snapshot"], end: 0 }];
  for (let round = 1; round <= 12; round += 1) {
    const changes = Array.from({ length: round % 3 + 1 }, (_, number) => ({ time: round * 1000 + number, requests: bytes(`round ${round}`.repeat(number)) }));
    changes.forEach((change) => keeping.note(change));
    await keeping.save();
    const told = changes.map(({ time, requests }) => `${time} ${text(requests)}`);
    states.push({ state: [...states.at(-1).state, ...told], end: store.journal.length });
  }
  const { snapshot, journal } = store;
  for (let cut = 0; cut <= journal.length; cut += 3) {
    const expected = states.findLast(({ end }) => end <= cut).state;
    assert.deepEqual(await kept({ snapshot, journal: journal.slice(0, cut) }), expected, `cut at ${cut}`);
    const damaged = journal.slice();
    if (cut === journal.length) continue;
    damaged[cut] ^= 0x20;
    // Damage to the last save cannot be told from a save that was cut short.
    if (cut >= states.at(-2).end) assert.deepEqual(await kept({ snapshot, journal: damaged }), expected, `damaged at ${cut}`);
    else await assert.rejects(kept({ snapshot, journal: damaged }), { name: "RedstartError", code: "DAMAGED" }, `damaged at ${cut}`);
  }
  const [{ end: first }, { end: second }] = states.slice(1);
  const hole = journal.slice().fill(0, first - 20, second + 20);
  await assert.rejects(kept({ snapshot, journal: hole }), { code: "DAMAGED" });
  const gap = new Uint8Array([...journal.subarray(0, first), ...journal.subarray(second)]);
  await assert.rejects(kept({ snapshot, journal: gap }), new RegExp(`truncate it to ${first} bytes`));
  const newer = bytes("another snapshot, beside which the old journal was left");
  assert.deepEqual(await kept({ snapshot: newer, journal }), [text(newer)]);
});

test("what a crash has left behind the journal is gone before more is written there", async (t) => {
  const store = memory(bytes("the snapshot"));
  const reopened = async () => {
    const keeping = await Persistence.open(store);
    keeping.start(() => bytes(keeping.changes.reduce((all, { requests }) => all + text(requests), text(keeping.snapshot))));
    t.after(() => keeping.close());
    return keeping;
  };
  const before = await reopened();
  for (let time = 1; time <= 4; time += 1) {
    before.note({ time, requests: bytes(` ${time}`) });
    await before.save();
  }
  // Of the journal of a snapshot before, too, every record is whole.
  for (const left of [store.journal.slice(0, -1), store.journal]) {
    [store.snapshot, store.journal] = [bytes("another"), left];
    const after = await reopened();
    await after.save();
    assert.equal(store.journal.length, 0);
    after.note({ time: 5, requests: bytes(" 5") });
    await after.save();
    assert.deepEqual(await kept(store), ["another", "5  5"]);
  }
});

test("a database whose journal is damaged is told, not overwritten", async (t) => {
  const dataDir = folder(t);
  const db = await Redstart.open({ dataDir });
  await db.save();
  for (let number = 0; number < 3; number += 1) {
    db.call("SET", "k", number);
    await db.save();
  }
  db.close();
  await db.closed;
  const damaged = readFileSync(join(dataDir, "journal"));
  damaged[damaged.length >> 1] ^= 1;
  writeFileSync(join(dataDir, "journal"), damaged);
  for (let time = 0; time < 2; time += 1) await assert.rejects(Redstart.open({ dataDir }), { name: "RedstartError", code: "DAMAGED" });
  assert.deepEqual(readFileSync(join(dataDir, "journal")), damaged);
  const end = Number(/to (\d+) bytes/.exec((await Redstart.open({ dataDir }).catch((reason) => reason)).message)[1]);
  writeFileSync(join(dataDir, "journal"), damaged.subarray(0, end));
  assert.match((await open(t, dataDir)).call("GET", "k"), /^[01]$/);
});

test("a journal that outgrows its snapshot is replaced by a new one", async (t) => {
  const store = memory();
  const keeping = await Persistence.open(store);
  keeping.start(() => new Uint8Array(1000));
  t.after(() => keeping.close());
  let longest = 0;
  for (let time = 0; time < 200; time += 1) {
    keeping.note({ time, requests: new Uint8Array(1000) });
    await keeping.save();
    longest = Math.max(longest, store.journal.length);
  }
  assert.ok(longest > 50_000 && longest <= 65_536, `${longest} bytes`);
});

test("a snapshot that cannot be made is made the next time", async (t) => {
  const store = memory(bytes("before"));
  const keeping = await Persistence.open(store);
  let memoryLeft = false;
  keeping.start(() => {
    if (!memoryLeft) throw new RangeError("no memory");
    return bytes("all of it");
  });
  t.after(() => keeping.close());
  keeping.note({ time: 1, requests: new Uint8Array(70_000) });
  await assert.rejects(keeping.save(), /no memory/);
  // What could not be saved is not forgotten, and nothing that comes later is put behind the gap.
  keeping.note({ time: 2, requests: bytes("little") });
  await assert.rejects(keeping.save(), /no memory/);
  assert.deepEqual(await kept(store), ["before"]);
  memoryLeft = true;
  await keeping.save();
  assert.deepEqual(await kept(store), ["all of it"]);
});

test("saves that are asked for at once share a write, and one that fails is made good", async (t) => {
  const store = memory();
  const keeping = await Persistence.open(store);
  let state = 0;
  keeping.start(() => bytes(`state ${state}`));
  t.after(() => keeping.close());
  const change = () => keeping.note({ time: (state += 1), requests: bytes("more") });
  const saves = Array.from({ length: 100 }, () => {
    change();
    return keeping.save();
  });
  await Promise.all(saves);
  assert.equal(store.writes, 2);
  // The first of them was answered by a snapshot of all that there was.
  assert.equal(text(store.snapshot), "state 1");
  assert.equal((await kept(store)).length, 100);
  store.fails = true;
  change();
  await assert.rejects(keeping.save(), /no room/);
  await assert.rejects(keeping.save(), /no room/, "what is not saved stays to be saved");
  store.fails = false;
  await keeping.save();
  assert.deepEqual(await kept(store), ["state 101"]);
  // The save that waits when it ends is not told before it is there.
  change();
  keeping.save();
  change();
  const waiting = keeping.save().then(() => store.isClosed);
  await keeping.close();
  await waiting;
  assert.deepEqual(await kept(store), ["state 101", "102 more", "103 more"]);
});

/** A store in memory, as a disk of this content. */
function memory(snapshot = new Uint8Array(), journal = new Uint8Array()) {
  const write = async (store, what) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (store.fails) throw new Error("no room");
    store.writes += 1;
    what();
  };
  return {
    snapshot, journal, writes: 0, fails: false, isClosed: false,
    async read() {
      return { snapshot: this.snapshot, journal: this.journal };
    },
    replace(file) {
      return write(this, () => ([this.snapshot, this.journal] = [file, new Uint8Array()]));
    },
    append(record, at) {
      return write(this, () => (this.journal = new Uint8Array([...this.journal.subarray(0, at), ...record])));
    },
    beforeLeaving: () => () => {},
    async close() {
      this.isClosed = true;
    },
  };
}
