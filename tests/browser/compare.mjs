// What the island says of a typed value, for cases that the program's own rulebook has judged: `node compare.mjs CASES.json`.
import { transpile } from "./transpile.mjs";
import { readFileSync } from "node:fs";

const { verdict } = await import(await transpile("compare.ts"));
const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const wrong = cases.filter(({ asked, typed, said }) => verdict(asked, typed) !== said);
for (const one of wrong.slice(0, 10)) console.error(JSON.stringify({ ...one, island: verdict(one.asked, one.typed) }));
console.log(`${cases.length} cases, ${wrong.length} differences`);
process.exit(wrong.length || !cases.length ? 1 : 0);
