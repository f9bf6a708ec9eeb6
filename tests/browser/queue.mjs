// The queue of what was typed without a line, alone: its TypeScript as it is, a shelf in memory, a server that may answer, fail,
// or take a value and lose the answer.
import { transpile } from "./transpile.mjs";
import assert from "node:assert/strict";

const { counts, exported, keep, mine, newest, send, theirs } = await import(await transpile("queue.ts"));

/** A shelf in memory; `slow` lets others come between steps. */
function shelf() {
  const items = new Map();
  let last = 0;
  const breath = () => new Promise((later) => setImmediate(later));
  return {
    items,
    async all() {
      await breath();
      return [...items.values()].sort((a, b) => a.ordinal - b.ordinal).map((item) => structuredClone(item));
    },
    async add(item) {
      await breath();
      last += 1;
      items.set(last, { ...structuredClone(item), ordinal: last });
      return last;
    },
    async change(ordinal, how) {
      await breath();
      const to = how(structuredClone(items.get(ordinal)));
      if (to === null) items.delete(ordinal);
      else if (to) items.set(ordinal, structuredClone(to));
      return to;
    },
  };
}

/** A server as `reporting` is: a version a field, an answer a key. `fate` says what the line does with a request. */
function server(fate = () => "well") {
  const fields = new Map();
  const keys = new Map();
  const taken = [];
  let made = 0;
  const line = {
    key: () => `k${(made += 1)}`,
    async send(api, key, person, body) {
      await new Promise((later) => setImmediate(later));
      const does = fate(taken.length);
      if (does === "cut") return null;
      if (typeof does === "number") return { status: does, body: { title: `no ${does}` } };
      const [given] = JSON.parse(body).entries;
      let answer = keys.get(key);
      if (answer) assert.equal(answer.body, body, "a key carries one request");
      if (!answer) {
        const name = `${api} ${given.measure}`;
        const now = fields.get(name) ?? { version: 0, value: "", by: "" };
        const typed = { value: now.value, numerator: "", denominator: "" };
        if (given.value === "bad") answer = { measure: given.measure, answer: "wrong", problems: [{ field: "value", text: "no number" }] };
        else if (given.seen !== now.version) answer = { measure: given.measure, answer: "changed", now: { declared: { version: now.version, note: "" } }, typed, shown: now.value, by: now.by, clock: "10:42" };
        else {
          fields.set(name, { version: now.version + 1, value: given.value, by: `p${person}` });
          taken.push(given.value);
          answer = { measure: given.measure, answer: "saved", now: { declared: { version: now.version + 1, note: "" } }, typed: { value: given.value, numerator: "", denominator: "" } };
          keys.set(key, { body, answer });
        }
      } else answer = answer.answer;
      return does === "lost" ? null : { status: 200, body: { entries: [answer] } };
    },
  };
  return { line, fields, taken };
}

const typed = (measure, value, seen = 0, more = {}) => ({ person: 7, api: "/a", measure, value, numerator: "", denominator: "", note: "", page: "/p", label: measure, seen, at: 0, ...more });
const unsent = (shelf) => [...shelf.items.values()].filter((item) => item.state !== "done");
const values = (shelf) => unsent(shelf).map((item) => item.value);

const cases = {
  async "a field that waits holds its newest value, in the order of its first"() {
    const [kept, { line, taken }] = [shelf(), server()];
    for (const [measure, value] of [["a", "1"], ["b", "2"], ["a", "12"]]) await keep(kept, line, typed(measure, value));
    assert.deepEqual(values(kept), ["12", "2"]);
    assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["saved", "saved"]);
    assert.deepEqual(taken, ["12", "2"]);
    assert.deepEqual(unsent(kept), []);
  },
  async "an answer that is lost doubles nothing, and what is typed after it comes after it"() {
    let fate = "lost";
    const [kept, { line, taken, fields }] = [shelf(), server(() => fate)];
    await keep(kept, line, typed("a", "1"));
    assert.equal((await send(kept, line, 7)).stopped, "line");
    await keep(kept, line, typed("a", "2"));
    await keep(kept, line, typed("a", "3"));
    assert.deepEqual(values(kept), ["1", "3"]);
    fate = "well";
    assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["saved", "saved"]);
    assert.deepEqual(taken, ["1", "3"]);
    assert.deepEqual(fields.get("/a a"), { version: 2, value: "3", by: "p7" });
  },
  async "somebody else wrote: both stand side by side, and whoever is asked decides"() {
    for (const [decide, ends] of [[mine, "5"], [(kept, _, ordinal) => theirs(kept, ordinal), "9"]]) {
      const [kept, { line, fields }] = [shelf(), server()];
      fields.set("/a a", { version: 4, value: "9", by: "Lan" });
      await keep(kept, line, typed("a", "5", 3));
      await keep(kept, line, typed("b", "6"));
      // The other field is not kept back.
      assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["conflict", "saved"]);
      const [item] = unsent(kept);
      assert.deepEqual([item.value, item.now.typed.value, item.now.by, item.now.clock], ["5", "9", "Lan", "10:42"]);
      // Typing on asks all the same, and loses nothing.
      await keep(kept, line, typed("a", "55", 3));
      assert.equal(unsent(kept)[0].state, "conflict");
      await keep(kept, line, typed("a", "5", 3));
      await decide(kept, line, item.ordinal);
      await send(kept, line, 7);
      assert.equal(fields.get("/a a").value, ends);
      assert.deepEqual(unsent(kept), []);
    }
  },
  async "somebody wrote the same: nobody is asked"() {
    const [kept, { line, fields }] = [shelf(), server()];
    fields.set("/a a", { version: 4, value: "5", by: "Lan" });
    await keep(kept, line, typed("a", "5", 3));
    assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["saved"]);
  },
  async "a wrong value stays with its reason and keeps nothing else back"() {
    const [kept, { line, taken }] = [shelf(), server()];
    await keep(kept, line, typed("a", "bad"));
    await keep(kept, line, typed("b", "2"));
    assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["wrong", "saved"]);
    assert.deepEqual(unsent(kept).map((item) => item.said), [["no number"]]);
    await keep(kept, line, typed("a", "1"));
    await send(kept, line, 7);
    assert.deepEqual(taken, ["2", "1"]);
  },
  async "whoever is refused at the door keeps everything, and nobody else sends it"() {
    const [kept, { line, taken }] = [shelf(), server(() => 403)];
    await keep(kept, line, typed("a", "1"));
    assert.deepEqual((await send(kept, line, 8)).done, [], "another person's login sends nothing");
    assert.deepEqual((await send(kept, line, 7)).done.map((one) => one.answer), ["refused"]);
    assert.deepEqual(unsent(kept).map((item) => [item.value, item.state, item.said]), [["1", "refused", ["no 403"]]]);
    const file = JSON.parse(exported(await kept.all(), 7));
    assert.deepEqual([file.values.length, file.values[0].value, file.values[0].state], [1, "1", "refused"]);
    assert.equal(JSON.parse(exported(await kept.all(), 8)).values.length, 0);
    assert.deepEqual(taken, []);
  },
  async "without a login it waits, a busy server is asked later"() {
    for (const [status, stopped] of [[401, "login"], [503, "busy"], [429, "busy"]]) {
      let fate = status;
      const [kept, { line, taken }] = [shelf(), server(() => fate)];
      await keep(kept, line, typed("a", "1"));
      await keep(kept, line, typed("b", "2"));
      assert.equal((await send(kept, line, 7)).stopped, stopped);
      const { waiting, going } = counts(await kept.all(), 7);
      assert.equal(waiting + going, 2);
      fate = "well";
      await send(kept, line, 7);
      assert.deepEqual(taken, ["1", "2"]);
    }
  },
  async "a clock that is wrong decides nothing"() {
    const [kept, { line, taken }] = [shelf(), server()];
    await keep(kept, line, typed("a", "1", 0, { at: Date.UTC(2031, 0, 1) }));
    await keep(kept, line, typed("b", "2", 0, { at: Date.UTC(1999, 0, 1) }));
    await keep(kept, line, typed("a", "3", 0, { at: Date.UTC(1970, 0, 1) }));
    await send(kept, line, 7);
    assert.deepEqual(taken, ["3", "2"]);
  },
  async "two tabs and a worker that send at once, with a line that fails as it likes: the last typed stands, once"() {
    let seed = 42;
    const random = (n) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
    for (let round = 0; round < 300; round++) {
      let calm = false;
      const [kept, { line, fields, taken }] = [shelf(), server(() => (calm ? "well" : ["well", "cut", "lost", 503][random(4)]))];
      const last = new Map();
      for (let n = 0; n < 12; n++) {
        const measure = "abc"[random(3)];
        const typing = keep(kept, line, typed(measure, `${n}`));
        if (random(2)) await Promise.all([typing, send(kept, line, 7), send(kept, line, 7)]);
        else await typing;
        last.set(measure, `${n}`);
        assert.equal(newest(await kept.all(), 7, "/a", measure)?.value ?? fields.get(`/a ${measure}`).value, `${n}`, "what is shown is what was typed");
      }
      calm = true;
      await Promise.all([send(kept, line, 7), send(kept, line, 7)]);
      await send(kept, line, 7);
      assert.deepEqual(unsent(kept), [], `round ${round}`);
      assert(kept.items.size <= 3, "one a field stays");
      for (const [measure, value] of last) assert.equal(fields.get(`/a ${measure}`).value, value, `round ${round}`);
      assert.equal(new Set(taken).size, taken.length, "nothing twice");
    }
  },
};

export default async function (site) {
  for (const [name, run] of Object.entries(cases)) await site.plain(`queue: ${name}`, run);
}
