// The view of raw bytes: every byte of an exchange, and what it means.

import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.js";
import { picture, playground, type } from "./page.js";

const { annotate } = await load("protocol/annotate.ts");
const { Requests } = await load("protocol/requests.ts");
const bytes = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);

/** Pieces as `text = meaning`, indented. */
function explained(kind, source) {
  const all = bytes(source);
  const pieces = annotate(kind, all);
  assert.equal(pieces.map(({ start, end }) => text(all.subarray(start, end))).join(""), source, "no byte is left out or shown twice");
  return pieces.map(({ start, end, depth, meaning }) => `${"  ".repeat(depth)}${JSON.stringify(text(all.subarray(start, end))).slice(1, -1)} = ${meaning}`);
}

test("a request is explained", () => {
  assert.deepEqual(explained("request", "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), [
    "*2\\r\\n = a command of 2 words",
    "  $3\\r\\n = a string of 3 bytes follows",
    "  GET\\r\\n = its name",
    "  $1\\r\\n = a string of 1 byte follows",
    "  k\\r\\n = argument 1",
  ]);
});

test("replies of every type are explained", () => {
  assert.deepEqual(explained("reply", "%1\r\n$1\r\na\r\n*2\r\n:1\r\n~1\r\n#t\r\n"), [
    "%1\\r\\n = a map of 1 pair",
    "  $1\\r\\n = key 1: a string of 1 byte follows",
    "  a\\r\\n = the string",
    "  *2\\r\\n = value 1: an array of 2 elements",
    "    :1\\r\\n = 1: an integer",
    "    ~1\\r\\n = 2: a set of 1 element",
    "      #t\\r\\n = 1: a boolean: true",
  ]);
  for (const [reply, meaning] of Object.entries({
    "+OK\r\n": "a simple string", "-ERR no\r\n": "an error; its code is ERR", "$-1\r\n": "null: a missing string",
    "*-1\r\n": "null: a missing array", "_\r\n": "null", ",1.5\r\n": "a double", "(123\r\n": "a big number",
    "#f\r\n": "a boolean: false", "*0\r\n": "an array of 0 elements", ">1\r\n+x\r\n": "push data of 1 element: not the reply to a command",
    "=5\r\ntxt:a\r\n": "a text of 5 bytes follows, with its format", "!3\r\nERR\r\n": "an error of 3 bytes follows",
    "|1\r\n+a\r\n+b\r\n": "attributes: 1 pair about the reply that follows",
  })) {
    assert.ok(explained("reply", reply)[0].endsWith(` = ${meaning}`), reply);
  }
});

test("bytes that are cut anywhere are explained as far as they go", () => {
  const reply = "*2\r\n$5\r\nhello\r\n%1\r\n+a\r\n:1\r\n";
  for (let end = 1; end < reply.length; end += 1) explained("reply", reply.slice(0, end));
  const request = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  for (let end = 1; end < request.length; end += 1) {
    explained("request", request.slice(0, end));
    const requests = new Requests();
    const read = [...requests.read(bytes(request.slice(0, end))), ...requests.read(bytes(request.slice(end)))];
    assert.deepEqual(read.map((args) => args.map(text)), [["GET", "k"]]);
  }
});

const { open } = playground({});
for (const colorScheme of ["light", "dark"]) {
  test(`the switch shows the bytes of every exchange: ${colorScheme}`, async (t) => {
    const page = await open(t, { colorScheme, viewport: { width: 1280, height: 900 } });
    await type(page, 'SET k "a\\x00b"', "GET k", "LPUSH l 1 2", "LRANGE l 0 -1", "INCR l");
    assert.equal(await page.locator(".bytes").count(), 0);
    await page.getByRole("button", { name: "Raw bytes" }).click();
    assert.equal(await page.locator(".bytes.request").count(), 5);
    const rows = await page.locator(".bytes").nth(3).locator("tbody td").allTextContents();
    assert.deepEqual(rows, ["$3\\r\\n", "a string of 3 bytes follows", "a\\x00b\\r\\n", "the string"]);
    assert.deepEqual(await page.locator(".bytes.reply").last().locator("td").first().allTextContents(), ["-WRONGTYPE Operation against a key holding the wrong kind of value\\r\\n"]);
    await picture(page, `bytes-${colorScheme}`);
    await page.reload();
    await page.locator(".bytes").first().waitFor();
    assert.equal(await page.locator(".bytes").count(), 10, "it stays on");
  });
}

test("a long reply shows its beginning, and the rest on demand", async (t) => {
  const page = await open(t);
  await type(page, `RPUSH l ${Array.from({ length: 60 }, (_, at) => at).join(" ")}`, "LRANGE l 0 -1");
  await page.getByRole("button", { name: "Raw bytes" }).click();
  const reply = page.locator(".bytes.reply").last();
  assert.equal(await reply.locator("tbody tr").count(), 40);
  await reply.getByRole("button", { name: "Show 81 more" }).click();
  assert.equal(await reply.locator("tbody tr").count(), 121);
});
