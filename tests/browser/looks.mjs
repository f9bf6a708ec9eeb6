// How pages look: light, dark, chosen; forced colours; paper; the page of the design system, photographed.
import { desktop, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

const states = ["passed", "unconfirmed", "failed", "incomplete", "to-be-confirmed", "not-applicable", "without"];
const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);

export default async function ({ base, walk, photograph }) {
  await walk("dark is chosen with the keyboard, remembered, and there before the first picture", desktop, async (page) => {
    await page.goto(base + "/");
    assert.equal(await ground(page), "light");
    await page.locator("button.theme").focus();
    await page.keyboard.press("Enter");
    assert.equal(await ground(page), "dark");
    assert.equal(await page.getAttribute("button.theme", "aria-pressed"), "true");
    // The script stands in the way of the first picture: it is in the head, before the style sheet, not deferred.
    await page.goto(base + "/xa", { waitUntil: "commit" });
    await page.waitForSelector("body", { state: "attached" });
    assert.equal(await ground(page), "dark");
    const order = await page.evaluate(() => [...document.head.querySelectorAll("script[src*=theme], link[rel=stylesheet]")].map((e) => [e.tagName, e.defer ?? false, e.type ?? ""].join()));
    assert.equal(order[0], "SCRIPT,false,");
    await page.locator("button.theme").click();
    assert.equal(await ground(page), "light");
  });

  await walk("without a script the system decides, and no switch is offered that does nothing", { ...phone, javaScriptEnabled: false, colorScheme: "dark" }, async (page) => {
    await page.goto(base + "/");
    assert.equal(await page.locator("button.theme").isVisible(), false);
    const shade = await page.locator("body").evaluate((e) => getComputedStyle(e).backgroundColor);
    assert.notEqual(shade, "rgb(251, 249, 243)");
  });

  await walk("states keep their shapes: seven of them, also where colours are forced and on paper", desktop, async (page) => {
    for (const media of [{}, { forcedColors: "active" }, { forcedColors: "none", media: "print" }]) {
      await page.emulateMedia(media);
      await page.goto(base + "/design");
      const drawn = await page.evaluate((states) => states.map((state) => {
        const sign = getComputedStyle(document.querySelector(`.s.${state}`), "::before");
        return [sign.maskImage, sign.backgroundColor, sign.printColorAdjust];
      }), states);
      assert.equal(new Set(drawn.map(([mask]) => mask)).size, states.length, JSON.stringify(media));
      for (const [mask, colour, adjust] of drawn) {
        assert.match(mask, /^url\(/);
        assert.notEqual(colour, "rgba(0, 0, 0, 0)");
        assert.equal(adjust, "exact");
      }
    }
  });

  await walk("paper has no menu and no buttons, is light, numbers its pages and says where it is from", desktop, async (page) => {
    await page.goto(base + "/xa/250?nam=2024");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    for (const hidden of ["#menu", ".find", ".tools", ".choose"]) {
      assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
    }
    assert.match(await page.locator("footer").innerText(), /In từ/);
    assert.equal(await ground(page), "light");
    const rules = await page.evaluate(() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText));
    assert(rules.some((rule) => /@page.*counter\(page\)/s.test(rule)), "pages are numbered");
  });

  for (const [width, height] of [[360, 740], [768, 1024], [1280, 900]]) {
    await walk(`the design system at ${width} px`, { viewport: { width, height } }, async (page) => {
      await page.goto(base + "/design");
      await fits(page);
      await photograph(page, `design-${width}-light`);
      await page.emulateMedia({ colorScheme: "dark" });
      await photograph(page, `design-${width}-dark`);
      await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
      await fits(page);
      await photograph(page, `design-${width}-forced`);
      await page.emulateMedia({ forcedColors: "none", media: "print" });
      await photograph(page, `design-${width}-print`);
    });
  }
}
