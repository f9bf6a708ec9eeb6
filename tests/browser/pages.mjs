// Every page in Vietnamese, and for `pages-en.mjs` in English: axe-core, light and dark; width from the narrowest phone; large
// text; size of the document.
import { accessible, fits, pages, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** Rules that a change of colours can break; the others were asked in light. */
const colours = ["color-contrast", "link-in-text-block"];

/** One page in one language, as whoever sees it. */
function check({ base, walk, photograph }, path, role, lang) {
  const address = lang === "vi" ? path : path === "/" ? "/en" : `/en${path}`;
  return walk(`page ${address}`, { ...phone, as: role, colorScheme: "light", reducedMotion: "reduce" }, async (page) => {
    await page.goto(base + address);
    // Whoever may not see a page is led to the login, which is a page of its own here.
    if (!path.startsWith("/dang-nhap")) assert.doesNotMatch(new URL(page.url()).pathname, /dang-nhap/, "not for this reader");
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    const text = await page.innerText("body");
    const leak = /\[[a-z]+(-[a-z]+)+\]|undefined|\bnull\b|NaN/.exec(text);
    assert(!leak, `a placeholder leaks: ${leak}`);
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    // The API lists every address there is; other pages are of a size.
    assert(elements < (path === "/api" ? 3000 : 1500), `${elements} elements`);
    await fits(page);
    await accessible(page);
    const name = `360${address.replace(/[^a-z0-9]+/gi, "_")}`;
    await photograph(page, name);
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible(page, colours);
    if (lang === "vi") await photograph(page, `${name}-dark`);
    // 200 % text on a phone held wide, and the 320 px that remain of 1280 at 400 %.
    await page.setViewportSize({ width: 320, height: 640 });
    await fits(page);
    await page.setViewportSize({ width: 740, height: 360 });
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await fits(page);
  });
}

/** Every page in one language, two at a time: they only read, and axe-core keeps a core busy. */
export async function every(site, lang) {
  const left = pages.map((one) => [...(typeof one === "string" ? [one, undefined] : one), lang]);
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await check(site, ...next);
  };
  await Promise.all([worker(), worker()]);
}

export default (site) => every(site, "vi");
