// Sessions that leave the page and come back: links, and files of all formats.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { load, redstart } from "./modules.js";
import { ends, picture, playground, shown, type } from "./page.js";

const { Redstart } = await redstart();
const { redacted } = await load("share/redact.ts");

const place = playground();
const { open } = place;
const file = (name, content) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
const pick = (page, ...files) => page.locator("input[type=file]").setInputFiles(files);

async function link(page) {
  await page.getByRole("button", { name: "Share" }).click();
  return page.getByLabel("Link to this session").inputValue();
}

test("whoever opens a link sees the same session", async (t) => {
  const page = await open(t);
  await type(page, "SADD s a b c d e f g h", "SPOP s 3", "TIME", "SRANDMEMBER s", "CLIENT ID", "SET k v EX 100");
  await ends(page, ["SET k v EX 100", "OK"]);
  const lines = await shown(page);
  const url = await link(page);
  assert.ok(url.startsWith(`${place.site.url}#session=`) && url.length < 1000, url);
  await picture(page, "share-link");

  const other = await open(t, {}, url.slice(place.site.url.length));
  await ends(other, ["SET k v EX 100", "OK"]);
  assert.deepEqual(await shown(other), lines);
  assert.equal(await other.evaluate(() => location.hash), "");
  // Time goes on from where it was, and so do the dice.
  await other.locator(".terminal.active .cm-content").click();
  await type(other, "TTL k", "SCARD s");
  await ends(other, ["SCARD s", "(integer) 5"]);
  const ttl = (await shown(other)).at(-3);
  assert.match(ttl, /^\(integer\) (100|9\d)$/);
});

test("a moment is shared as it is", async (t) => {
  const page = await open(t);
  await type(page, "SET k 1", "SET k 2", "SET k 3");
  await ends(page, ["SET k 3", "OK"]);
  await page.getByRole("slider").focus();
  await page.keyboard.press("ArrowLeft");
  await ends(page, ["SET k 2", "OK"]);
  const other = await open(t, {}, (await link(page)).slice(place.site.url.length));
  await ends(other, ["SET k 2", "OK"]);
});

test("a session that is too long for a link is a file", async (t) => {
  const page = await open(t);
  const db = await Redstart.open({ record: true });
  const connection = db.attach({ data() {} });
  for (let round = 0; round < 500; round += 1) connection.send(["SET", `${Math.random()}`, `${Math.random()}`]);
  await pick(page, file("long.redstart", db.record()));
  await page.waitForFunction(() => document.querySelector("[role=slider]")?.getAttribute("aria-valuemax") === "500");
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByText(/This session makes a link of \d+\.\d thousand characters/).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save a recording to send" }).click()]);
  assert.equal(download.suggestedFilename(), "session.redstart");
  const replay = await Redstart.replay(await readFile(await download.path()));
  replay.seek(Infinity);
  assert.equal(replay.keyspace.databases()[0].keys, 500);
  db.close();
  replay.close();
});

test("links with commands are opened", async (t) => {
  const commands = Buffer.from(JSON.stringify(['SET greeting "hello world"', "GET greeting"])).toString("base64url");
  const page = await open(t, {}, `?commands=${commands}&autorun=true`);
  await ends(page, ["OK", "GET greeting", '"hello world"']);
  const plain = await open(t, {}, "?commands=SET+k+1;INCR+k");
  await ends(plain, ["SET k 1", "OK", "INCR k", "(integer) 2"]);
  await plain.evaluate(() => (location.hash = "#PING"));
  await ends(plain, ["PING", "PONG"]);
});

test("what cannot be opened is told, and changes nothing", async (t) => {
  const page = await open(t, {}, "#session=AAAA");
  const alert = page.getByRole("alert");
  assert.match(await alert.textContent(), /The session in this link is corrupt/);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "SET k v");
  await ends(page, ["OK"]);
  await pick(page, file("broken.aof", "*1\r\nPING\r\n"));
  assert.match(await alert.textContent(), /^broken\.aof, offset 4: expected '\$' at the start of an argument/);
  await pick(page, file("picture.png", Uint8Array.of(137, 80, 78, 71, 255)));
  await page.getByText(/^picture\.png is not one of these/).waitFor();
  await ends(page, ["SET k v", "OK"]);
});

test("a link that is damaged in its midst, or a bomb, says so", async (t) => {
  const packed = (bytes) => `#session=${deflateRawSync(bytes).toString("base64url")}`;
  for (const [content, said] of [[Buffer.from("no recording"), /The session in this link is corrupt/], [Buffer.alloc(65 * 1024 * 1024), /larger than 64 MB/]]) {
    const page = await open(t, {}, packed(content));
    assert.match(await page.getByRole("alert").textContent(), said);
  }
});

test("the link that is offered is never that of an earlier moment", async (t) => {
  const page = await open(t);
  await type(page, "SET k 1");
  await ends(page, ["OK"]);
  const first = await link(page);
  await page.keyboard.press("Escape");
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "SET k 2");
  await ends(page, ["SET k 2", "OK"]);
  // What the menu shows in its first frame.
  const seen = await page.getByRole("button", { name: "Share" }).evaluate(async (button) => {
    button.click();
    await new Promise((resolve) => queueMicrotask(resolve));
    return button.parentElement.querySelector("input")?.value;
  });
  assert.notEqual(seen, first);
  assert.notEqual(await page.getByLabel("Link to this session").inputValue(), first);
});

test("the session that was there before can be had back", async (t) => {
  const page = await open(t);
  await type(page, "SET mine 1");
  await ends(page, ["SET mine 1", "OK"]);
  await pick(page, file("other.txt", "SET other 1\n"));
  await ends(page, ["SET other 1", "OK"]);
  await page.getByRole("button", { name: "Back to my session" }).click();
  await ends(page, ["SET mine 1", "OK"]);
  assert.equal(await page.getByText("Opened").count(), 0);
  // Also from what a link brings into a page that is open.
  await page.evaluate(() => (location.hash = "#SET%20theirs%201"));
  await ends(page, ["SET theirs 1", "OK"]);
  await page.getByRole("button", { name: "Back to my session" }).click();
  await ends(page, ["SET mine 1", "OK"]);
});

const FORMATS = ["Recording", "RDB file", "Append-only file", "Output of MONITOR", "Test case", "Text of commands"];

test("a session is saved as any format, and opened again", async (t) => {
  const page = await open(t);
  await type(page, "SET k v", "RPUSH l a b c", "HSET h f 1", "INCR n");
  await ends(page, ["INCR n", "(integer) 1"]);
  const files = [];
  for (const title of FORMATS) {
    await page.getByRole("button", { name: "Session", exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: title, exact: true }).click()]);
    files.push({ name: download.suggestedFilename(), mimeType: "application/octet-stream", buffer: await readFile(await download.path()) });
  }
  assert.deepEqual(files.map(({ name }) => name), ["session.redstart", "dump.rdb", "appendonly.aof", "monitor.txt", "session.txt", "commands.redis"]);
  assert.equal(files[4].buffer.toString(), "== session\n> SET k v\nOK\n> RPUSH l a b c\n(integer) 3\n> HSET h f 1\n(integer) 1\n> INCR n\n(integer) 1\n");
  for (const each of files) {
    const other = await open(t);
    await pick(other, each);
    await other.getByText(`Opened ${each.name}.`).waitFor();
    await other.locator(".terminal.active .cm-content").click();
    await type(other, "DBSIZE", "LRANGE l 0 -1");
    await ends(other, ["DBSIZE", "(integer) 4", "LRANGE l 0 -1", '1) "a"', '2) "b"', '3) "c"']);
    await other.context().close();
  }
});

test("files are dropped on the page", async (t) => {
  const page = await open(t);
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n2\r\n"], "appendonly.aof.2.incr.aof"));
    dataTransfer.items.add(new File(["*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n1\r\n"], "appendonly.aof.1.base.aof"));
    const target = document.querySelector(".terminal");
    target.dispatchEvent(new DragEvent("dragover", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.getByText("Drop to open as the session").waitFor();
  await picture(page, "share-drop");
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n2\r\n"], "appendonly.aof.2.incr.aof"));
    dataTransfer.items.add(new File(["*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$1\r\n1\r\n"], "appendonly.aof.1.base.aof"));
    document.querySelector(".terminal").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.getByText("Opened appendonly.aof.2.incr.aof, appendonly.aof.1.base.aof.").waitFor();
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "GET k");
  await ends(page, ["GET k", '"12"']);
});

/** Every reply of a recording, as text. */
async function replies(recording) {
  const replay = await Redstart.replay(recording);
  let text = "";
  for (let step = replay.step(); step !== undefined; step = replay.step()) for (const { bytes } of step.sent) text += Buffer.from(bytes).toString("latin1");
  replay.close();
  return text;
}

test("passwords are replaced in what is shared, and the replies stay the same", async (t) => {
  const page = await open(t);
  await type(page, "CONFIG SET requirepass hunter2", "AUTH wrong99", "AUTH hunter2", "ACL SETUSER bob on >swordfish ~* +@all", "HELLO 2 AUTH bob swordfish SETNAME x", "CONFIG SET masterauth hunter2");
  await page.getByText("CONFIG SET masterauth hunter2").waitFor();
  const lines = (await shown(page)).map((line) => line.replaceAll("hunter2", "xxxxxx1").replaceAll("wrong99", "xxxxxx2").replaceAll("swordfish", "xxxxxxxx1"));
  const url = await link(page);
  await page.getByText("Passwords are replaced by other ones, so logins work as before.").waitFor();
  const other = await open(t, {}, url.slice(place.site.url.length));
  await other.getByText("CONFIG SET masterauth xxxxxx1").waitFor();
  assert.deepEqual(await shown(other), lines);
  // In every file, too.
  await page.keyboard.press("Escape");
  for (const title of FORMATS) {
    await page.getByRole("button", { name: "Session", exact: true }).click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: title, exact: true }).click()]);
    assert.doesNotMatch(await readFile(await download.path(), "latin1"), /hunter2|swordfish|wrong99/, title);
  }
});

test("passwords are replaced wherever the bytes of a request are cut, however it is written", async () => {
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const requests = [
    "*3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$8\r\nstartup1\r\n",
    "ACL SETUSER bob on '>open \\'sesame' \">b\\x61r\" ~* +@all\r\n",
    `ACL SETUSER carol on #${sha256("open 'sesame")} ~* +@all\r\n`,
    "AUTH bob \"open 'sesame\"\r\n",
    "auth  carol   \"open 'ses\\x61me\" \r\n",
    "HELLO 3 SETNAME AUTH AUTH bob bar\r\n",
    "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n$4\r\nlast\r\n",
    "SET k bar\r\nGET k\r\n",
  ].join("");
  for (const length of [1, 3, 7, 50, requests.length]) {
    const db = await Redstart.open({ record: true, clock: { startMs: 0 }, seed: 1, config: { requirepass: "startup1" } });
    const connection = db.attach({ data() {} });
    for (let at = 0; at < requests.length; at += length) connection.send(Buffer.from(requests.slice(at, at + length)));
    const recording = db.record();
    db.close();
    const { recording: shared, replaced, left } = await redacted(recording);
    assert.deepEqual([shared.length, replaced, left], [recording.length, 5, 0]);
    assert.doesNotMatch(Buffer.from(shared).toString("latin1"), /startup1|sesame|b\\x61r|bob bar|last/);
    const told = await replies(recording);
    assert.equal((told.match(/\+OK/g) ?? []).length, 7, told);
    assert.equal(await replies(shared), told);
  }
});

/** The recording of a session that takes as long as somebody wants it to. */
async function heavy(requests) {
  const db = await Redstart.open({ record: true, clock: { startMs: Date.now() } });
  const connection = db.attach({ data() {} });
  const script = new TextEncoder().encode(`SETRANGE a 3000 x\r\nSETRANGE b 3000 y\r\n`);
  connection.send(script);
  const before = db.record();
  connection.send(new TextEncoder().encode("LCS a b LEN\r\n"));
  const whole = db.record();
  db.close();
  // Each event takes a while; they are repeated without being run here.
  const event = whole.slice(before.length);
  return Buffer.concat([before, ...Array.from({ length: requests }, () => event)]);
}

const linkTo = (recording) => `#session=${deflateRawSync(recording).toString("base64url")}`;

test("a link to a session that takes long is asked about, and can be stopped", async (t) => {
  const page = await open(t);
  await type(page, "SET mine 1");
  await ends(page, ["SET mine 1", "OK"]);
  const hash = linkTo(await heavy(100_000));
  await page.evaluate((hash) => (location.hash = hash), hash);
  const question = page.getByText(/takes long to run: [\d,]+ of 100,00\d steps are done/);
  await question.waitFor({ timeout: 30_000 });
  // The page can be used meanwhile.
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "GET mine");
  await ends(page, ["GET mine", '"1"']);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.getByText("Running the session…").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  await type(page, "GET mine");
  await ends(page, ["GET mine", '"1"']);
});

test("a link to a session that no page could hold is refused", async (t) => {
  const page = await open(t);
  const db = await Redstart.open({ record: true, config: { databases: "16" } });
  const text = Buffer.from(db.record()).toString("latin1");
  db.close();
  const [before, after] = text.split("databases\x0016\x00");
  const length = before.charCodeAt(before.length - 1);
  const asked = Buffer.from(`${before.slice(0, -1)}${String.fromCharCode(length + 8)}databases\x002147483647\x00${after}`, "latin1");
  await page.evaluate((hash) => (location.hash = hash), linkTo(asked));
  await page.getByRole("alert").getByText(/cannot be opened: ERR databases must be at most 65536/).waitFor();
});
