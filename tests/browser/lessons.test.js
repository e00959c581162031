// The lessons: every one can be walked to its end, and in the page they guide whoever types.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import { load } from "./modules.js";
import { SCREENS, ends, picture, playground, type } from "./page.js";

const FOLDER = new URL("../cases/lessons/", import.meta.url);
const files = (await readdir(FOLDER)).sort();
const { Course } = await load("lessons/course.ts");
const { lesson, fits } = await load("lessons/lesson.ts");

const { open } = playground();

test("there are ten", () => assert.equal(files.length, 10));

for (const file of files) {
  test(`each step of ${file} gives what was recorded`, async () => {
    const read = lesson(file, await readFile(new URL(file, FOLDER), "utf8"));
    assert.ok(read.steps.length >= 10 && read.about !== "" && read.closing !== "", file);
    const course = await Course.begin(read);
    for (const [index, step] of read.steps.entries()) {
      course.perform();
      assert.deepEqual([course.done.value, course.remark.value], [index + 1, undefined], JSON.stringify(step.command));
    }
    course.session.close();
    const again = await Course.begin(read, read.steps.length - 1);
    assert.equal(again.done.value, read.steps.length - 1);
    again.session.close();
  });
}

test("lines are held against patterns", () => {
  const names = new Map();
  assert.ok(fits(['"<$id>"', "x <any>"], ['"1-0"', "x y"], names));
  assert.deepEqual([...names], [["id", "1-0"]]);
  assert.ok(!fits(["<$id>"], ["2-0"], names));
  assert.ok(fits(["a", "<...>", "z"], ["a", "b", "c", "z"], names));
  assert.ok(!fits(["a", "<...>", "z"], ["a", "b"], names));
  assert.ok(!fits(["a"], ["a", "b"], names));
});

const guide = (page) => page.locator(".guide");

test("a lesson is typed, with detours, in two clients, while time passes by a button", async (t) => {
  const page = await open(t);
  await type(page, "SET mine 1");
  await page.getByRole("button", { name: "Lessons" }).click();
  await picture(page, "lesson-list");
  await page.getByRole("button", { name: "Queues with BLPOP" }).click();
  await guide(page).getByText("step 1 of").waitFor();
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "rpush jobs resize:1 resize:2");
  await guide(page).getByText("step 2 of").waitFor();
  await type(page, "PING");
  await guide(page).getByText("The lesson continues where you left it").waitFor();
  await type(page, "LPUSH jobs other", "LPOP jobs", "LPUSH jobs other", "LPOP jobs", "LPUSH jobs x y", "LPOP jobs");
  await guide(page).getByText("your own commands have changed something").waitFor();
  await guide(page).getByRole("button", { name: "Return to this step" }).click();
  await guide(page).getByText("your own commands have changed something").waitFor({ state: "detached" });
  await guide(page).getByText("step 2 of").waitFor();
  await page.locator(".terminal.active .cm-content").click();
  await type(page, "LPOP jobs", "LRANGE jobs 0 -1", "LPOP jobs", "LPOP jobs");
  await guide(page).getByText("step 6 of").waitFor();
  // The second terminal has the turn, and the focus.
  await page.locator(".terminal:nth-child(2) .cm-focused").waitFor();
  await type(page, "BLPOP jobs 0");
  await guide(page).getByText("step 7 of").waitFor();
  await picture(page, "lesson");
  await page.locator(".terminal:nth-child(1) .cm-focused").waitFor();
  await type(page, "RPUSH jobs resize:3");
  await ends(page, ['1) "jobs"', '2) "resize:3"'], ".terminal:nth-child(2)");
  await type(page, "EXISTS jobs");
  await page.locator(".terminal:nth-child(1) .cm-content").click();
  await type(page, "BLPOP urgent jobs 0");
  await guide(page).getByText("Right, but enter it in client 2.").waitFor();
  await guide(page).getByRole("button", { name: "End the lesson" }).click();
  await page.locator(".terminal:only-child .cm-content").click();
  await type(page, "GET mine");
  await ends(page, ["SET mine 1", "OK", "GET mine", '"1"']);
});

test("a lesson is walked with one key, to its end and on to the next", async (t) => {
  const page = await open(t, {}, "#lesson=streams");
  await guide(page).getByText("step 1 of").waitFor();
  const steps = Number(/of (\d+)/.exec(await guide(page).locator(".count").textContent())[1]);
  await guide(page).locator(".primary").focus();
  for (let step = 1; step <= steps; step += 1) {
    await guide(page).getByText(`step ${step} of`).waitFor();
    await page.keyboard.press("Enter");
  }
  await guide(page).getByText("Streams remember").waitFor();
  await guide(page).getByRole("button", { name: "Next: Pub/Sub" }).click();
  await guide(page).getByText("step 1 of").waitFor();
  assert.match(await page.evaluate(() => location.hash), /^#lesson=pubsub\/0$/);
});

test("a link leads to a step, a reload returns to it, and the lesson can be left", async (t) => {
  const page = await open(t, {}, "#lesson=transactions/5");
  await guide(page).getByText("step 6 of").waitFor();
  await ends(page, ["MGET ada grace", '1) "100"', '2) "0"'].slice(1), ".terminal:nth-child(2)");
  await page.reload();
  await guide(page).getByText("step 6 of").waitFor();
  await guide(page).getByRole("button", { name: "End the lesson" }).click();
  await guide(page).waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => location.hash), "");
  await page.locator(".terminal:nth-child(1) .cm-content").click();
  await type(page, "EXEC");
  await ends(page, ["1) (integer) 70", "2) (integer) 30"], ".terminal:nth-child(1)");
});

for (const [name, options] of Object.entries(SCREENS)) {
  test(`a lesson fits: ${name}`, async (t) => {
    const page = await open(t, options, "#lesson=queues/6");
    await guide(page).getByText("step 7 of").waitFor();
    await guide(page).locator(".primary").click();
    await guide(page).getByText("step 8 of").waitFor();
    await picture(page, `lesson-${name}`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  });
}
