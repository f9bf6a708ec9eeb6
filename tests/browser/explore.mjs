// Explore: a view is asked for with a form alone, has a sentence, a picture and its table, an address and files; and the
// fact sheet that a commune's page leads to.
import { desktop, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
  await walk("on a phone without a script: years of a measure, gathered, as a line and a table", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/kham-pha");
    await page.fill("#sl", "thu nhap binh quan");
    await page.selectOption("#hang", "nam");
    await page.selectOption("#tu", "2021");
    await page.selectOption("#den", "2024");
    await page.click(".choose form button");
    assert.match(await page.innerText(".lead"), /Thu nhập bình quân đầu người .*các năm 2021 – 2024/);
    const rows = await page.locator("main .wide:not(details *) tbody tr").count();
    assert.equal(rows, 4);
    // The picture has a mark for each of the four years, and its table stands beneath it.
    assert.equal(await page.locator("svg.chart .c-dot").count(), 4);
    assert.equal(await page.locator("figure details tbody tr").count(), 4);
    await fits(page);
    await photograph(page, "explore-years");
  });

  await walk("every number of a commune leads to its source, every file has the same numbers", desktop, async (page) => {
    await page.goto(base + "/kham-pha?sl=income.per_person&tu=2024&den=2024&sap=giam");
    const first = page.locator("main .wide:not(details *) tbody tr").first();
    const [name, value] = [await first.locator("th a").innerText(), await first.locator("td a").innerText()];
    const files = await page.locator(".downloads a").evaluateAll((links) => links.map((a) => a.href));
    assert.equal(files.length, 3);
    const told = await (await fetch(files.find((f) => f.includes(".json")))).json();
    assert.equal(told.rows[0].name, name);
    assert.equal(told.rows[0].values[0].replace(".", ","), value);
    const csv = await (await fetch(files.find((f) => f.includes(".csv")))).text();
    assert(csv.split("\n")[1].includes(name));
    await first.locator("td a").click();
    assert.match(page.url(), /\/so-lieu\/\d+\/income\.per_person\/2024/);
    await photograph(page, "explore-source");
  });

  await walk("what is chosen shows at once, the way back works, and whoever uses the keyboard stays in the field", desktop, async (page) => {
    await page.goto(base + "/kham-pha?sl=income.per_person");
    await page.click(".choose summary");
    await page.locator("#hang").focus();
    await page.selectOption("#hang", "huyen");
    await page.waitForURL(/hang=huyen/);
    assert.equal(await page.evaluate(() => document.activeElement?.id), "hang");
    assert.match(await page.locator("main .wide:not(details *) tbody").innerText(), /Huyện Chiêm Hóa/);
    await page.goBack();
    await page.waitForFunction(() => /Xã An Khang/.test(document.querySelector("main")?.textContent ?? ""));
  });

  await walk("a picture keeps its meaning where colours are forced", { ...desktop, forcedColors: "active" }, async (page) => {
    await page.goto(base + "/kham-pha?sl=income.per_person&hang=huyen&tu=2021&den=2024");
    const lines = await page.locator("svg.chart .c-line").evaluateAll((all) => all.map((e) => [getComputedStyle(e).stroke, getComputedStyle(e).strokeDasharray]));
    assert(lines.length >= 4);
    assert.equal(new Set(lines.map(([, dashes]) => dashes)).size, Math.min(lines.length, 6), "dashes tell lines apart");
    for (const [stroke] of lines) assert.notEqual(stroke, "none");
    await photograph(page, "explore-forced");
  });

  await walk("the fact sheet is a paper of its own", desktop, async () => {
    const answer = await fetch(base + "/xa/250/phieu.pdf?nam=2024");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "application/pdf");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    assert.equal(new TextDecoder().decode(bytes.slice(0, 5)), "%PDF-");
    assert(bytes.length < 200_000, `${bytes.length} bytes`);
  });
}
