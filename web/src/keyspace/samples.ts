/** What an empty database is given for a look around: a key of each type. */
export const SAMPLES: readonly (readonly string[])[] = [
  ["SET", "greeting", "hello, world"],
  ["SET", "session:ada", '{"user":"ada","roles":["admin","dev"]}', "EX", "1800"],
  ["INCRBY", "visits", "41"],
  ["HSET", "user:1", "name", "Ada", "city", "London", "born", "1815"],
  ["RPUSH", "queue:mail", "welcome", "invoice", "reminder"],
  ["SADD", "tags", "fast", "small", "in memory"],
  ["ZADD", "leaderboard", "320", "linus", "250", "ada", "180", "grace"],
  ["XADD", "orders", "*", "item", "tea", "amount", "2"],
  ["XADD", "orders", "*", "item", "cup", "amount", "1"],
  ["PFADD", "visitors", ..."abcdefghijklmnopqrstuvwxyz"],
  ["BITFIELD", "days", "SET", "u16", "0", "43690"],
];
