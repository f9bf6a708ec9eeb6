// Search: while typing, and without a script.
import { accessible, desktop, phone } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk }) {
  await walk("a commune is found while typing, by keyboard only; Escape puts the suggestions away", desktop, async (page) => {
    await page.goto(base + "/");
    const field = page.locator("header input[name=q]");
    await field.pressSequentially("tan trap");
    await page.locator("header [role=option]").first().waitFor();
    assert.equal(await field.getAttribute("aria-expanded"), "true");
    await page.keyboard.press("Escape");
    assert.equal(await field.getAttribute("aria-expanded"), "false");
    assert.equal(await field.inputValue(), "tan trap");
    await page.keyboard.press("ArrowDown");
    const chosen = page.locator("header [role=option][aria-selected=true]");
    assert.match(await chosen.innerText(), /Xã Tân Trào/);
    assert.equal(await field.getAttribute("aria-activedescendant"), await chosen.getAttribute("id"));
    await accessible(page);
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/xa\/1117/);
  });

  await walk("search works without JavaScript, by kind and page", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/");
    await page.fill("header input[name=q]", "xa tan");
    await page.press("header input[name=q]", "Enter");
    await page.click("main nav a:has-text('Đơn vị')");
    assert.match(await page.innerText("main"), /Xã Tân An/);
    assert((await page.locator("main .hits li").count()) <= 20);
  });
}
