// "Báo sai": a reader tells of a mistake from the page where it is, an officer answers, the reader finds the answer.
import { accessible, as, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
  await walk("a mistake is told, kept where it is wrong, answered, and its answer found, without JavaScript", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/xa/250?nam=2024");
    await page.click("footer a:has-text('Báo sai')");
    assert.match(await page.innerText("main"), /\/xa\/250/);
    assert.match(await page.innerText("main"), /Xã Tân Mỹ/);
    // Too short is refused by the server too, and what was typed is still there.
    await page.fill("#text", "sai số");
    await page.fill("#contact", "0912 345 678");
    await page.click("main button");
    assert.match(await page.innerText(".wrong"), /./);
    assert.equal(await page.inputValue("#contact"), "0912 345 678");
    await fits(page);
    await page.fill("#text", "Thu nhập bình quân của xã ghi nhầm: số đúng là 45,2 triệu đồng.");
    await page.click("main button");
    await page.waitForURL(/\/bao-sai\/phieu\//);
    const receipt = page.url();
    assert.doesNotMatch(await page.innerText("body"), /0912 345 678|45,2 triệu/);
    await photograph(page, "receipt");
    await as(page, base, "coordination");
    await page.goto(base + "/bao-sai/danh-sach?q=thu+nhap");
    await page.click("main table a");
    assert.match(await page.innerText("main"), /45,2 triệu đồng[^]*0912 345 678/);
    await photograph(page, "answer");
    await page.fill("#answer", "Cảm ơn ông, bà. Xã đã sửa số liệu.");
    await page.click("main form button");
    assert.match(await page.innerText("main"), /Xã đã sửa số liệu/);
    await page.goto(receipt);
    assert.match(await page.innerText("main"), /Xã đã sửa số liệu/);
    await page.goto(receipt.replace("/bao-sai", "/en/bao-sai"));
    assert.match(await page.innerText("main"), /Answered/i);
  });

  await walk("the pages of reports are accessible", { ...phone, as: "coordination" }, async (page) => {
    for (const path of ["/bao-sai?trang=/xa/250", "/bao-sai/danh-sach"]) {
      await page.goto(base + path);
      await accessible(page);
      await fits(page);
    }
  });
}
