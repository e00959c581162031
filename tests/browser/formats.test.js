// What the playground opens and saves.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { load, redstart } from "./modules.js";

const { FORMATS, open } = await load("formats/index.ts");
const { Redstart } = await redstart();
const format = (title) => FORMATS.find((each) => each.title === title);

const encode = (text) => new TextEncoder().encode(text);
const latin1 = (bytes) => Buffer.from(bytes).toString("latin1");
const named = (name, content) => ({ name, bytes: typeof content === "string" ? encode(content) : content });

/** What every client was sent, and the keys at the end. */
async function played(recording) {
  const replay = await Redstart.replay(recording);
  let sent = "";
  for (let step = replay.step(); step !== undefined; step = replay.step()) for (const { bytes } of step.sent) sent += latin1(bytes);
  const db = replay.fork();
  const dump = (database) => {
    db.call("SELECT", database);
    return [...db.keyspace.keys(database)].map(({ key }) => [latin1(key), latin1(db.callBuffer("DUMP", key)), db.call("PEXPIRETIME", key)]).sort();
  };
  const data = db.keyspace.databases().map(({ database }) => [database, dump(database)]);
  const { now, length } = replay;
  db.close();
  replay.close();
  return { sent, data, now, length };
}

async function opened(...files) {
  return open(files);
}

const refused = (pattern, ...files) => assert.rejects(open(files), (error) => {
  assert.match(error.message, pattern);
  return error.name === "FormatError";
});

test("a text of commands runs line by line", async () => {
  const { recording, notes } = await opened(named("a.txt", '# a comment\nSET k "a b\\x00"\r\n\nINCR n\nINCR n\n'));
  const { sent } = await played(recording);
  assert.equal(sent, "+OK\r\n:1\r\n:2\r\n");
  assert.deepEqual(notes, []);
  assert.equal(Buffer.from(await format("Text of commands").write(recording)).toString(), 'SET k "a b\\x00"\nINCR n\nINCR n\n');
  await refused(/^a\.txt, line 2: unbalanced quotes$/, named("a.txt", 'GET k\nGET "k\n'));
});

test("of a copied session the commands are taken", async () => {
  const copied = '127.0.0.1:6379> SET k v\nOK\n127.0.0.1:6379> SELECT 2\nOK\n127.0.0.1:6379[2]> MULTI\nOK\n127.0.0.1:6379[2](TX)> INCR n\nQUEUED\n127.0.0.1:6379[2](TX)> EXEC\n1) (integer) 1\n';
  const { data } = await played((await opened(named("session", copied))).recording);
  assert.deepEqual(data.map(([database, keys]) => [database, keys.map(([key]) => key)]), [[0, ["k"]], [2, ["n"]]]);
});

test("a recording is opened as it is", async () => {
  const db = await Redstart.open({ record: true, seed: 3 });
  db.call("SADD", "s", 1, 2, 3);
  const { recording } = await opened(named("x", db.record()));
  assert.deepEqual(recording, db.record());
  await refused(/^x: the recording is corrupt$/, named("x", db.record().slice(0, -3)));
  db.close();
});

const MONITOR = `OK
1795414924.548000 [0 127.0.0.1:41586] "SET" "a" "1"
1795414924.550939 [0 127.0.0.1:41586] "MULTI"
1795414924.551044 [0 127.0.0.1:41586] "SET" "b c" "x\\x00\\"\\xc3\\xa9" "PX" "100"
1795414924.551058 [0 127.0.0.1:41586] "EXEC"
1795414924.551120 [2 127.0.0.1:41586] "SELECT" "2"
1795414924.551167 [2 127.0.0.1:41586] "SADD" "s" "a" "b" "c"
1795414924.648418 [5 unix:/tmp/s] "INCR" "n"
1795414924.748418 [5 lua] "INCR" "n"
`;

test("the output of MONITOR has times, databases and clients", async () => {
  const { recording, notes } = await opened(named("monitor.txt", `${MONITOR}1795414925.000000 [0 127.0.0.1:1] "AUTH" "(redacted)"\n`));
  assert.deepEqual(notes, ["1 logins were left out: MONITOR does not show passwords."]);
  const { data, now } = await played(recording);
  assert.equal(now, 1795414925000);
  assert.deepEqual(data.map(([database, keys]) => [database, keys.map(([key]) => key)]), [[0, ["a"]], [2, ["s"]], [5, ["n"]]]);
  const written = Buffer.from(await format("Output of MONITOR").write((await opened(named("m", MONITOR))).recording)).toString();
  // What a transaction runs is told with the time of its EXEC.
  const expected = MONITOR.replace(".551044 ", ".551058 ").replace("unix:/tmp/s", "127.0.0.1:50001").replace("lua", "127.0.0.1:50002")
    .replace('1795414924.648418 [5 127', '1795414924.648418 [5 127.0.0.1:50001] "SELECT" "5"\n1795414924.648418 [5 127')
    .replace('1795414924.748418 [5 127', '1795414924.748418 [5 127.0.0.1:50002] "SELECT" "5"\n1795414924.748418 [5 127');
  assert.equal(written, expected);
  await refused(/^m, line 3: expected a line of MONITOR: a time/, named("m", MONITOR.replace('"MULTI"', "MULTI")));
});

/** A database with every type of value. */
async function everything() {
  const db = await Redstart.open({ record: true, clock: { startMs: 1_800_000_000_000 } });
  db.call("SET", "string", new Uint8Array([0, 255, 13, 10]), "PX", 60_000);
  db.call("RPUSH", "list", ...Array.from({ length: 200 }, (_, index) => index));
  db.call("SADD", "set", "a", "b", 1);
  db.call("ZADD", "zset", 1.5, "a", "-inf", "b", 1e300, "c", 3, "d");
  db.call("HSET", "hash", "f", 1, "g", 2);
  db.call("HPEXPIRE", "hash", 5000, "FIELDS", 1, "g");
  db.call("XADD", "stream", "1-1", "f", "v");
  db.call("XGROUP", "CREATE", "stream", "group", "0");
  db.call("SELECT", 3);
  db.call("PFADD", "hll", "a", "b");
  return db;
}

/** A hash whose fields expire has them in an order of its own. */
const inOrder = (all) => all.map(([database, keys]) => [database, keys.map(([key, dump, at]) => [key, key === "hash" ? dump.length : dump, at])]);

test("an RDB file is opened at the time it was written", async () => {
  const db = await everything();
  const file = await format("RDB file").write(db.record());
  const { recording } = await opened(named("dump.rdb", file));
  const before = await played(db.record());
  const after = await played(recording);
  assert.deepEqual(inOrder(after.data), inOrder(before.data));
  assert.equal(after.now, 1_800_000_000_000);
  await refused(/^dump\.rdb: .*is incomplete, or was modified/, named("dump.rdb", file.slice(0, -20)));
  db.close();
});

test("an append-only file rebuilds the data", async () => {
  const db = await everything();
  const file = await format("Append-only file").write(db.record());
  const stamped = new Uint8Array([...encode("#TS:1800000000\r\n"), ...file]);
  const { data } = await played((await opened(named("appendonly.aof", stamped))).recording);
  const before = (await played(db.record())).data;
  const keys = (all) => all.map(([database, keys]) => [database, keys.map(([key, , at]) => [key, at])]);
  assert.deepEqual(keys(data), keys(before));
  const exact = (all) => all.flatMap(([, keys]) => keys.filter(([key]) => ["string", "list", "set", "zset", "stream", "hll"].includes(key)));
  assert.deepEqual(exact(data), exact(before));
  db.close();
});

const command = (...words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

test("an append-only file has times, transactions, and perhaps an end that is cut off", async () => {
  const file = `#TS:1700000000\r\n${command("SELECT", "1")}${command("SET", "k", "v")}#TS:1700000010\r\n${command("MULTI")}${command("PEXPIREAT", "k", "1700000020000")}${command("INCR", "n")}${command("EXEC")}`;
  const whole = await opened(named("appendonly.aof", file));
  const { data, now } = await played(whole.recording);
  assert.deepEqual([data.map(([database, keys]) => [database, keys.map(([key, , at]) => [key, at])]), now], [[[1, [["k", 1700000020000], ["n", -1]]]], 1700000010000]);
  const cut = await opened(named("a.aof", `${file}${command("SET", "k", "later").slice(0, -4)}`));
  assert.deepEqual(cut.notes, [`a.aof: the last command, at offset ${file.length}, is incomplete and was left out.`]);
  await refused(new RegExp(`^a\\.aof, offset ${file.length}: expected '\\*' at the start of a command`), named("a.aof", `${file}SET k v\r\n`));
  await refused(/^a\.aof, offset 4: expected '\$' at the start of an argument/, named("a.aof", "*1\r\nPING\r\n"));
});

test("the parts of an append-only file are put in order", async () => {
  const db = await everything();
  const base = db.snapshot();
  const files = [
    named("appendonly.aof.10.incr.aof", command("APPEND", "order", "3")),
    named("appendonly.aof.2.incr.aof", command("APPEND", "order", "2")),
    named("appendonly.aof.1.base.rdb", base),
  ];
  const order = async (...files) => {
    const { recording, notes } = await opened(...files);
    const replay = await Redstart.replay(recording);
    replay.seek(Infinity);
    const fork = replay.fork();
    return [fork.call("GET", "order"), fork.call("DBSIZE"), notes.length];
  };
  assert.deepEqual(await order(...files), ["23", 7, 0]);
  const manifest = "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.10.incr.aof seq 2 type i\nfile appendonly.aof.2.incr.aof seq 3 type i\nfile gone.aof seq 4 type i\n";
  assert.deepEqual(await order(...files, named("appendonly.aof.manifest", manifest)), ["32", 7, 1]);
  // The old way: one file that begins with an RDB file.
  assert.deepEqual(await order(named("appendonly.aof", new Uint8Array([...base, ...encode(command("SET", "order", "x"))]))), ["x", 7, 0]);
  await refused(/only the parts of a single append-only file/, files[2], named("x.txt", "GET k"));
  db.close();
});

test("what is nothing of all that is refused", async () => {
  await refused(/^picture\.png is not one of these: recording, rdb file, append-only file, output of monitor, test case, text of commands$/, named("picture.png", new Uint8Array([137, 80, 78, 71, 0, 255, 254])));
});

test("what no page could play is refused, and at once", { timeout: 10_000 }, async () => {
  const ping = "*1\r\n$4\r\nPING\r\n";
  const far = "9".repeat(400);
  const late = /times up to the year 2255/;
  await refused(late, named("begins.aof", `#TS:${far}\r\n${ping}`));
  await refused(late, named("goes-on.aof", `${ping}#TS:99999999999\r\n${ping}`));
  await refused(late, named("monitor.txt", '99999999999999.000000 [0 127.0.0.1:1] "PING"\n'));
  for (const seconds of [99999999999, far]) await refused(late, named("case.txt", `> PING\nPONG\n@ +${seconds}s\n> PING\nPONG\n`));
  await refused(/^case\.txt, line 1: .* exceeds 64 MB/, named("case.txt", `>> 9999999*${"a".repeat(40)}\n`));
  for (const lines of ["SET k v\nSHUTDOWN NOSAVE\n", "SHUTDOWN NOSAVE\nGET k\n"]) await refused(/SHUTDOWN/, named("lines.txt", lines));
});

const CASES = new URL("../cases/", import.meta.url);

/** What a case says but for comments, and for quotes that it could do without. */
function said(text) {
  const lines = text.split("\n").slice(1).filter((line) => line !== "" && !/^#(?: |$)/.test(line));
  return lines.map((line) => (/^[a-z]?> /.test(line) ? line.replaceAll('"', "") : line)).join("\n");
}

test("the cases of the corpus are read, and written as they are", async () => {
  let [same, scenarios] = [0, 0];
  for (const folder of await readdir(CASES)) {
    if (folder.includes(".")) continue;
    for (const file of await readdir(new URL(`${folder}/`, CASES))) {
      const text = await readFile(new URL(`${folder}/${file}`, CASES), "utf8");
      for (const part of text.split(/^(?=== )/m).slice(1)) {
        // Others hold what the replies do not tell: patterns, markers, and who is called a.
        const isPlain = !/^! |<any>|<\$|<-?\d|<\.\.\.>|^'|\n\S?>.*'/m.test(part) && /^>/.test(part.split("\n").find((line) => /^[a-z]?>/.test(line)) ?? "");
        if (!isPlain) {
          await opened(named(file, part));
          continue;
        }
        scenarios += 1;
        const { recording } = await opened(named(file, part));
        const written = Buffer.from(await format("Test case").write(recording)).toString();
        if (said(written) === said(part)) same += 1;
        else if (process.env.SHOW) console.log(`${file}\n${part}\n--- written:\n${written}`);
      }
    }
  }
  console.log(`scenarios: ${scenarios}, written as they are: ${same}`);
  assert.ok(same > scenarios * 0.95, `${same} of ${scenarios}`);
});

test("a case has clients, times and names", async () => {
  const text = `== one
> BLPOP list 0
b> RPUSH list x
(integer) 1
<
1) "list"
2) "x"
> SET k v PX 100
OK
@ +150ms
> GET k
(nil)
> ECHO >
">"
>> "PING\\r\\nPING\\r\\n"
PONG
PONG
`;
  const { recording } = await opened(named("case.txt", text));
  assert.equal(Buffer.from(await format("Test case").write(recording)).toString().replace("== session", "== one"), text);
  const names = "== names\n> CLIENT ID\n(integer) <$id>\n> ECHO <$id>x\n\"<any>\"\n";
  assert.match((await played((await opened(named("n", names))).recording)).sent, /^:(\d+)\r\n\$\d\r\n\1x\r\n$/);
  await refused(/^c, line 2: expected a time such as/, named("c", "== a\n@ 15\n"));
  await refused(/^c, line 2: unbalanced quotes/, named("c", '== a\n> GET "\n'));
});
