// By keyboard only: whoever has no mouse reaches everything, and sees where they are.
import { desktop, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** Tabs on until what is asked of the focused element holds. */
async function tabTo(page, test, most = 80) {
  for (let n = 0; n < most; n++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(test)) return;
  }
  throw new Error(`not reached in ${most} steps: ${test}`);
}

const outlined = (page) => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");

/** The same until what a selector names has the focus. */
const reach = (page, selector) => tabTo(page, new Function(`return document.activeElement?.matches(${JSON.stringify(selector)})`), 200);

export default async function ({ base, walk }) {
  await walk("by keyboard only: skip link, a criterion", desktop, async (page) => {
    await page.goto(base + "/xa/250?nam=2024");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await tabTo(page, () => document.activeElement?.tagName === "SUMMARY");
    const open = () => page.evaluate(() => document.activeElement?.parentElement?.hasAttribute("open"));
    const before = await open();
    await page.keyboard.press("Enter");
    assert.notEqual(await open(), before);
    assert(await outlined(page));
  });

  await walk("by keyboard only: the menu of a phone opens, closes and leads on", { ...phone, javaScriptEnabled: true }, async (page) => {
    await page.goto(base + "/");
    const shown = () => page.evaluate(() => document.querySelector("#menu")?.checkVisibility());
    assert.equal(await shown(), false);
    await tabTo(page, () => document.activeElement?.classList.contains("open-menu"));
    assert(await outlined(page));
    await page.keyboard.press("Enter");
    assert.equal(await shown(), true);
    await page.keyboard.press("Escape");
    assert.equal(await shown(), false);
    await page.keyboard.press("Enter");
    await tabTo(page, () => document.activeElement?.getAttribute("href") === "/ban-do", 6);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/ban-do/);
  });

  await walk("by keyboard only: a part of home's bar leads to its communes", desktop, async (page) => {
    await page.goto(base + "/?nam=2024");
    await tabTo(page, () => document.activeElement?.closest(".stackbar") !== null);
    const said = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    const count = /(\d+)$/.exec(said)?.[1];
    assert(count, `the part says its count: ${said}`);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/xa\?.*kq=/);
    assert.match(await page.innerText("main"), new RegExp(`\\b${count} xã`));
  });

  await walk("by keyboard only: a mistake is told", desktop, async (page) => {
    await page.goto(base + "/bao-sai?trang=/xa/250");
    await reach(page, "#text");
    await page.keyboard.type("Tên xã trên trang này viết thiếu dấu.");
    await reach(page, "#contact");
    await reach(page, "main form button");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/bao-sai\/phieu\//);
  });

  await walk("by keyboard only: from a commune to why, to what if, to other communes", desktop, async (page) => {
    await page.goto(base + "/xa/250?nam=2024");
    await reach(page, "details summary");
    await reach(page, "main a[href*='/so-sanh']");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/so-sanh/);
    await reach(page, "#voi");
    await page.keyboard.type("Kháng Nhật");
    await page.keyboard.press("Enter");
    await page.waitForURL(/voi=/);
    assert.match(await page.innerText("main table"), /Xã Kháng Nhật/);
    await page.goto(base + "/xa/250?nam=2024&mo=10");
    await reach(page, "#tc-10 a.why");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chi-tieu\/10.1/);
    await page.goto(base + "/xa/250?nam=2024");
    await reach(page, "main a[href*='/neu-xet']");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/neu-xet/);
  });
}
