// Changes of every kind; the same step always does the same.
export const CONFIG = { "enable-debug-command": "yes" };

export function step(db, number) {
  let state = Math.imul(number, 0x9e3779b1) >>> 0;
  const random = (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    return (state >>> 8) % below;
  };
  const key = `${["s", "l", "h", "z", "t"][random(5)]}:${random(60)}`;
  const value = "v".repeat(random(120)) + number;
  db.call("MULTI");
  db.call("SET", "step", number);
  switch (key[0]) {
    case "s": db.call("SET", key, value, ...(random(2) ? ["PXAT", 4102444800000 + number] : [])); break;
    case "l": db.call("RPUSH", key, value, number); break;
    case "h": db.call("HSET", key, `f${random(40)}`, value); break;
    case "z": db.call("ZADD", key, number, `m${random(200)}`); break;
    case "t": db.call("XADD", key, `${number}-1`, "field", value); break;
  }
  if (random(20) === 0) db.call("DEL", `${["s", "l", "h", "z", "t"][random(5)]}:${random(60)}`);
  if (random(400) === 0) db.call("FLUSHDB"), db.call("SET", "step", number);
  if (random(30) === 0) db.call("MOVE", key, 1 + random(3));
  if (db.call("EXEC").some((reply) => reply instanceof Error)) throw new Error(`step ${number} fails`);
}

/** What there is after so many steps. */
export const digest = (db) => db.call("DEBUG", "DIGEST");
