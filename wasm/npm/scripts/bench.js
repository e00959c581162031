// How long the first reply takes, and how many calls there are in a second.
const start = performance.now();
const { Redstart } = await import("redstart");
const imported = performance.now();
const db = await Redstart.open();
db.call("SET", "key", "value");
const replied = performance.now();
console.log(`import ${(imported - start).toFixed(1)} ms, then open and first reply ${(replied - imported).toFixed(1)} ms`);

const CALLS = 300_000;
const rate = (name, call) => {
  for (let round = 0; round < CALLS / 4; round += 1) call(round);
  const best = Math.min(...[1, 2, 3].map(() => {
    const begun = performance.now();
    for (let round = 0; round < CALLS; round += 1) call(round);
    return performance.now() - begun;
  }));
  console.log(`${name.padEnd(24)} ${Math.round(CALLS / best)} k/s`);
};
rate('call("GET", k)', () => db.call("GET", "key"));
rate('call("SET", k, v)', (round) => db.call("SET", `key:${round % 1000}`, "value"));
rate('call("INCR", k)', () => db.call("INCR", "counter"));
rate('call("PING")', () => db.call("PING"));
db.close();
