// What plays sessions again, without a page: where commands lie, where it stops, what differs between two moments, and links.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load, redstart } from "./modules.js";

const { Axis } = await load("replay/axis.ts");
const { Player } = await load("replay/player.ts");
const { KeyPlaces, breakpoint, title } = await load("replay/breakpoint.ts");
const { delta, side } = await load("replay/delta.ts");
const { diff, picture } = await load("replay/diff.ts");
const { LONGEST_LINK, fromLink, linesOf, toLink } = await load("share/link.ts");
const { Redstart } = await redstart();

const START_MS = Date.UTC(2030, 0, 1);
const latin1 = (bytes) => Buffer.from(bytes).toString("latin1");

/** A session that is played: every call is a mark. */
async function session() {
  const db = await Redstart.open({ record: true, seed: 7, clock: { startMs: START_MS } });
  const axis = new Axis({ position: 0, time: START_MS });
  const requests = [];
  let shown;
  const connection = db.attach({ data() {} });
  const played = { axis, record: () => db.record(), show: (moment) => (shown = moment) };
  const player = new Player(played);
  const run = (...command) => {
    connection.send(command);
    requests.push(command.map((word) => new TextEncoder().encode(word)));
    axis.add({ position: db.position, time: db.clock.now(), client: connection.id, name: command[0] });
  };
  const keys = () => [...shown.keyspace.keys()].map(({ key }) => latin1(key)).sort();
  return { db, axis, player, run, keys, shown: () => shown, pass: (ms) => (db.clock.advance(ms), axis.reach({ position: db.position, time: db.clock.now() })) };
}

test("a point of the axis is a moment, and back", () => {
  const axis = new Axis({ position: 2, time: 1000 });
  for (let index = 1; index <= 50; index += 1) axis.add({ position: 2 + index * 3, time: 1000 + index * index * 10, client: 1, name: "SET" });
  axis.reach({ position: 200, time: 60_000 });
  let last = -1;
  for (let place = 0; place <= axis.length; place += axis.length / 777) {
    const { position, time } = axis.pointAt(place);
    assert.ok(time >= last, "time goes forward");
    last = time;
    assert.ok(Math.abs(axis.placeOf({ position, time }) - place) < 0.01, `${place}`);
  }
  assert.deepEqual(axis.pointAt(axis.length), { position: 200, time: 60_000 });
  assert.deepEqual([axis.indexAt(2), axis.indexAt(5), axis.indexAt(7), axis.indexAt(500)], [0, 1, 1, 50]);
  axis.marks.forEach((mark, index) => assert.ok(Math.abs(axis.placeOf(mark) - axis.places[index]) < 1e-9));
});

test("one steps through commands, and keys expire in the time between them", async () => {
  const { player, run, keys, shown, pass, db } = await session();
  run("SET", "a", "1", "PX", "500");
  run("SET", "b", "1");
  pass(1000);
  run("DEL", "b");
  await player.step(-1);
  assert.deepEqual([shown().isLive, keys(), shown().now()], [false, ["a", "b"], START_MS]);
  await player.seek({ position: player.point.position, time: START_MS + 400 });
  assert.deepEqual([keys(), shown().now()], [["a", "b"], START_MS + 400]);
  await player.seek({ position: player.point.position, time: START_MS + 600 });
  assert.deepEqual(keys(), ["b"]);
  await player.seek({ position: player.point.position, time: START_MS + 400 });
  assert.deepEqual(keys(), ["a", "b"], "and come back");
  await player.step(1);
  assert.deepEqual([keys(), shown().now()], [[], START_MS + 1000]);
  await player.home();
  assert.deepEqual([keys(), shown().position], [[], 0]);
  await player.step(1);
  assert.deepEqual(keys(), ["a"]);
  player.live();
  assert.deepEqual([shown(), player.cursor.value], [undefined, undefined]);
  run("SET", "later", "1");
  await player.step(-1);
  assert.deepEqual(keys(), []);
  await player.step(1);
  assert.deepEqual(keys(), ["later"], "the session has gone on");
  db.close();
  player.close();
});

test("it plays at any speed, cuts pauses short and stops at what it is asked to", async () => {
  const { player, axis, run, pass, db } = await session();
  for (let second = 0; second < 10; second += 1) {
    run("INCR", "n");
    pass(1000);
  }
  pass(3_600_000);
  run("SET", "user:1", "x");
  run("GET", "n");
  await player.play();
  assert.deepEqual([player.point.position, player.isPlaying.value], [0, true]);
  await player.advance(0);
  const at = () => axis.indexAt(player.point.position);
  assert.equal(at(), 1);
  await player.advance(2500);
  assert.equal(at(), 3);
  assert.equal(player.point.time, START_MS + 2500);
  player.speed.value = 2;
  await player.advance(1000);
  assert.equal(at(), 5);
  player.speed.value = 1000;
  await player.advance(10);
  assert.equal(at(), 10);
  player.speed.value = 1;
  let spent = 0;
  for (; at() < 11 && spent < 20_000; spent += 16) await player.advance(16);
  assert.ok(spent > 1500 && spent < 2500, `an hour takes ${spent} ms`);
  await player.advance(16);
  assert.deepEqual([player.isPlaying.value, at()], [false, 12]);

  const places = new KeyPlaces(db);
  const stops = (pattern, ...command) => breakpoint(pattern, places)(new TextEncoder().encode(`*${command.length}\r\n${command.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`));
  assert.deepEqual([stops("set", "SET", "k", "v"), stops("z*", "ZADD", "k", "1", "m"), stops("set", "GET", "set-me"), stops("", "GET", "k")], [true, true, false, false]);
  assert.deepEqual([stops("k", "SET", "k", "v"), stops("v", "SET", "k", "v"), stops("user:*", "MSET", "a", "1", "user:7", "2"), stops("2", "MSET", "a", "1", "b", "2")], [true, false, true, false]);
  assert.equal(title(new TextEncoder().encode("get a\r\nset b c\r\n")), "GET +1");
  player.isBreakpoint = (mark) => axis.marks[mark].name === "SET";
  await player.play();
  for (let frame = 0; frame < 1000 && player.isPlaying.value; frame += 1) await player.advance(16);
  assert.deepEqual([player.stoppedAt.value?.name, at()], ["SET", 11]);
  await player.home();
  await player.toBreakpoint();
  assert.equal(at(), 11);
  await player.toBreakpoint();
  assert.deepEqual([player.stoppedAt.value, at()], [undefined, 12]);
  db.close();
  player.close();
});

test("what differs between two moments", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  db.call("MSET", "same", 1, "changed", 1, "removed", 1, "back", 1, "expires", 1);
  db.call("EXPIRE", "same", 1000);
  const before = picture(db.keyspace, db.clock.now());
  db.clock.advance(1234);
  db.call("INCR", "changed");
  db.call("DEL", "removed");
  db.call("INCR", "back");
  db.call("DECR", "back");
  db.call("EXPIRE", "expires", 10);
  db.call("SELECT", 2);
  db.call("SADD", "added", "x");
  const changes = diff(before, picture(db.keyspace, db.clock.now()));
  assert.deepEqual(changes.map(({ kind, database, key }) => [kind, database, latin1(key)]), [["changed", 0, "changed"], ["changed", 0, "expires"], ["removed", 0, "removed"], ["added", 2, "added"]]);
  assert.deepEqual([changes[0].before.type, changes[1].after.ttlMs, changes[3].after.type], ["string", 10_000, "set"]);
  db.close();
});

test("what became of a value is told for each type, and no more than fits", async () => {
  const db = await Redstart.open({ clock: "virtual" });
  const numbers = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);
  db.call("MSET", "text", `${"same ".repeat(40)}old end`, "typed", "x", "many", "x");
  db.call("HSET", "hash", "stays", 1, "goes", 1, "changes", "a");
  db.call("SADD", "set", "stays", "goes");
  db.call("ZADD", "zset", 1, "stays", 2, "rises");
  db.call("RPUSH", "list", "a", "b", "c", "d");
  db.call("XADD", "stream", "1-1", "f", "v");
  db.call("RPUSH", "long", ...numbers(0, 20_000));
  const before = db.fork();
  db.call("MSET", "text", `${"same ".repeat(40)}new ends`, "many", "é".repeat(200));
  db.call("DEL", "typed");
  db.call("LPUSH", "typed", "1");
  db.call("HSET", "hash", "changes", "b", "comes", 'with "quotes"');
  db.call("HDEL", "hash", "goes");
  db.call("SMOVE", "set", "other", "goes");
  db.call("SADD", "set", "\xff");
  db.call("ZINCRBY", "zset", 1.5, "rises");
  db.call("LPUSH", "list", "first");
  db.call("LSET", "list", 2, "B");
  db.call("XADD", "stream", "2-1", "g", "two words");
  db.call("LSET", "long", 5, "five");
  const of = (name, from = before, to = db) => {
    const key = new TextEncoder().encode(name);
    const type = (side) => [...side.keyspace.keys()].find((view) => latin1(view.key) === name)?.type;
    const { lines, more, isCut } = delta(key, side(from.keyspace, 0, type(from)), side(to.keyspace, 0, type(to)));
    const shown = lines.map(({ name, before, after }) => `${name ?? ""}: ${before ?? ""} > ${after ?? ""}`).sort();
    return more === 0 && !isCut ? shown : { shown, more, isCut };
  };
  assert.deepEqual(of("text"), [": … same same same old end > … same same same new ends"]);
  assert.deepEqual(of("many"), [`: x > ${"é".repeat(60)}…`]);
  assert.deepEqual(of("typed"), ["0:  > 1"]);
  assert.deepEqual(of("hash"), ["changes: a > b", 'comes:  > with "quotes"', "goes: 1 > "]);
  assert.deepEqual(of("set"), ["goes:  > ", "ÿ:  > "].sort());
  assert.deepEqual(of("zset"), ["rises: 2 > 3.5"]);
  assert.deepEqual(of("list"), ["0: a > first", "1: b > a", "2:  > B"]);
  assert.deepEqual(of("stream"), ["2-1:  > g two words"]);
  assert.deepEqual(of("stream", db, before), ["2-1: g two words > "]);
  assert.deepEqual(of("long"), { shown: ["5: 5 > five"], more: 0, isCut: true });
  db.call("DEL", "long");
  assert.deepEqual([of("long").shown.length, of("long").more], [50, 9950]);
  assert.deepEqual(of("hash", db, db), []);
  before.close();
  db.close();
});

const PAGE = "https://example.org/play/?x=1#old";

test("a session fits into a link, and is the same behind it", async () => {
  const db = await Redstart.open({ record: true });
  for (let round = 0; round < 100; round += 1) db.call("HSET", `user:${round}`, "name", `name ${round}`);
  db.call("SPOP", "none");
  const recording = db.record();
  const { url, length } = await toLink(recording, PAGE);
  assert.ok(url.startsWith("https://example.org/play/#session=") && url.length === length);
  assert.deepEqual(await fromLink(url), recording);
  for (let round = 0; round < 600; round += 1) db.call("SET", `${Math.random()}`, `${Math.random()}`);
  const long = await toLink(db.record(), PAGE);
  assert.ok(long.url === undefined && long.length > LONGEST_LINK);
  console.log(`101 commands make a link of ${length} characters`);
  await assert.rejects(fromLink(`${url.slice(0, -40)}`), { name: "FormatError" });
  await assert.rejects(fromLink(`${PAGE.split("#")[0]}#session=%%%`), { name: "FormatError" });
  db.close();
});

test("links with commands are run", async () => {
  const answers = async (link) => {
    const recording = await fromLink(link);
    if (recording === undefined) return undefined;
    const replay = await Redstart.replay(recording);
    let text = "";
    for (let step = replay.step(); step !== undefined; step = replay.step()) for (const { bytes } of step.sent) text += latin1(bytes);
    replay.close();
    return text.replaceAll("\r\n", " ").trim();
  };
  const page = "https://example.org/";
  const base64 = Buffer.from(JSON.stringify(["SET k ü", "STRLEN k"])).toString("base64url");
  assert.equal(await answers(`${page}?commands=${base64}&autorun=true`), "+OK :2");
  assert.equal(await answers(`${page}?commands=SET%20k%201%0AINCR%20k`), "+OK :2");
  assert.equal(await answers(`${page}?commands=SET+k+%22a;b%22;STRLEN+k`), "+OK :3");
  assert.equal(await answers(`${page}?commands=SET+k+1&commands=INCR+k`), "+OK :2");
  assert.equal(await answers(`${page}?commands=PING`), "+PONG");
  assert.equal(await answers(`${page}#SET%20k%201;INCR%20k`), "+OK :2");
  assert.equal(await answers(`${page}#commands=PING`), "+PONG");
  assert.equal(await answers(`${page}#about`), undefined);
  assert.equal(await answers(page), undefined);
  assert.deepEqual(linesOf("PING"), ["PING"]);
  await assert.rejects(fromLink(`${page}?commands=GET+%22k`), /quotes/);
});
