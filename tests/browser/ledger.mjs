// The public ledger as a resident meets it: from a commune's verdict to its proof, checked in the browser; at 360 pixels.
import { accessible, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

const RESULT = "/minh-chung/ket-qua/250/commune-2021-2025/2024";

/** Presses the button; what was found. */
async function found(page) {
  const said = page.locator("#proof-check [role=status]");
  await said.evaluate((place) => delete place.dataset.state);
  await page.click("#proof-check button");
  await page.waitForSelector("#proof-check [role=status][data-state]");
  return said.getAttribute("data-state");
}

export default async function ({ base, walk, photograph }) {
  await walk("a verdict leads to its proof, and the browser checks it by the key that the reader gives", phone, async (page) => {
    await page.goto(base + "/xa/250?nam=2024&bo=commune-2021-2025");
    await page.click(`a[href$="${RESULT}"]`);
    await page.waitForURL(/minh-chung\/ket-qua/);
    // The signature comes a moment after the publication.
    for (let tries = 0; (await page.locator("#proof-check").count()) === 0; tries++) {
      assert.ok(tries < 60, "no checkpoint came");
      await page.waitForTimeout(500);
      await page.reload();
    }
    await fits(page);
    await accessible(page);
    assert.equal(await found(page), "good");
    await photograph(page, "ledger-result");
    const key = await page.inputValue("#key");
    const [name, id, rest] = key.split(/\+(.{8})\+/);
    await page.fill("#key", `${name}+${id}+${rest.slice(0, 20)}AAAA${rest.slice(24)}`);
    assert.equal(await found(page), "unsigned");
    await page.fill("#key", key);
    // The same page with another result in it, as somebody might send it.
    await page.route("**" + RESULT, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace(/(data-proof="[^"]*?)passed/, "$1failed");
      await route.fulfill({ response: answer, body });
    });
    await page.reload();
    assert.equal(await found(page), "outside");
  });

  await walk("without a script there is the file, and the command that checks it", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/minh-chung");
    await fits(page);
    await photograph(page, "ledger");
    await page.click("table tbody th a");
    assert.match(await page.innerText("main pre"), /^\S+\/tlog\n\d+\n/);
    await page.goto(base + RESULT);
    const [file] = await Promise.all([page.waitForEvent("download"), page.click("main a.button")]);
    assert.match(file.suggestedFilename(), /^bang-chung-250-/);
    assert.equal(await page.isVisible("#proof-check"), false);
    assert.match(await page.innerText("main pre"), /langso audit verify --proof/);
  });
}
