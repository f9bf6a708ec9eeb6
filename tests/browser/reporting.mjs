// A year's reporting as those meet it whose work it is: entered on a phone without scripts, sent, given back with a reason, sent
// again, accepted with others at once, confirmed and locked by the office.
import { accessible, as, desktop, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** Presses a button by keyboard, and waits for where it leads. */
async function press(page, selector) {
  await page.locator(selector).first().focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** The half-year campaign of the demo, of which nothing is entered yet, and the officer's commune in it. */
async function own(page, base) {
  await page.goto(`${base}/bao-cao`);
  const card = page.locator("main .card", { hasText: "6 tháng đầu năm" }).first();
  await Promise.all([page.waitForNavigation(), card.locator("a").click()]);
  return new URL(page.url()).pathname;
}

/** The page says that something was done. */
async function told(page, words) {
  assert.equal(await page.locator("main .card.ok", { hasText: words }).count(), 1, `${words} is not said`);
}

/** Goes on as somebody else of the demo. */
async function become(page, base, role) {
  await page.context().clearCookies();
  await as(page, base, role);
}

/** Fills whatever a criterion asks for with something it takes. */
async function fill(page) {
  for (const section of await page.locator("#entry section.field").all()) {
    const radio = section.locator('input[type="radio"][value="true"]');
    if (await radio.count()) await radio.check();
    const text = section.locator('input[name^="v."]:not([type="radio"])');
    if (await text.count()) await text.fill("50");
  }
}

export default async function ({ base, walk, photograph }) {
  const still = { ...phone, javaScriptEnabled: false };
  let unit = "";
  let criterion = "";

  await walk("an officer enters one criterion on a phone, without scripts", { ...still, as: "commune_officer" }, async (page) => {
    unit = await own(page, base);
    await fits(page);
    await photograph(page, "reporting-unit-phone");
    // The steps of a new user: the list, the commune, the criterion, its values, the button.
    await press(page, "main a.button");
    criterion = new URL(page.url()).pathname;
    await fits(page);
    await photograph(page, "reporting-criterion-phone");
    await fill(page);
    await press(page, ".savebar button");
    await told(page, /Đã lưu/);
    assert.match(await page.innerText("main [data-filled]"), /Đã nhập (\d+)\/\1/);
    await photograph(page, "reporting-saved-phone");
  });

  await walk("the pages of entry say what they are to whoever listens", { ...phone, as: "commune_officer" }, async (page) => {
    for (const path of [unit, criterion]) {
      await page.goto(base + path);
      await accessible(page);
      await fits(page);
    }
  });

  await walk("what is wrong is said at its field, and the rest is saved", { ...still, as: "commune_officer" }, async (page) => {
    await page.goto(base + unit);
    let found = false;
    for (const href of await page.locator("main table a").evaluateAll((all) => all.map((a) => a.getAttribute("href")))) {
      await page.goto(base + href);
      if ((await page.locator('#entry input[name^="v."]:not([type="radio"])').count()) < 2) continue;
      found = true;
      break;
    }
    assert(found, "a criterion with two numbers");
    const fields = page.locator('#entry input[name^="v."]:not([type="radio"])');
    const name = await fields.nth(0).getAttribute("name");
    await fields.nth(0).fill("chín mươi");
    await fields.nth(1).fill("12,5");
    await press(page, ".savebar button");
    assert.match(await page.innerText("main [role=alert]"), /chưa đúng/);
    assert.equal(await page.inputValue(`[name="${name}"]`), "chín mươi", "what was typed is gone");
    assert.equal(await page.getAttribute(`[name="${name}"]`, "aria-invalid"), "true");
    assert.match(await page.innerText("main [data-filled]"), /Đã nhập 1\//);
    await fits(page);
    await photograph(page, "reporting-wrong-phone");
  });

  await walk("the leader sends it, the department gives it back, and the officer sees why", { ...desktop, as: "commune_leader" }, async (page) => {
    await page.goto(base + criterion);
    await press(page, 'button[value="send"]');
    assert.match(await page.innerText("main"), /Chờ thẩm tra/);
    await become(page, base, "commune_officer");
    await page.goto(base + criterion);
    assert.equal(await page.locator(".savebar").count(), 0, "what was sent is still entered");
    await become(page, base, "appraiser");
    await page.goto(base + criterion);
    await press(page, 'button[value="return"]');
    assert.match(await page.innerText("main"), /Cần nêu lý do/, "given back without a reason");
    await page.goto(base + criterion);
    await photograph(page, "reporting-review-desktop");
    await page.fill("#reason", "Thiếu biên bản của thôn");
    await press(page, 'button[value="return"]');
    await become(page, base, "commune_officer");
    await page.goto(base + criterion);
    assert.match(await page.innerText("main .card.bad"), /Thiếu biên bản của thôn/);
    await page.goto(`${base}/thong-bao`);
    await page.goto(base + criterion);
    await page.fill("#comment", "Đã bổ sung biên bản, nhờ @thamdinh xem lại.");
    await page.locator("#comment").press("Tab");
    await press(page, "form:has(#comment) button");
    assert.match(await page.innerText("main"), /Đã bổ sung biên bản/);
  });

  await walk("an open comment stops the sending; resolved, it goes on to the lock", { ...desktop, as: "commune_leader" }, async (page) => {
    await page.goto(base + criterion);
    await press(page, 'button[value="send"]');
    assert.match(await page.innerText("main"), /trao đổi để ngỏ/);
    await become(page, base, "appraiser");
    await page.goto(base + criterion);
    await press(page, 'button:has-text("Đã giải quyết")');
    await become(page, base, "commune_leader");
    await page.goto(base + criterion);
    await press(page, 'button[value="send"]');
    await become(page, base, "appraiser");
    const campaign = criterion.split("/").slice(0, 3).join("/");
    await page.goto(`${base}${campaign}/cho-duyet`);
    await accessible(page);
    await photograph(page, "reporting-waiting-desktop");
    await page.locator("main table input[type=checkbox]").first().check();
    await press(page, 'main button:has-text("Chấp nhận")');
    await told(page, /Đã xong/);
    await become(page, base, "coordination");
    for (const step of ["confirm", "lock"]) {
      await page.goto(base + criterion);
      await press(page, `button[value="${step}"]`);
    }
    await page.goto(base + criterion);
    assert.match(await page.innerText("main"), /Đã khóa/);
    await page.goto(base + campaign);
    await accessible(page);
    await photograph(page, "reporting-board-desktop");
  });

  await walk("the board says where each commune stands, and a filter is a link", { ...phone, as: "coordination" }, async (page) => {
    await page.goto(`${base}/bao-cao`);
    const whole = page.locator("main table a", { hasText: "năm" }).filter({ hasNotText: "6 tháng" }).first();
    await Promise.all([page.waitForNavigation(), whole.click()]);
    await fits(page);
    await accessible(page);
    await photograph(page, "reporting-board-phone");
    const all = Number((await page.innerText("main .chips li:first-child b")).trim());
    const counts = await page.locator("main .chips li:not(:first-child) b").allInnerTexts();
    const states = counts.slice(0, counts.length).map(Number);
    assert(states.reduce((sum, n) => sum + n, 0) >= all, `${states} of ${all}`);
    await Promise.all([page.waitForNavigation(), page.locator('main .chips a[href*="tt=returned"]').click()]);
    const shown = await page.locator("main table tbody tr").count();
    assert(shown > 0, "no commune was given anything back");
    assert((await page.locator("main table tbody tr").allInnerTexts()).every((row) => row.includes("Bị trả lại")));
    await page.goto(page.url().replace(/\?.*/, "/cai-dat"));
    await fits(page);
    await accessible(page);
    await photograph(page, "reporting-settings-phone");
  });

  await walk("an office prepares a campaign, and what it says wrong is said at its field", { ...still, as: "coordination" }, async (page) => {
    await page.goto(`${base}/bao-cao/moi`);
    await page.fill("#due", "2020-01-01");
    await press(page, "main form button");
    assert.match(await page.innerText("main [role=alert]"), /Hạn gửi đứng trước/);
    assert.equal(await page.inputValue("#due"), "2020-01-01");
    const year = new Date().getFullYear();
    await page.fill("#due", `${year}-12-20`);
    await page.fill("#name", "Đợt thử");
    await press(page, "main form button");
    assert.match(new URL(page.url()).pathname, /\/bao-cao\/\d+\/cai-dat/);
    await page.locator("main table select").first().selectOption({ index: 1 });
    await press(page, 'button:has-text("Lưu phân công")');
    await told(page, /Đã xong/);
  });
}
