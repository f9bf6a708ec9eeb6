// Administration of the law and of units: thresholds, confirmations, sets from a spreadsheet, mergers prepared.
import { accessible, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
  await walk("a threshold of the province is previewed, laid down and ended, without JavaScript", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/quan-tri/nguong/moi?bo=commune-2021-2025");
    await page.fill("#number", "12/2025/QĐ-UBND");
    await page.fill("[name='v:2.1']", "101");
    await page.click("main form button");
    // All that is wrong at once, at its field; what was typed is still there.
    assert.match(await page.innerText(".card.bad"), /100/);
    assert.equal(await page.inputValue("#number"), "12/2025/QĐ-UBND");
    await fits(page);
    await photograph(page, "threshold-wrong");
    await page.fill("#date", "2025-01-10");
    await page.fill("#issuer", "UBND tỉnh");
    await page.fill("#from", "2025-01-15");
    await page.fill("[name='v:2.1']", "100");
    await page.click("main form button");
    assert.match(await page.innerText("main"), /sẽ thay đổi/);
    await photograph(page, "threshold-preview");
    await fits(page);
    await page.click("#ban-hanh button");
    await page.waitForURL(/da_luu=1/);
    assert.match(await page.innerText("main"), /12\/2025\/QĐ-UBND/);
    await page.goto(base + "/bo-tieu-chi/commune-2021-2025/2.1");
    assert.match(await page.innerText("main"), /12\/2025\/QĐ-UBND/);
    await page.goto(base + "/quan-tri/nguong");
    await page.click("summary:has-text('Kết thúc')");
    await page.fill("[name=why]", "nhập thử");
    await page.click("details[open] button");
    assert.match(await page.innerText("main"), /Chưa từng áp dụng/);
  });

  await walk("a number is confirmed from the list of what is not, by keyboard", { ...phone, as: "coordination" }, async (page) => {
    await page.goto(base + "/nguon-va-phuong-phap/can-xac-nhan?q=quy+hoach+chung");
    await page.locator("main td a:has-text('Xác nhận')").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/xac-nhan\/moi/);
    await page.fill("#number", "318/QĐ-TTg");
    await page.fill("#date", "2022-03-08");
    await page.fill("#issuer", "Thủ tướng Chính phủ");
    await page.locator("#issuer").press("Enter");
    assert.match(await page.innerText("main"), /Xem trước: 318/);
    await page.locator("#ban-hanh button").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/da_luu=1/);
    await photograph(page, "confirmations");
  });

  await walk("a merger is prepared, shown whole, and cancelled", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/quan-tri/sap-xep/moi");
    await page.fill("#day", "2099-01-01");
    await page.click("main form button");
    assert.match(await page.innerText(".card.bad"), /./);
    assert.equal(await page.inputValue("#day"), "2099-01-01");
    await fits(page);
    await photograph(page, "merger-wrong");
  });

  await walk("the pages of administration are accessible", { ...phone, as: "coordination" }, async (page) => {
    for (const path of ["/quan-tri/nguong", "/quan-tri/nguong/moi?bo=commune-2026-2030", "/quan-tri/xac-nhan", "/quan-tri/bo-tieu-chi", "/quan-tri/sap-xep", "/quan-tri/sap-xep/moi", "/quan-tri/don-vi/1113", "/quan-tri/co-quan/moi"]) {
      await page.goto(base + path);
      await accessible(page);
      await fits(page);
    }
  });
}
