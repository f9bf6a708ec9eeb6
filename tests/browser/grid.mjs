// The sheet of all criteria as an officer at a desk meets it: keys from cell to cell, a block from a spreadsheet with a bad cell in
// it, codes beside values, two people on one cell, and the same page without scripts.
import { accessible, desktop, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** The sheet of the officer's commune in the half-year campaign of the demo. */
async function sheet(page, base) {
  await page.goto(`${base}/bao-cao`);
  const card = page.locator("main .card", { hasText: "6 tháng đầu năm" }).first();
  await Promise.all([page.waitForNavigation(), card.locator("a").click()]);
  await Promise.all([page.waitForNavigation(), page.click('main a[href$="/bang"]')]);
  return new URL(page.url()).pathname;
}

/** Copies a block and pastes it into a cell, as Ctrl+V does. */
async function paste(page, cell, text) {
  await page.focus(cell);
  await page.$eval(
    cell,
    (input, text) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    },
    text,
  );
}

const value = (code) => `[name="v.${code}"]`;
const row = (code) => `tr[data-field="${code}"]`;
const saved = (page, code) => page.waitForFunction((at) => /Đã lưu/.test(document.querySelector(at).querySelector("[data-said]").textContent), row(code), { timeout: 30_000 });
const focused = (page) => page.evaluate(() => document.activeElement?.name);

export default async function ({ base, walk, photograph }) {
  let path = "";
  let codes = [];

  await walk("the sheet has a row a value, and keys go from cell to cell", { ...desktop, as: "commune_officer" }, async (page) => {
    path = await sheet(page, base);
    await accessible(page);
    await fits(page);
    await photograph(page, "grid-desktop");
    codes = await page.$$eval("tr[data-kind=percent]", (rows) => rows.map((one) => one.dataset.field));
    assert(codes.length > 8, `${codes.length} rows of shares`);
    const all = await page.$$eval("[data-field] input[name^='v.']", (inputs) => inputs.map((one) => one.name));
    await page.focus(`[name="${all[0]}"]`);
    await page.keyboard.press("Enter");
    assert.equal(await focused(page), all[1]);
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), all[2]);
    await page.keyboard.press("ArrowUp");
    assert.equal(await focused(page), all[1]);
    await page.focus(value(codes[0]));
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(page), `n.${codes[0]}`);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await focused(page), `v.${codes[0]}`);
    // No trap: Tab leaves the cell as anywhere.
    await page.keyboard.press("Tab");
    assert.equal(await focused(page), `n.${codes[0]}`);
    await page.focus(value(codes[0]));
    await page.keyboard.type("77");
    await page.keyboard.press("Escape");
    assert.equal(await page.inputValue(value(codes[0])), "", "Escape brings back what stood there");
  });

  await walk("a block from a spreadsheet goes down and right; a bad cell says so and keeps its text", { ...desktop, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    const first = await page.$$eval("tr[data-field]", (rows) => rows.map((one) => one.dataset.kind));
    const at = first.findIndex((kind, n) => kind === "percent" && first[n + 1] === "percent" && first[n + 2] === "percent");
    assert(at >= 0, "three shares one below the other");
    const three = await page.$$eval("tr[data-field]", (rows, at) => rows.slice(at, at + 3).map((one) => one.dataset.field), at);
    await paste(page, value(three[0]), "98,5\r\nchín mươi\r\n97,25\t\t\tbiên bản 3\r\n");
    await saved(page, three[0]);
    await saved(page, three[2]);
    await page.waitForFunction((at) => document.querySelector(at).getAttribute("aria-invalid") === "true", value(three[1]));
    assert.equal(await page.inputValue(value(three[1])), "chín mươi");
    assert.equal(await page.inputValue(`[name="g.${three[2]}"]`), "biên bản 3");
    assert.match(await page.innerText("[data-pasted-said]"), /Đã dán 4 ô/);
    await photograph(page, "grid-pasted-desktop");
    await page.reload();
    assert.equal(await page.inputValue(value(three[0])), "98,5");
    // What the server did not take is there again, with its mark.
    await page.waitForFunction((at) => document.querySelector(at).value === "chín mươi", value(three[1]));
    await page.fill(value(three[1]), "90");
    await page.press(value(three[1]), "Enter");
    await saved(page, three[1]);
  });

  await walk("values beside their codes go to the rows of the codes, and a paste is taken back", { ...desktop, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    const two = await page.$$eval("tr[data-kind=percent][data-no]", (rows) => rows.slice(-2).map((one) => [one.dataset.field, one.dataset.no]));
    const start = await page.$eval("[data-field] input[name^='v.']", (input) => input.name);
    await paste(page, `[name="${start}"]`, `${two[1][1]}\t61,5\n${two[0][1]}\t62,5\n99.9\t63`);
    assert.equal(await page.inputValue(value(two[0][0])), "62,5");
    assert.equal(await page.inputValue(value(two[1][0])), "61,5");
    assert.match(await page.innerText("[data-pasted-said]"), /99\.9/);
    await saved(page, two[0][0]);
    await paste(page, value(two[0][0]), "11\t\n12\t");
    assert.equal(await page.inputValue(value(two[0][0])), "11");
    await page.click("[data-undo-paste]");
    assert.equal(await page.inputValue(value(two[0][0])), "62,5");
  });

  await walk("a value in another unit says its rule before it is saved", { ...desktop, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    const income = "income.per_person";
    await page.fill(value(income), "45.600.000 đồng");
    assert.match(await page.innerText(`${row(income)} [data-converted]`), /45\.?600\.?000 đồng\/người\/năm × 0,000001 = 45,6 triệu/);
    await saved(page, income);
    await page.reload();
    assert.equal(await page.inputValue(value(income)), "45,6");
    assert.match(await page.inputValue(`[name="g.${income}"]`), /nhập 45\.600\.000 đồng/);
  });

  await walk("two people on one cell: the second is asked", { ...desktop, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    const code = codes.at(-3);
    const other = await page.context().newPage();
    await other.goto(base + path);
    await other.fill(value(code), "81");
    await other.press(value(code), "Enter");
    await saved(other, code);
    // As another person at another desk, whose page was opened before.
    const api = await page.getAttribute("#entry", "data-entry");
    const said = await page.request.post(base + api, { data: { entries: [{ measure: code, value: "55", seen: 0 }] }, headers: { origin: base } });
    const [entry] = (await said.json()).entries;
    assert.equal(entry.answer, "changed", "a cell that somebody else filled was written over");
    assert.equal(entry.typed.value, "81");
    await other.close();
  });

  await walk("without scripts the sheet is one form, and on a phone its rows are cards", { ...phone, javaScriptEnabled: false, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    await fits(page);
    await photograph(page, "grid-phone");
    const code = codes.at(-4);
    await page.fill(value(code), "tám mươi");
    await page.fill(value(codes.at(-5)), "83");
    await Promise.all([page.waitForNavigation(), page.click(".savebar button")]);
    assert.match(await page.innerText("main [role=alert]"), /chưa đúng/);
    assert.equal(await page.inputValue(value(code)), "tám mươi");
    assert.equal(await page.inputValue(value(codes.at(-5))), "83");
    await page.fill(value(code), "84");
    await Promise.all([page.waitForNavigation(), page.click(".savebar button")]);
    assert.match(await page.innerText("main .card.ok"), /Đã lưu/);
    await photograph(page, "grid-saved-phone");
  });

  await walk("the sheet on a phone says what it is to whoever listens", { ...phone, as: "commune_officer" }, async (page) => {
    await page.goto(base + path);
    await accessible(page);
    await fits(page);
  });
}
