// The keyspace view: keys as they are, and their values seen and edited, each by its type.

import assert from "node:assert/strict";
import { test } from "node:test";
import { paste, picture, playground, shown, until } from "./page.js";

const { open } = playground({ viewport: { width: 1600, height: 900 }, reducedMotion: "reduce" });

/** No task comes near this; what looks at all keys at once is far beyond it. A frame that is missed is one of 50 ms. */
const MOST_MS = 200;

/** Runs commands in the terminal. */
const run = (page, ...lines) => paste(page, ...lines, "");

/** A hundred thousand keys. */
async function fill(page) {
  await run(page, ...Array.from({ length: 100 }, (_, batch) => `MSET ${Array.from({ length: 1000 }, (_, at) => `key:${batch * 1000 + at} value`).join(" ")}`));
  await until(async () => assert.equal(await grid(page, "Keys").getAttribute("aria-rowcount"), "100001"), 30_000);
}

/** The longest tasks of the page's thread while something is done, in milliseconds of processor time: what others do on this machine does not count. */
async function longestTasks(page, during) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const done = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.start", { categories: "disabled-by-default-devtools.timeline", transferMode: "ReportEvents" });
  await during();
  await session.send("Tracing.end");
  await done;
  const { pid, tid } = events.find(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const tasks = events.filter((event) => event.name === "RunTask" && event.pid === pid && event.tid === tid);
  assert.ok(tasks.length > 100, "the tasks are seen");
  return tasks.map(({ tdur }) => Math.round(tdur / 1000)).sort((a, b) => b - a).slice(0, 5);
}

const keyspace = (page) => page.locator(".keyspace");
const value = (page) => page.getByRole("region", { name: "Value" });
const grid = (page, name) => page.getByRole("grid", { name });
const button = (page, name) => value(page).getByRole("button", { name, exact: true });

/** The rows of a table as text, a list of cells each. */
function rows(page, name) {
  return grid(page, name).evaluate((grid) =>
    [...grid.querySelectorAll(".grid-body [role=row]")].map((row) => [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent)));
}

/** Waits until a table's column has these cells. */
async function column(page, name, index, expected) {
  await until(async () => assert.deepEqual((await rows(page, name)).map((cells) => cells[index]), expected));
}

async function select(page, key) {
  await grid(page, "Keys").getByRole("row").filter({ has: page.locator(".name", { hasText: new RegExp(`^${key}$`) }) }).click();
  await value(page).getByRole("heading", { name: key }).waitFor();
}

/** Fills the fields of a form by their labels and sends it. */
async function send(page, submit, fields) {
  for (const [label, text] of Object.entries(fields)) await value(page).getByRole("textbox", { name: label, exact: true }).fill(text);
  await value(page).locator("form").getByRole("button", { name: submit, exact: true }).click();
}

test("keys are shown as they are, and as they become", async (t) => {
  const page = await open(t);
  await keyspace(page).getByText("No keys in db0.").waitFor();
  await run(page, "SET greeting hello", "RPUSH queue a b c", "HSET user:1 name Ada", "SADD tags 1 2", "ZADD board 1 ann", "XADD log * k v");
  await until(async () => assert.deepEqual(await rows(page, "Keys"), [
    ["board", "zset", "listpack", "1", ""],
    ["greeting", "string", "embstr", "5 B", ""],
    ["log", "stream", "stream", "1", ""],
    ["queue", "list", "listpack", "3", ""],
    ["tags", "set", "intset", "2", ""],
    ["user:1", "hash", "listpack", "1", ""],
  ]));
  await until(async () => assert.equal(await keyspace(page).locator(".mark").count(), 0));
  await run(page, "SET greeting hullo");
  await keyspace(page).locator(".mark").waitFor();
  assert.equal(await keyspace(page).locator(".mark + .name").textContent(), "greeting", "only what has changed is marked");
  await run(page, "DEL queue", "RENAME tags labels");
  await column(page, "Keys", 0, ["board", "greeting", "labels", "log", "user:1"]);
  await keyspace(page).getByText("5 keys").waitFor();
});

test("an empty database is given a key of each type, if one likes", async (t) => {
  const page = await open(t);
  await keyspace(page).getByRole("button", { name: "add a key of each type" }).click();
  await until(async () => assert.deepEqual([...new Set((await rows(page, "Keys")).map(([, type]) => type))].sort(), ["hash", "list", "set", "stream", "string", "zset"]));
});

test("time that is left counts down, and the key goes", async (t) => {
  const page = await open(t);
  await run(page, "SET short x PX 2500", "SET long x EX 7200");
  await keyspace(page).getByText("2 keys, 2 with a TTL").waitFor();
  const part = () => grid(page, "Keys").locator(".ttl").last().locator(".bar > span").evaluate((bar) => new DOMMatrix(getComputedStyle(bar).transform).a);
  await until(async () => assert.ok((await part()) < 0.6));
  assert.match((await rows(page, "Keys"))[0][4], /^1h 59m$|^2h 00m$/);
  await column(page, "Keys", 0, ["long"]);
});

test("databases, filters and orders", async (t) => {
  const page = await open(t);
  await run(page, "MSET user:1 a user:2 bbb other cc [x] d", "RPUSH user:list 1 2", "SELECT 3", "SET there 1", "SELECT 0", "EXPIRE user:2 100");
  const filter = keyspace(page).getByRole("searchbox");
  await column(page, "Keys", 0, ["[x]", "other", "user:1", "user:2", "user:list"]);
  for (const [pattern, found] of [
    ["user:?", ["user:1", "user:2"]], ["ser", ["user:1", "user:2", "user:list"]], ["user:[^1l]*", ["user:2"]], ["\\[*", ["[x]"]], ["*[0-9]", ["user:1", "user:2"]], ["nothing", []], ["", ["[x]", "other", "user:1", "user:2", "user:list"]],
  ]) {
    await filter.fill(pattern);
    if (found.length > 0) await column(page, "Keys", 0, found);
    else await keyspace(page).getByText("No key matches.").waitFor();
  }
  await keyspace(page).getByLabel("Type").selectOption("list");
  await column(page, "Keys", 0, ["user:list"]);
  await keyspace(page).getByText("1 of 5 keys").waitFor();
  await keyspace(page).getByLabel("Type").selectOption("");
  await grid(page, "Keys").getByRole("button", { name: "Size" }).click();
  await column(page, "Keys", 0, ["[x]", "user:1", "other", "user:list", "user:2"]);
  await grid(page, "Keys").getByRole("button", { name: "Size" }).click();
  await column(page, "Keys", 0, ["user:2", "other", "user:list", "[x]", "user:1"]);
  await grid(page, "Keys").getByRole("button", { name: "TTL" }).click();
  await until(async () => assert.equal((await rows(page, "Keys"))[0][0], "user:2"));
  assert.equal(await grid(page, "Keys").getByRole("columnheader", { name: "TTL" }).getAttribute("aria-sort"), "ascending");
  await keyspace(page).getByLabel("Database").selectOption("3");
  await column(page, "Keys", 0, ["there"]);
});

test("a filter with many stars over a long name is answered at once", async (t) => {
  const page = await open(t);
  await run(page, `SET ${"a".repeat(2000)} 1`);
  await keyspace(page).getByText("1 key").waitFor();
  await keyspace(page).getByRole("searchbox").fill(`${"a*".repeat(200)}b`);
  await keyspace(page).getByText("No key matches.").waitFor();
});

test("a hundred thousand keys scroll without a long task", async (t) => {
  const page = await open(t);
  await fill(page);
  await keyspace(page).getByText("100,000 keys", { exact: true }).waitFor();
  const tasks = await longestTasks(page, () => grid(page, "Keys").evaluate((grid) => new Promise((resolve) => {
    const step = grid.scrollHeight / 100;
    let frames = 0;
    const frame = () => {
      frames += 1;
      if (frames > 150) return resolve();
      // Through all of them, then by a few rows.
      grid.scrollTop += frames < 100 ? step : 137;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  })));
  const seen = await rows(page, "Keys");
  assert.ok(seen.length < 60 && seen.at(-1)[0].startsWith("key:"), "only what is seen exists");
  t.diagnostic(`scrolling through 100,000 keys: the longest tasks take ${tasks.join(", ")} ms`);
  assert.ok(tasks[0] < MOST_MS);
});

test("many commands are seen as they run, without a long task", async (t) => {
  const page = await open(t);
  await fill(page);
  const tasks = await longestTasks(page, async () => {
    for (let batch = 0; batch < 100; batch += 1) {
      await run(page, ...Array.from({ length: 10 }, (_, at) => `APPEND key:${batch * 10 + at} x`));
    }
    await run(page, "DEL key:0");
    await until(async () => assert.equal(await grid(page, "Keys").getAttribute("aria-rowcount"), "100000"), 10_000);
  });
  t.diagnostic(`1,000 commands among 100,000 keys: the longest tasks take ${tasks.join(", ")} ms`);
  assert.ok(tasks[0] < MOST_MS);
});

test("the keyboard is enough", async (t) => {
  const page = await open(t);
  await run(page, "MSET a 1 b 2 c 3");
  await column(page, "Keys", 0, ["a", "b", "c"]);
  await grid(page, "Keys").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await value(page).getByRole("heading", { name: "b" }).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await value(page).getByRole("heading", { name: "c" }).waitFor();
  await button(page, "TTL").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("1h 30m");
  await page.keyboard.press("Enter");
  await until(async () => assert.match((await rows(page, "Keys"))[2][4], /^1h (30|29)m$/));
  await until(async () => assert.equal(await page.evaluate(() => document.activeElement.textContent), "TTL"), 1000);
  await page.keyboard.press("Escape");
  await value(page).waitFor({ state: "detached" });
});

test("a text is edited, and keeps its time to live", async (t) => {
  const page = await open(t);
  await run(page, "SET greeting hello EX 1000", "SET n 41");
  await select(page, "greeting");
  const text = value(page).getByLabel("Value", { exact: true });
  assert.equal(await text.inputValue(), "hello");
  await text.fill("two\nlines, “quoted”");
  await run(page, "APPEND greeting !");
  await value(page).getByText("The value has changed meanwhile").waitFor();
  await button(page, "Save").click();
  await until(async () => assert.equal((await rows(page, "Keys"))[0][3], "23 B"));
  assert.match((await rows(page, "Keys"))[0][4], /^16m \d\ds$/);
  await run(page, "SET greeting later");
  await until(async () => assert.equal(await text.inputValue(), "later", "what is not being edited follows"));
  await select(page, "n");
  await button(page, "+1").click();
  await until(async () => assert.equal(await text.inputValue(), "42"));
});

test("JSON is laid out, and stored as it was", async (t) => {
  const page = await open(t);
  await run(page, `SET doc '{"a":[1,2],"b":"c"}'`, `SET big '{"n":12345678901234567890}'`);
  await select(page, "doc");
  const text = value(page).getByLabel("Value", { exact: true });
  assert.equal(await text.inputValue(), JSON.stringify({ a: [1, 2], b: "c" }, null, 2));
  await text.fill("{");
  await value(page).getByText("This is not valid JSON.").waitFor();
  assert.ok(await button(page, "Save").isDisabled());
  await text.fill('{ "a": 1 }');
  await button(page, "Save").click();
  await button(page, "Text").click();
  await until(async () => assert.equal(await text.inputValue(), '{"a":1}'));
  await select(page, "big");
  assert.equal(await text.inputValue(), '{"n":12345678901234567890}', "no digit is lost");
});

test("bytes and bits", async (t) => {
  const page = await open(t);
  await run(page, 'SET raw "\\x00\\xffABC"', "SETBIT days 9 1");
  await select(page, "raw");
  assert.deepEqual(await rows(page, "Bytes"), [["000000", "00 ff 41 42 43  ", "··ABC"]]);
  await button(page, "Write bytes").click();
  await send(page, "Write", { "At byte": "3", "Bytes in hexadecimal": "64 6566" });
  await until(async () => assert.equal((await rows(page, "Bytes"))[0][1], "00 ff 41 64 65 66  "));
  await select(page, "days");
  await button(page, "Bits").click();
  await value(page).getByText("1 of 16 bits are 1.").waitFor();
  await value(page).locator('[data-bit="3"]').click();
  await value(page).getByText("2 of 16 bits are 1.").waitFor();
  await button(page, "Set a bit").click();
  await send(page, "Set", { Bit: "31", "0 or 1": "1" });
  await value(page).getByText("3 of 32 bits are 1.").waitFor();
  await send(page, "Set", { Bit: "31", "0 or 1": "2" });
  await value(page).getByRole("alert").getByText("ERR bit is not an integer or out of range").waitFor();
});

test("the registers of a HyperLogLog tell what PFCOUNT does", async (t) => {
  const page = await open(t);
  await run(page, `PFADD few ${Array.from({ length: 50 }, (_, at) => `e${at}`).join(" ")}`);
  await run(page, ...Array.from({ length: 40 }, (_, batch) => `PFADD many ${Array.from({ length: 100 }, (_, at) => batch * 100 + at).join(" ")}`), "PFCOUNT many", "PFCOUNT few");
  const lines = await until(async () => {
    const lines = await shown(page);
    assert.match(lines.at(-1), /^\(integer\) \d+$/);
    assert.equal(lines.at(-2), "PFCOUNT few");
    return lines;
  });
  const counted = [["few", lines.at(-1)], ["many", lines.at(-3)]].map(([key, line]) => [key, Number(line.slice(10)).toLocaleString("en")]);
  for (const [key, count] of counted.reverse()) {
    await select(page, key);
    await value(page).getByText(`about ${count}`, { exact: true }).waitFor();
    await value(page).getByText(key === "few" ? "sparse" : "dense").waitFor();
  }
  assert.equal(counted.length, 2);
  await button(page, "Add element").click();
  await send(page, "Add", { "New element": "another" });
  await value(page).getByText("about 51", { exact: true }).waitFor();
});

test("a list", async (t) => {
  const page = await open(t);
  await run(page, "RPUSH l a b c b");
  await select(page, "l");
  await column(page, "Elements", 1, ["a", "b", "c", "b"]);
  await grid(page, "Elements").getByRole("row").nth(2).click();
  await send(page, "Save", { "Element 1": "B" });
  await column(page, "Elements", 1, ["a", "B", "c", "b"]);
  await grid(page, "Elements").getByRole("row").nth(3).click();
  await button(page, "Remove").click();
  await column(page, "Elements", 1, ["a", "B", "b"]);
  await button(page, "Add element").click();
  await send(page, "Add at the tail", { "New element": "z" });
  await button(page, "At the head instead").click();
  await send(page, "Add at the head", { "New element": "first" });
  await column(page, "Elements", 1, ["first", "a", "B", "b", "z"]);
});

test("a hash, with the time its fields have", async (t) => {
  const page = await open(t);
  await run(page, "HSET h name Ada mail a@b.c", "HEXPIRE h 1000 FIELDS 1 mail");
  await select(page, "h");
  const table = async () => Object.fromEntries((await rows(page, "Fields")).map(([field, value, ttl]) => [field, [value, ttl.slice(0, 3)]]));
  await until(async () => assert.deepEqual(await table(), { name: ["Ada", ""], mail: ["a@b.c", "16m"] }));
  await grid(page, "Fields").getByRole("row", { name: "mail" }).click();
  await send(page, "Save", { mail: "ada@b.c" });
  await until(async () => assert.deepEqual((await table())["mail"], ["ada@b.c", "16m"], "the deadline stays"));
  await grid(page, "Fields").getByRole("row", { name: "name" }).click();
  await send(page, "Save", { name: "Ada L.", "Expires in": "2h" });
  await until(async () => assert.match((await table())["name"].join(), /^Ada L\.,(1h |2h )/));
  await grid(page, "Fields").getByRole("row", { name: "mail" }).click();
  await button(page, "Keep for ever").click();
  await until(async () => assert.deepEqual((await table())["mail"], ["ada@b.c", ""]));
  await button(page, "Remove").click();
  await button(page, "Add field").click();
  await send(page, "Add", { "New field": "born", Value: "1815" });
  await until(async () => assert.deepEqual(Object.keys(await table()).sort(), ["born", "name"]));
});

test("a set, and what is no text in it", async (t) => {
  const page = await open(t);
  await run(page, 'SADD s "\\xff\\x00" plain');
  await select(page, "s");
  const members = async () => (await rows(page, "Members")).map(([member]) => member).sort();
  await until(async () => assert.deepEqual(await members(), ['"\\xff\\x00"', "plain"]));
  await grid(page, "Members").getByRole("row", { name: "xff" }).click();
  await send(page, "Save", { Member: '"\\xfe"' });
  await until(async () => assert.deepEqual(await members(), ['"\\xfe"', "plain"]));
  await grid(page, "Members").getByRole("row", { name: "plain" }).click();
  await button(page, "Remove").click();
  await button(page, "Add member").click();
  await send(page, "Add", { "New member": "two words" });
  await until(async () => assert.deepEqual(await members(), ['"\\xfe"', "two words"]));
});

test("a name that would turn what stands around it is in quotes", async (t) => {
  const page = await open(t);
  const [turned, joined] = ["user:\u202e1", "family:\u{1f468}\u200d\u{1f469}"];
  await run(page, `SET ${turned} x`, `SET ${joined} y`);
  const quoted = '"user:\\xe2\\x80\\xae1"';
  await until(async () => assert.deepEqual((await rows(page, "Keys")).map(([name]) => name).sort(), [quoted, joined]));
  await grid(page, "Keys").getByRole("row", { name: "user" }).click();
  await button(page, "Rename").click();
  await send(page, "Rename", { "New name": quoted.replace("user", "name") });
  await until(async () => assert.equal((await rows(page, "Keys")).some(([name]) => name === quoted.replace("user", "name")), true));
});

test("a sorted set as a ranking, and places by their coordinates", async (t) => {
  const page = await open(t);
  await run(page, "ZADD board 10 ann 30 bob 20 cy", "GEOADD map 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
  await select(page, "board");
  await column(page, "Ranking", 1, ["bob", "cy", "ann"]);
  assert.deepEqual((await rows(page, "Ranking")).map((cells) => [cells[0], cells.at(-1)]), [["1", "30"], ["2", "20"], ["3", "10"]]);
  await grid(page, "Ranking").getByRole("row", { name: "ann" }).click();
  await send(page, "Save", { "Score of ann": "99.5" });
  await column(page, "Ranking", 1, ["ann", "bob", "cy"]);
  await grid(page, "Ranking").getByRole("row", { name: "ann" }).click();
  await send(page, "Save", { "Score of ann": "much" });
  await value(page).getByRole("alert").getByText("ERR value is not a valid float").waitFor();
  await button(page, "Remove").click();
  await button(page, "Add member").click();
  await send(page, "Add", { "New member": "dee", Score: "25" });
  await button(page, "Close").click();
  await button(page, "Lowest first").click();
  await column(page, "Ranking", 1, ["cy", "dee", "bob"]);
  await select(page, "map");
  await until(async () => assert.deepEqual((await rows(page, "Ranking")).map((cells) => cells.slice(1)), [["Catania", "15.08727", "37.50267"], ["Palermo", "13.36139", "38.11556"]]));
});

test("a stream as a log, with its groups", async (t) => {
  const page = await open(t);
  await run(page, "XADD log 1-1 kind view", "XADD log 2-1 kind click page /a", "XGROUP CREATE log workers 0", "XREADGROUP GROUP workers ann COUNT 1 STREAMS log >");
  await select(page, "log");
  await column(page, "Entries", 0, ["2-1", "1-1"]);
  assert.equal((await rows(page, "Entries"))[0].at(-1), "kind clickpage /a");
  const groups = value(page).getByRole("region", { name: "Groups" });
  assert.match(await groups.textContent(), /workers11-11ann1seen/);
  await button(page, "Add entry").click();
  await send(page, "Add", { "New entry": "kind" });
  await value(page).getByText("An entry consists of pairs of a field and a value").waitFor();
  await send(page, "Add", { "New entry": 'kind "page view"' });
  await until(async () => assert.equal((await rows(page, "Entries"))[0].at(-1), "kind page view"));
  await grid(page, "Entries").getByRole("row", { name: "1-1" }).click();
  await button(page, "Remove").click();
  await until(async () => assert.equal((await rows(page, "Entries")).length, 2));
});

test("large collections come as they are scrolled to", async (t) => {
  const page = await open(t);
  await run(page, ...Array.from({ length: 30 }, (_, batch) => `SADD s ${Array.from({ length: 100 }, (_, at) => `m${batch * 100 + at}`).join(" ")}`));
  await run(page, ...Array.from({ length: 30 }, (_, batch) => `RPUSH l ${Array.from({ length: 100 }, (_, at) => batch * 100 + at).join(" ")}`));
  await select(page, "s");
  const more = () => grid(page, "Members").evaluate((grid) => {
    grid.scrollTop = grid.scrollHeight;
    return Number(grid.getAttribute("aria-rowcount"));
  });
  assert.ok((await more()) < 3001);
  await until(async () => assert.equal(await more(), 3001));
  await select(page, "l");
  await grid(page, "Elements").evaluate((grid) => (grid.scrollTop = grid.scrollHeight));
  await until(async () => assert.deepEqual((await rows(page, "Elements")).at(-1), ["2999", "2999"]));
});

test("keys are renamed, given time, and deleted, by commands that are seen", async (t) => {
  const page = await open(t);
  await run(page, "MSET one 1 two 2");
  await select(page, "one");
  await button(page, "Rename").click();
  await send(page, "Rename", { "New name": "two" });
  await value(page).getByText("A key with this name already exists.").waitFor();
  await send(page, "Rename", { "New name": "uno" });
  await value(page).getByRole("heading", { name: "uno" }).waitFor();
  await button(page, "TTL").click();
  await send(page, "Set", { "Expires in": "soon" });
  await value(page).getByText("Enter a time such as").waitFor();
  await send(page, "Set", { "Expires in": "90s" });
  await until(async () => assert.match(await value(page).locator(".value-facts").textContent(), /1m [23]\ds/));
  await button(page, "TTL").click();
  await button(page, "Keep for ever").click();
  await value(page).getByText("no TTL").waitFor();
  await button(page, "Delete").click();
  await value(page).getByRole("group", { name: "Delete" }).getByRole("button", { name: "Delete" }).click();
  await column(page, "Keys", 0, ["two"]);
  await value(page).waitFor({ state: "detached" });
});

test("a key that goes while it is seen, and comes again as another type", async (t) => {
  const page = await open(t);
  await run(page, "SET k v");
  await select(page, "k");
  await run(page, "DEL k");
  await value(page).getByText("This key does not exist at this moment.").waitFor();
  await run(page, "RPUSH k a");
  await column(page, "Elements", 1, ["a"]);
});

test("the past is seen, with its values and its clock, and cannot be changed", async (t) => {
  const page = await open(t);
  await run(page, "RPUSH l a b", "SET k v EX 1000", "RPUSH l c", "DEL k", "SET later x");
  await column(page, "Keys", 0, ["l", "later"]);
  await select(page, "l");
  await column(page, "Elements", 1, ["a", "b", "c"]);
  const back = page.getByRole("button", { name: "Step back" });
  for (let step = 0; step < 3; step += 1) await back.click();
  await column(page, "Keys", 0, ["k", "l"]);
  await column(page, "Elements", 1, ["a", "b"]);
  assert.match((await rows(page, "Keys"))[0][4], /^16m (40|39)s$/);
  const time = (await rows(page, "Keys"))[0][4];
  await page.waitForTimeout(1500);
  assert.equal((await rows(page, "Keys"))[0][4], time, "its clock stands still");
  await value(page).getByText("This is a past moment").waitFor();
  for (const name of ["TTL", "Rename", "Delete", "Add element"]) assert.ok(await button(page, name).isDisabled(), name);
  assert.match(await button(page, "Delete").getAttribute("title"), /past/);
  await grid(page, "Elements").getByRole("row").nth(1).click();
  assert.ok(await button(page, "Save").isDisabled());
  await page.getByRole("button", { name: "Back to live" }).click();
  await column(page, "Keys", 0, ["l", "later"]);
  await until(async () => assert.ok(await button(page, "Save").isEnabled()));
});

test("what is edited is in the recording, what is looked at is not", async (t) => {
  const page = await open(t);
  await run(page, "RPUSH l a");
  const commands = page.locator(".timeline .count");
  await until(async () => assert.equal(await commands.textContent(), "1 command"));
  await select(page, "l");
  await page.waitForTimeout(600);
  assert.equal(await commands.textContent(), "1 command");
  await button(page, "Add element").click();
  await send(page, "Add at the tail", { "New element": "b" });
  await send(page, "Add at the tail", { "New element": "c" });
  await until(async () => assert.equal(await commands.textContent(), "4 commands", "SELECT and two RPUSH"));
  await run(page, "OBJECT FREQ l", "LRANGE l 0 -1");
  await until(async () => assert.deepEqual((await shown(page)).slice(-3), ['1) "a"', '2) "b"', '3) "c"']));
});

test("pictures", async (t) => {
  const commands = [
    "SET greeting hello", `SET session:8fa2 '{"user":"ada","roles":["admin","dev"],"cart":{"items":3}}' EX 1800`, "SET lock:job x PX 60000", "SET counter:visits 1041",
    "RPUSH queue:mail welcome invoice reminder", "HSET user:1 name Ada mail ada@example.org born 1815 token t0k3n", "HEXPIRE user:1 90 FIELDS 1 token", "SADD tags redis wasm rust",
    `ZADD leaders ${Array.from({ length: 40 }, (_, at) => `${Math.round(1000 * 0.9 ** at)} player:${at}`).join(" ")}`,
    "XADD events * kind view page /a", "XADD events * kind click page /b", "XGROUP CREATE events workers 0", "XREADGROUP GROUP workers anna COUNT 1 STREAMS events >",
    `PFADD visitors ${Array.from({ length: 3000 }, (_, at) => at).join(" ")}`, ...Array.from({ length: 40 }, (_, at) => `SETBIT days ${at * 5} 1`),
  ];
  for (const [name, options] of Object.entries({
    light: { viewport: { width: 1400, height: 800 } },
    dark: { viewport: { width: 1400, height: 800 }, colorScheme: "dark" },
    phone: { viewport: { width: 360, height: 740 }, hasTouch: true },
    wide: { viewport: { width: 2200, height: 1000 } },
  })) {
    const page = await open(t, options);
    await run(page, ...commands);
    const isPhone = name === "phone";
    if (isPhone) await page.getByRole("navigation", { name: "Panes" }).getByRole("button", { name: "Keys" }).click();
    await until(async () => assert.equal((await rows(page, "Keys")).length, 11));
    await until(async () => assert.equal(await keyspace(page).locator(".mark").count(), 0));
    await picture(page, `keyspace-${name}`);
    for (const key of ["user:1", "leaders", "events", "visitors", "session:8fa2"]) {
      if (isPhone && (await value(page).count()) > 0) await button(page, "Back to the keys").click();
      await select(page, key);
      await picture(page, `keyspace-${name}-${key.replace(/:.*/, "")}`);
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, "nothing is wider than the page");
  }
});
