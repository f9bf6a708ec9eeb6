// A year's reporting as those meet it whose work it is: entered on a phone without scripts, sent, given back with a reason, sent
// again, accepted with others at once, confirmed and locked by the office.
import { photograph as draw } from "./evidence.mjs";
import { accessible, as, desktop, fill, fits, phone, press, told } from "./harness.mjs";
import assert from "node:assert/strict";

/** The half-year campaign of the demo, of which nothing is entered yet, and the officer's commune in it. */
async function own(page, base) {
  await page.goto(`${base}/bao-cao`);
  const card = page.locator("main .card", { hasText: "6 tháng đầu năm" }).first();
  await Promise.all([page.waitForNavigation(), card.locator("a").click()]);
  return new URL(page.url()).pathname;
}

/** Sends a picture as evidence of a figure, as the form of the unit's evidence does, and waits until the job has looked at it. */
async function attach(page, base, unit, measure, year, name, buffer) {
  const files = { name, mimeType: "image/jpeg", buffer };
  const answer = await page.request.post(`${base}/xa/${unit}/minh-chung/gui`, { multipart: { measure, year, files }, headers: { origin: base }, maxRedirects: 0 });
  assert.equal(answer.status(), 303, await answer.text());
  for (let n = 0; n < 100; n++) {
    const { evidence } = await (await page.request.get(`${base}/api/v1/units/${unit}/evidence`)).json();
    if (evidence.find((one) => one.name === name)?.scan === "unscanned") return;
    await new Promise((later) => setTimeout(later, 200));
  }
  throw new Error(`nobody looked at ${name}`);
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

  // What was sent takes no evidence any more.
  await walk("the officer adds a photograph of which another commune has a smaller one", { ...desktop, as: "commune_officer" }, async (page) => {
    const id = unit.split("/").at(-1);
    const measure = (await (await page.request.get(`${base}/api/v1${unit.replace("/bao-cao/", "/campaigns/").replace("/xa/", "/units/")}`)).json()).criteria.find((one) => criterion.endsWith(`/${one.set}/${one.no}`)).fields[0].measure;
    await page.goto(base + criterion);
    await attach(page, base, id, measure, "2025", "nha-van-hoa.jpg", await draw(page, 1200, 800, 80));
    const smaller = await draw(page, 600, 400, 80);
    await as(page, base, "coordination");
    await attach(page, base, "251", measure, "2024", "nha-van-hoa-nho.jpg", smaller);
  });

  await walk("the leader is told what is doubted, answers it without scripts and sends it with the same press", { ...still, as: "commune_leader" }, async (page) => {
    await page.goto(base + criterion);
    assert.match(await page.innerText("#nghi-van"), /chưa được kiểm tra/);
    await press(page, 'button[value="send"]');
    assert.match(await page.innerText("main [role=alert]"), /nghi vấn chưa trả lời/);
    const doubts = page.locator('textarea[name^="nv."]');
    const count = await doubts.count();
    assert(count > 0, "nothing is doubted");
    assert.equal(await page.locator("main [role=alert] li a").count(), count, "each doubt has its link");
    await fits(page);
    await photograph(page, "reporting-doubts-phone");
    await page.goto(base + unit);
    assert.match(await page.innerText("#nghi-van"), /\d+ nghi vấn, \d+ chưa trả lời/);
    await fits(page);
    await photograph(page, "reporting-unit-doubts-phone");
    await page.goto(base + criterion);
    for (const one of await doubts.all()) await one.fill("Đã đối chiếu với sổ của thôn.");
    await press(page, 'button[value="send"]');
    assert.match(await page.innerText("main"), /Chờ thẩm tra/);
    assert.match(await page.innerText("main"), /Xã trả lời[^]*Đã đối chiếu với sổ của thôn/);
    assert.equal(await doubts.count(), 0, "what was sent is answered no more");
  });

  await walk("whoever reviews sees the answers, the photographs and where else they are used", { ...desktop, as: "appraiser" }, async (page) => {
    await page.goto(base + criterion);
    const piece = page.locator("#entry li", { hasText: "nha-van-hoa.jpg" });
    assert.match(await piece.innerText(), /không ghi nơi chụp[^]*Ảnh này giống ảnh của/);
    await piece.locator("img").scrollIntoViewIfNeeded();
    await page.waitForFunction(() => [...document.querySelectorAll("#entry li img")].every((one) => one.complete && one.naturalWidth));
    const first = page.locator(".card.note", { hasText: "Nghi vấn" }).first();
    await first.locator("textarea").fill("Xã khác cũng nộp ảnh này, cần xem lại.");
    await first.locator('input[type="checkbox"]').check();
    await photograph(page, "reporting-review-doubts-desktop");
    await press(page, 'button[value="answer"]');
    assert.equal(await page.locator(".card.note textarea").first().inputValue(), "Xã khác cũng nộp ảnh này, cần xem lại.");
    assert(await page.locator('.card.note input[type="checkbox"]').first().isChecked());
    await accessible(page);
    await page.setViewportSize(phone.viewport);
    await fits(page);
    await photograph(page, "reporting-review-doubts-phone");
    await page.setViewportSize(desktop.viewport);
    await page.goto(`${base}${criterion.split("/").slice(0, 3).join("/")}/cho-duyet`);
    assert.match(await page.innerText("main table"), /nghi vấn, đã trả lời hết/);
    await page.goto(`${base}/quan-tri/kiem-tra?sap=useless`);
    assert.match(await page.innerText("main section.card"), /Bị bảo là không đúng/);
    await photograph(page, "reporting-checks-desktop");
  });

  await walk("the department gives it back, and the officer sees why", { ...desktop, as: "commune_officer" }, async (page) => {
    await page.goto(base + criterion);
    assert.equal(await page.locator(".savebar").count(), 0, "what was sent is still entered");
    await as(page, base, "appraiser");
    await page.goto(base + criterion);
    await press(page, 'button[value="return"]');
    assert.match(await page.innerText("main"), /Cần nêu lý do/, "given back without a reason");
    await page.goto(base + criterion);
    await photograph(page, "reporting-review-desktop");
    await page.fill("#reason", "Thiếu biên bản của thôn");
    await press(page, 'button[value="return"]');
    await as(page, base, "commune_officer");
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
    await as(page, base, "appraiser");
    await page.goto(base + criterion);
    await press(page, 'button:has-text("Đã giải quyết")');
    await as(page, base, "commune_leader");
    await page.goto(base + criterion);
    await press(page, 'button[value="send"]');
    await as(page, base, "appraiser");
    const campaign = criterion.split("/").slice(0, 3).join("/");
    await page.goto(`${base}${campaign}/cho-duyet`);
    await accessible(page);
    await photograph(page, "reporting-waiting-desktop");
    await page.locator("main table input[type=checkbox]").first().check();
    await press(page, 'main button:has-text("Chấp nhận")');
    await told(page, /Đã xong/);
    await as(page, base, "coordination");
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
