// A line that is cut now and then, between the browser and a demo, and the way to a form of a campaign.
import { as, freePort, phone, startDemo } from "./harness.mjs";
import { execFileSync } from "node:child_process";
import { connect, createServer } from "node:net";

/**
 * A line: `cut` refuses everything, `lose` lets requests through and no answer back, `after` lets so many bytes out and is cut
 * then, `stop` breaks off where a request's first line has these words, whoever asks: page or service worker. `heard`: what was
 * sent so far, as name of the address and for a part of a file where it begins.
 */
export async function line(to) {
  const calm = { cut: false, lose: false, most: Infinity, words: undefined };
  const state = { ...calm, open: new Set(), heard: [] };
  const stopped = (bytes) => state.words && new RegExp(`^(POST|PUT|PATCH|DELETE|GET) \\S*${state.words}`, "m").test(bytes.toString("latin1"));
  // What goes out is heard here and not in a page: the service worker sends, too.
  const hear = (bytes) => {
    for (const [head, method, path] of bytes.toString("latin1").matchAll(/^(POST|PATCH) (\S+) HTTP[^]*?\r\n\r\n/gm)) {
      state.heard.push({ method, name: path.replace(/.*\//, ""), offset: Number(head.match(/^upload-offset: (\d+)/im)?.[1]) });
    }
  };
  const server = createServer((near) => {
    if (state.cut) return void near.destroy();
    const far = connect(Number(new URL(to).port), "127.0.0.1");
    state.open.add(near);
    near.on("data", (bytes) => (stopped(bytes) ? near.destroy() : (hear(bytes), (state.most -= bytes.length) < 0) ? turn({ cut: true }) : far.write(bytes))).on("close", () => far.destroy()).on("error", () => {});
    far.on("data", (bytes) => (state.lose ? near.destroy() : near.write(bytes))).on("close", () => near.destroy()).on("error", () => near.destroy());
    near.on("close", () => state.open.delete(near));
  });
  const port = await freePort();
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const turn = (how) => {
    Object.assign(state, calm, how);
    // What is open breaks off where it is.
    if (state.cut) for (const near of state.open) near.destroy();
  };
  return { base: `http://127.0.0.1:${port}`, cut: () => turn({ cut: true }), lose: () => turn({ lose: true }), after: (most) => turn({ most }), stop: (words) => turn({ words }), mend: () => turn({}), heard: () => state.heard, close: () => server.close() };
}

/** A demo of its own behind a line, and the program beside it over the same data. */
export async function behindLine(binary) {
  let data;
  const demo = await startDemo(binary, (folder) => (data = folder));
  const run = (...args) => execFileSync(binary, [...args, "--data", data], { encoding: "utf8" });
  return { demo, cable: await line(demo.base), run };
}

/** The office opens a campaign; the page of the unit of the officer. */
export async function campaign(page, base) {
  await as(page, base, "coordination");
  await page.goto(base + "/bao-cao/moi");
  await page.click("main form[action$='/bao-cao/moi'] button");
  await page.waitForURL(/\/bao-cao\/\d+\/cai-dat/);
  await page.click("main form[action$='/chuyen'] button");
  await page.waitForLoadState();
  return new URL(page.url()).pathname.match(/\/bao-cao\/\d+/)[0];
}

/** The unit's page in the campaign, and the pages of its criteria that have fields to fill. */
export async function form(page, base, campaign) {
  await as(page, base, "commune_officer");
  await page.goto(base + "/bao-cao");
  const unit = await page.getAttribute(`main a[href^="${campaign}/xa/"]`, "href");
  await page.goto(base + unit);
  const all = await page.$$eval(`main a[href^="${unit}/"]`, (links) => [...new Set(links.map((a) => a.getAttribute("href")))]);
  return { unit, all };
}

export async function takeAlong(page) {
  await page.click("[data-carry] button");
  await page.waitForFunction(() => /Đã mang theo/.test(document.querySelector("[data-carry] [data-said]").textContent), undefined, { timeout: 60_000 });
}

/** A phone on a line that is cut now and then. */
export const weak = { ...phone, cut: true };

export const number = "section[data-field] input[name^='v.']:not([type=radio])";
export const said = (page, at = number) => page.$eval(at, (input) => input.closest("section").querySelector("[data-said]").textContent);
/** All is at the server: nothing waits, and the field says when it was saved. */
export async function arrived(page, at = number) {
  await page.waitForFunction((at) => document.querySelector("#unsent")?.hidden && /Đã lưu/.test(document.querySelector(at)?.closest("section").querySelector("[data-said]").textContent), at, { timeout: 40_000 });
}
export const waits = (page, at = number) => page.waitForFunction((at) => /chờ mạng/.test(document.querySelector(at)?.closest("section").querySelector("[data-said]").textContent), at, { timeout: 30_000 });
export const tell = (page) => page.evaluate(() => dispatchEvent(new Event("online")));
export const unsaved = (page) => page.$eval("#unsent", (bar) => (bar.hidden ? "" : bar.textContent.trim()));
