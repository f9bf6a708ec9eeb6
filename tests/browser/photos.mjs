// Photographs that wait for a line, alone: the TypeScript as it is, an album in memory, a server of uploads that may answer, fail,
// or take a part and lose the answer.
import { transpile } from "./transpile.mjs";
import assert from "node:assert/strict";

const { carry, sendPhotos, upload } = await import(await transpile("photos.ts"));

function album() {
  const [photos, bytes] = [new Map(), new Map()];
  let last = 0;
  const breath = () => new Promise((later) => setImmediate(later));
  return {
    photos,
    async all() {
      await breath();
      return [...photos.values()].sort((a, b) => a.ordinal - b.ordinal).map((photo) => structuredClone(photo));
    },
    async bytes(ordinal) {
      await breath();
      return bytes.get(ordinal);
    },
    async add(photo, content) {
      await breath();
      last += 1;
      photos.set(last, { ...structuredClone(photo), ordinal: last });
      bytes.set(last, content);
      return last;
    },
    async change(ordinal, how, content) {
      await breath();
      const to = how(structuredClone(photos.get(ordinal)));
      if (to === null) [photos, bytes].forEach((store) => store.delete(ordinal));
      else if (to) {
        photos.set(ordinal, structuredClone(to));
        if (content) bytes.set(ordinal, content);
      }
      return to;
    },
  };
}

const PART = 4;

/** A server as `facts` is: an upload a key, a piece a file. `fate` says what the line does with a request. */
function server(fate = () => "well") {
  const uploads = new Map();
  const keys = new Map();
  const pieces = [];
  const asked = [];
  let made = 0;
  const carrier = {
    key: () => `k${(made += 1)}`,
    async ask(how, { key, there, size, fields, person }, bytes, offset) {
      await new Promise((later) => setImmediate(later));
      asked.push(how);
      const does = fate({ how, offset, asked: asked.length, uploads, fields });
      if (does === "cut") return null;
      if (typeof does === "number") return { status: does, said: [`no ${does}`] };
      const stands = (one, status) => ({ status, there: one.there, offset: one.bytes.length, evidence: one.piece, said: [] });
      const answer = await (async () => {
        if (how === "begin") {
          if (keys.has(key)) {
            const one = uploads.get(keys.get(key));
            return one ? stands(one, 201) : { status: 404, said: ["gone"] };
          }
          const one = { there: `/u/${uploads.size + 1}`, size, bytes: "", fields, person };
          uploads.set(one.there, one);
          keys.set(key, one.there);
          return stands(one, 201);
        }
        const one = uploads.get(there);
        if (!one) return { status: 404, said: ["gone"] };
        if (how === "stands") return stands(one, 200);
        if (offset !== one.bytes.length) return { status: 409, said: ["elsewhere"] };
        one.bytes += await bytes.slice(offset, offset + PART).text();
        if (one.bytes.length === one.size) {
          one.piece ??= `${pieces.push({ bytes: one.bytes, figures: one.fields.figures, person: one.person })}`;
        }
        return stands(one, 204);
      })();
      return does === "lost" ? null : answer;
    },
  };
  return { carrier, uploads, keys, pieces, asked };
}

const photo = (measure, content, more = {}) => ({
  person: 7, api: "/a", measure, unit: 250, year: 2024, page: "/p", label: measure, name: `${measure}.jpg`, type: "image/jpeg", size: content.length, small: "", covered: 0, at: 0, state: "waiting", key: `${measure}-${content}`, there: "", sent: 0, ...more,
});
const keep = (kept, one, content) => kept.add(one, new Blob([content]));
const never = async () => false;

const cases = {
  async "what waits is sent in the order of choosing, each on its figure"() {
    const [kept, { carrier, pieces }] = [album(), server()];
    for (const [measure, content] of [["a", "first photo"], ["b", "second"], ["a", "third one"]]) await keep(kept, photo(measure, content), content);
    assert.equal(await sendPhotos(kept, carrier, 7, never), undefined);
    assert.deepEqual(pieces.map((piece) => [piece.bytes, piece.figures]), [["first photo", "a:2024"], ["second", "b:2024"], ["third one", "a:2024"]]);
    assert.equal(kept.photos.size, 0);
  },
  async "cut in the middle it goes on from the last part that is there"() {
    let cut = true;
    const [kept, { carrier, pieces, asked, uploads }] = [album(), server(({ how, offset }) => (cut && how === "part" && offset >= 4 ? "cut" : "well"))];
    await keep(kept, photo("a", "0123456789ab"), "0123456789ab");
    assert.equal(await sendPhotos(kept, carrier, 7, never), "line");
    assert.deepEqual([kept.photos.get(1).sent, kept.photos.get(1).there], [4, "/u/1"]);
    [cut, asked.length] = [false, 0];
    await sendPhotos(kept, carrier, 7, never);
    assert.deepEqual(asked, ["stands", "part", "part"]);
    assert.deepEqual([pieces.length, uploads.size, pieces[0].bytes], [1, 1, "0123456789ab"]);
  },
  async "an answer that is lost doubles nothing, of whichever request"() {
    for (let lost = 1; lost <= 5; lost++) {
      const [kept, { carrier, pieces, uploads }] = [album(), server(({ asked }) => (asked === lost ? "lost" : "well"))];
      await keep(kept, photo("a", "0123456789ab"), "0123456789ab");
      await sendPhotos(kept, carrier, 7, never);
      await sendPhotos(kept, carrier, 7, never);
      assert.deepEqual([pieces.length, uploads.size, kept.photos.size], [1, 1, 0], `answer ${lost}`);
    }
  },
  async "it stays behind the value that it proves, and others go ahead"() {
    const [kept, { carrier, pieces }] = [album(), server()];
    await keep(kept, photo("a", "one"), "one");
    await keep(kept, photo("b", "two"), "two");
    await sendPhotos(kept, carrier, 7, async ({ measure }) => measure === "a");
    assert.deepEqual(pieces.map((piece) => piece.bytes), ["two"]);
    await sendPhotos(kept, carrier, 7, never);
    assert.deepEqual(pieces.map((piece) => piece.bytes), ["two", "one"]);
  },
  async "what is refused stays with its reason and keeps nothing else back"() {
    for (const status of [403, 409, 413, 422]) {
      const [kept, { carrier, pieces }] = [album(), server(({ how, fields }) => (how === "begin" && fields.figures === "a:2024" ? status : "well"))];
      await keep(kept, photo("a", "one"), "one");
      await keep(kept, photo("b", "two"), "two");
      const heard = [];
      assert.equal(await sendPhotos(kept, carrier, 7, never, (news) => heard.push(news.refused?.[0] ?? news.evidence ?? "")), undefined);
      assert.deepEqual([...kept.photos.values()].map(({ state, said }) => [state, said]), [["refused", [`no ${status}`]]]);
      assert.deepEqual([pieces.length, (await kept.bytes(1))?.size, heard.includes(`no ${status}`)], [1, 3, true]);
    }
  },
  async "whoever is not logged in, and a server that is busy, are waited for"() {
    for (const [status, stopped] of [[401, "login"], [429, "busy"], [503, "busy"], [423, "busy"]]) {
      let now = status;
      const [kept, { carrier, pieces }] = [album(), server(() => now)];
      await keep(kept, photo("a", "one"), "one");
      assert.equal(await sendPhotos(kept, carrier, 7, never), stopped, `${status}`);
      assert.equal(kept.photos.get(1).state, "waiting");
      now = "well";
      await sendPhotos(kept, carrier, 7, never);
      assert.equal(pieces.length, 1);
    }
  },
  async "an upload that the server forgot is begun anew, once"() {
    const [kept, { carrier, pieces, uploads }] = [album(), server()];
    await keep(kept, photo("a", "one", { there: "/u/99", sent: 2 }), "one");
    await sendPhotos(kept, carrier, 7, never);
    assert.deepEqual([pieces.length, uploads.size, kept.photos.size], [1, 1, 0]);
    // A unit that nobody knows is no upload that was forgotten: it ends.
    const ended = await carry({ ...carrier, ask: async () => ({ status: 404, said: ["none"] }) }, upload(photo("a", "one")), new Blob(["one"]), async () => true);
    assert.deepEqual(ended, { refused: ["none"] });
  },
  async "nothing of another person goes, nor what waits to be covered, nor what was let go of on its way"() {
    const [kept, { carrier, pieces, uploads }] = [album(), server(({ how, offset }) => {
      if (how === "part" && offset === 0) kept.photos.delete(3);
      return "well";
    })];
    await keep(kept, photo("a", "one", { person: 8 }), "one");
    await keep(kept, photo("b", "two", { state: "chosen" }), "two");
    await keep(kept, photo("c", "0123456789"), "0123456789");
    await sendPhotos(kept, carrier, 7, never);
    assert.deepEqual([pieces.length, uploads.get("/u/1").bytes, kept.photos.size], [0, "0123", 2]);
  },
  async "what its sender read off it goes with it"() {
    const told = upload(photo("a", "one", { taken: "2026-10-12 08:31", lat: 21.5, lon: 0, covered: 2 })).fields;
    assert.deepEqual([told.taken, told.lat, told.lon, told.covered, told.unit], ["2026-10-12 08:31", "21.5", "0", "2", "250"]);
    assert.deepEqual([upload(photo("a", "one", { lat: 21.5 })).fields.lat], [""]);
  },
  async "a line that fails as it likes and two senders: each arrives once"() {
    let seed = 7;
    const random = (n) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n;
    for (let round = 0; round < 200; round++) {
      let calm = false;
      const [kept, { carrier, pieces }] = [album(), server(() => (calm ? "well" : ["well", "well", "cut", "lost", 503][random(5)]))];
      const wanted = [];
      for (let n = 0; n < 5; n++) {
        const content = `photo ${n} ${"x".repeat(random(12))}`;
        wanted.push(content);
        await keep(kept, photo("abc"[random(3)], content), content);
        if (random(2)) await sendPhotos(kept, carrier, 7, never);
      }
      calm = true;
      for (let n = 0; n < 3; n++) await sendPhotos(kept, carrier, 7, never);
      assert.equal(kept.photos.size, 0, `round ${round}`);
      assert.deepEqual(pieces.map((piece) => piece.bytes).sort(), wanted.sort(), `round ${round}`);
    }
  },
};

export default async function (site) {
  for (const [name, run] of Object.entries(cases)) await site.plain(`photos: ${name}`, run);
}
