// What a page costs a weak line: bytes, requests, shifts of the layout; what may be kept; what protects.
import { campaign, form, number } from "./cable.mjs";
import { as, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** Bytes as they came over the line before islands and fonts, and requests, of a cold visit. */
const budgets = [
  ["/", 60_000, 10],
  ["/xa/250?nam=2024", 50_000, 10],
  ["/bo-tieu-chi/commune-2021-2025", 50_000, 10],
  ["/ban-do", 60_000, 14],
];

/** Scripts that enrich a page: not its text, not its first picture. `theme.js` stands in the way of the first picture. */
const isIsland = (url) => /\/assets\/(?!theme).*\.js/.test(url) || /\/assets\/map\.css/.test(url) || url.includes(".geojson");

async function cold(page, address) {
  const seen = [];
  const session = await page.context().newCDPSession(page);
  const urls = new Map();
  await session.send("Network.enable");
  session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => seen.push([urls.get(requestId) ?? "", encodedDataLength]));
  await page.goto(address, { waitUntil: "networkidle" });
  return seen.filter(([url]) => url.startsWith("http"));
}

export default async function ({ base, walk }) {
  for (const [path, most, requests] of budgets) {
    await walk(`a cold visit to ${path} stays within ${most / 1000} KB and ${requests} requests`, phone, async (page) => {
      const seen = await cold(page, base + path);
      const own = seen.filter(([url]) => !isIsland(url) && !url.includes(".woff2"));
      const bytes = own.reduce((sum, [, size]) => sum + size, 0);
      const html = (await (await fetch(base + path)).text()).length;
      console.log(`       ${bytes} bytes in ${own.length} requests of ${seen.length}; ${html} of HTML before packing`);
      assert(bytes <= most, JSON.stringify(own));
      assert(seen.length <= requests, JSON.stringify(seen));
    });
  }

  await walk("the page of a criterion weighs at most 90 KB with its scripts, and a save 10 KB", phone, async (page) => {
    await as(page, base, "commune_officer");
    await page.goto(base + "/bao-cao");
    const there = await page.evaluate(() => document.querySelector("main a[href*='/xa/']")?.getAttribute("href").match(/^\/bao-cao\/\d+/)[0]);
    const { all } = await form(page, base, there ?? (await campaign(page, base)));
    // The fullest of its pages, among the first; what the browser kept of others does not count.
    let [heaviest, most] = ["", 0];
    for (const at of all.slice(0, 20)) {
      const html = (await (await page.request.get(base + at)).text()).length;
      if (html > most) [heaviest, most] = [at, html];
    }
    const fresh = await (await page.context().browser().newContext()).newPage();
    await as(fresh, base, "commune_officer");
    const seen = await cold(fresh, base + heaviest);
    const own = seen.filter(([url]) => !url.includes(".woff2"));
    const bytes = own.reduce((sum, [, size]) => sum + size, 0);
    console.log(`       ${heaviest}: ${bytes} bytes in ${own.length} requests of ${seen.length}; ${most} of HTML before packing`);
    assert(bytes <= 90_000, JSON.stringify(own));
    if (!(await fresh.$(number))) for (const at of all) if ((await fresh.goto(base + at, { waitUntil: "networkidle" })) && (await fresh.$(number))) break;
    const asked = [];
    fresh.on("requestfinished", (request) => asked.push(request));
    const sent = fresh.waitForEvent("requestfinished", (request) => request.url().endsWith("/entries"));
    await fresh.fill(number, "43");
    await sent;
    await fresh.waitForLoadState("networkidle");
    const sizes = await Promise.all(asked.map((request) => request.sizes()));
    const saved = sizes.reduce((sum, one) => sum + one.requestHeadersSize + one.requestBodySize + one.responseHeadersSize + one.responseBodySize, 0);
    console.log(`       a save: ${saved} bytes in ${asked.length} requests`);
    assert(asked.length > 0 && saved <= 10_000, `${saved} bytes`);
    await fresh.context().close();
  });

  await walk("what enriches the map weighs at most 300 KB", phone, async (page) => {
    const seen = await cold(page, base + "/ban-do");
    const islands = seen.filter(([url]) => /\/assets\/.*\.js/.test(url));
    const bytes = islands.reduce((sum, [, size]) => sum + size, 0);
    console.log(`       ${bytes} bytes in ${islands.length} scripts`);
    assert(islands.length > 0 && bytes <= 300_000, JSON.stringify(islands));
  });

  for (const path of ["/", "/xa", "/xa/250?nam=2024", "/bo-tieu-chi/commune-2021-2025", "/ban-do"]) {
    await walk(`nothing jumps while ${path} comes in`, phone, async (page) => {
      await page.addInitScript(() => {
        window.shifted = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await page.goto(base + path, { waitUntil: "networkidle" });
      await page.waitForTimeout(300);
      const shifted = await page.evaluate(() => window.shifted);
      assert(shifted < 0.02, `shifted by ${shifted}`);
    });
  }

  await walk("fonts weigh at most 60 KB, come once and may be kept", phone, async (page) => {
    const fonts = new Map();
    page.on("response", (answer) => answer.url().includes(".woff2") && fonts.set(answer.url(), answer));
    await page.goto(base + "/", { waitUntil: "networkidle" });
    let bytes = 0;
    for (const answer of fonts.values()) {
      bytes += (await answer.body()).length;
      assert.match(answer.headers()["cache-control"], /immutable/);
    }
    console.log(`       ${bytes} bytes in ${fonts.size} fonts`);
    assert(fonts.size > 0 && bytes <= 60_000);
    assert(await page.evaluate(() => document.fonts.check('1rem "Be Vietnam Pro"', "Tuyên Quang")));
  });

  await walk("answers are compressed, tagged, and carry the headers that protect", phone, async () => {
    const answer = await fetch(base + "/xa", { headers: { "accept-encoding": "br" } });
    for (const [name, value] of [["content-encoding", "br"], ["x-content-type-options", "nosniff"]]) assert.equal(answer.headers.get(name), value);
    assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    const tag = answer.headers.get("etag");
    assert.equal((await fetch(base + "/xa", { headers: { "if-none-match": tag } })).status, 304);
    const foreign = await fetch(base + "/api/v1/figures?set=commune-2021-2025", { method: "POST", body: "x", headers: { origin: "http://evil.example" } });
    assert.equal(foreign.status, 403);
    assert.match(foreign.headers.get("content-type"), /problem\+json/);
  });
}
