// Keeps a database in a folder, does one step of a seeded workload after another, and prints the number of each that is on the disk; until it is killed.
import { Redstart } from "redstart";
import { CONFIG, step } from "./workload.js";

const db = await Redstart.open({ dataDir: process.argv[2], config: CONFIG });
for (let done = Number(db.call("GET", "step") ?? 0); ; ) {
  // Some saves have much to write and some little, and some come while others run.
  for (let more = 1 + (done % 7); more > 0; more -= 1) step(db, ++done);
  const saved = done;
  const saving = db.save().then(() => console.log(saved));
  if (done % 3 !== 0) await saving;
  else await new Promise((resolve) => setImmediate(resolve));
}
