// Walks the main job in a real Chromium against a real demo: phone and desktop, keyboard only, without JavaScript,
// both languages, axe-core on every page. Usage: node run.mjs PATH-OF-LANGSO [FOLDER-FOR-SCREENSHOTS]
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import assert from "node:assert/strict";

const [, , binary, shots] = process.argv;
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
assert(browserPath, "no Chromium: sudo apt-get install chromium");

const port = await new Promise((done) => {
  const server = createServer();
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});
const data = mkdtempSync(join(tmpdir(), "langso-demo-"));
const base = `http://127.0.0.1:${port}`;
const demo = spawn(binary, ["demo", "--listen", `127.0.0.1:${port}`, "--data", data], { stdio: ["ignore", "ignore", "inherit"] });
let browser;
let passed = 0;
let failed = 0;

async function ready() {
  for (let n = 0; n < 1200; n++) {
    try {
      if ((await fetch(`${base}/healthz`)).ok) return;
    } catch {
      // not listening yet
    }
    assert.equal(demo.exitCode, null, "the demo ended before it served");
    await new Promise((later) => setTimeout(later, 250));
  }
  throw new Error("the demo did not become ready");
}

async function walk(name, options, steps) {
  const context = await browser.newContext({ locale: "vi-VN", ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 4")) errors.push(message.text());
  });
  try {
    await steps(page);
    assert.deepEqual(errors, []);
    passed += 1;
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.stack}`);
    if (shots) await page.screenshot({ path: join(shots, `failed-${failed}.png`) }).catch(() => {});
  }
  await context.close();
}

const phone = { viewport: { width: 360, height: 740 } };
const desktop = { viewport: { width: 1280, height: 900 } };
const pages = [
  "/",
  "/xa",
  "/xa?q=tan+trao",
  "/xa/250?nam=2024",
  "/xa/1113",
  "/xa/1113/ke-thua",
  "/so-lieu/250/income.per_person/2024",
  "/cham-lai",
  "/xa/250/cong-bo?nam=2024",
  "/tu-dien-so-lieu?q=ty+le",
  "/api/problems",
  "/don-vi",
  "/don-vi?q=tan+trao",
  "/don-vi/1113",
  "/don-vi/ranh-gioi",
  "/co-quan",
  "/bo-tieu-chi",
  "/bo-tieu-chi/commune-2021-2025",
  "/bo-tieu-chi/commune-2026-2030",
  "/bo-tieu-chi/commune-2021-2025/10.1",
  "/bo-tieu-chi/commune-2021-2025/17.1",
  "/bo-tieu-chi/commune-2026-2030/4.1",
  "/bo-tieu-chi/district-2021-2025/1.1",
  "/bo-tieu-chi/so-sanh?a=commune-2021-2025&b=commune-advanced-2021-2025&c=smart-commune",
  "/bao-sai?trang=/xa/250",
  "/bao-sai/danh-sach",
  "/nguon-va-phuong-phap/can-xac-nhan",
  "/ban-do",
  "/nguon-va-phuong-phap",
  "/tu-dien-so-lieu",
  "/nhap-so-lieu",
  "/api",
  "/khong-co-trang-nay",
  "/xa/tan-trao",
  "/tim-kiem",
  "/tim-kiem?q=tan",
  "/tim-kiem?q=tan+trap",
];

try {
  await ready();
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"];
  browser = await chromium.launch({ executablePath: browserPath, args });
  if (shots) mkdirSync(shots, { recursive: true });

  for (const path of pages) {
    for (const prefix of ["", "/en"]) {
      const address = prefix + (prefix && path === "/" ? "" : path);
      await walk(`axe and width: ${address}`, { ...phone, colorScheme: prefix ? "dark" : "light" }, async (page) => {
        await page.goto(base + address);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert(width <= 360, `${width} px wide on a phone of 360`);
        assert.equal(await page.evaluate(() => document.documentElement.lang), prefix ? "en" : "vi");
        const text = await page.innerText("body");
        assert(!/\[[a-z]+(-[a-z]+)+\]|undefined|\bnull\b|NaN/.test(text), `a placeholder leaks: ${text.match(/\[[a-z]+(-[a-z]+)+\]|undefined|\bnull\b|NaN/)}`);
        const { violations } = await new AxeBuilder({ page }).analyze();
        const serious = violations.filter((v) => ["serious", "critical"].includes(v.impact));
        assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes[0]?.html}`), []);
        if (shots) await page.screenshot({ path: join(shots, `360${address.replace(/[^a-z0-9]+/gi, "_")}.png`), fullPage: true });
      });
    }
  }

  for (const [name, options] of [["phone", phone], ["desktop", desktop], ["without JavaScript", { ...phone, javaScriptEnabled: false }]]) {
    await walk(`from home to the reason of a verdict, ${name}`, options, async (page) => {
      await page.goto(base + "/");
      assert.match(await page.innerText("main"), /\d+\/121 xã đạt/);
      await page.click("text=Xem tất cả các xã");
      await page.fill("#q", "tan my");
      await page.getByRole("button", { name: "Xem", exact: true }).click();
      assert.match(await page.innerText("table"), /Xã Tân Mỹ/);
      await page.click("table a");
      assert.match(await page.innerText("h1"), /Tân Mỹ/);
      assert.match(await page.innerText("main"), /Đạt \d+\/19 tiêu chí/);
      const first = page.locator("main details[id=tc-2]");
      if (!(await first.getAttribute("open"))) await first.locator("summary").first().click();
      await first.locator("summary", { hasText: "Vì sao?" }).first().click();
      assert.match(await first.innerText(), /318\/QĐ-TTg/);
      if (shots) await page.screenshot({ path: join(shots, `walk-${name.replaceAll(" ", "-")}.png`) });
    });
  }

  await walk("by keyboard only: skip link, menu, a criterion", desktop, async (page) => {
    await page.goto(base + "/xa/250?nam=2024");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate(() => document.activeElement?.tagName === "SUMMARY")) break;
    }
    const open = () => page.evaluate(() => document.activeElement?.parentElement?.hasAttribute("open"));
    const before = await open();
    await page.keyboard.press("Enter");
    assert.notEqual(await open(), before);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
  });

  await walk("a file with problems is refused at its lines, a good one is previewed, recorded and shown", { ...phone, javaScriptEnabled: false }, async (page) => {
    const send = async (text) => {
      await page.goto(base + "/nhap-so-lieu");
      await page.setInputFiles("#file", { name: "so-lieu.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.getByRole("button", { name: "Kiểm tra" }).click();
    };
    await send("unit_code;period;indicator;value\n02308;2024;10.1;41.200\n99999;2024;8.4;đạt\n02308;2024;2.1;120\n");
    const refused = await page.innerText("[role=alert]");
    for (const wanted of [/dòng 2: .*41,2 hay 41200/, /dòng 3: .*99999/, /dòng 4: .*100%/, /3 lỗi/]) assert.match(refused, wanted);
    await send("unit_code;period;indicator;value\n02308;2024;10.1;61,7\n");
    assert.match(await page.innerText("main"), /1 số thay đổi/);
    assert.match(await page.innerText("main"), /61,7/);
    await page.getByRole("button", { name: "Ghi", exact: true }).click();
    assert.match(await page.innerText("[role=status]"), /Chưa công bố/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.doesNotMatch(await page.innerText("#tc-10"), /61,7/, "unpublished figures are not the public's");
    await send("unit_code;period;indicator;value\n02308;2024;10.1;61,7\n");
    await page.check("[name=publish]");
    await page.getByRole("button", { name: "Ghi", exact: true }).click();
    assert.match(await page.innerText("[role=status]"), /Đã công bố/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.match(await page.textContent("#tc-10"), /61,7/);
    // What was taken in keeps a permanent address.
    await page.goto(base + "/id/import/2");
    assert.match(await page.innerText("main"), /so-lieu.csv/);
  });

  await walk("a large file is committed by a job whose page says how far it is, without JavaScript", { ...phone, javaScriptEnabled: false }, async (page) => {
    const { communes } = await (await fetch(`${base}/api/v1/communes?nam=2023&per=500`)).json();
    const { criteria } = await (await fetch(`${base}/api/v1/sets/commune-2021-2025`)).json();
    const indicators = criteria.flatMap((c) => c.indicators).filter((i) => ["boolean", "document", "percent"].includes(i.kind));
    const value = (i) => (i.kind === "percent" ? "55,5" : "đạt");
    const rows = [2020, 2021, 2022, 2023, 2024].flatMap((year) => communes.flatMap((c) => indicators.map((i) => `${c.code};${year};${i.no};${value(i)}`)));
    assert(rows.length > 20_000, `${rows.length} rows are committed at once`);
    const text = ["unit_code;period;indicator;value", ...rows].join("\n") + "\n";
    await page.goto(base + "/nhap-so-lieu");
    await page.setInputFiles("#file", { name: "ca-tinh.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await page.getByRole("button", { name: "Kiểm tra" }).click();
    const refused = await page.locator("[role=alert]").count();
    if (refused) await page.getByRole("button", { name: /Ghi .* dòng đúng/ }).click();
    else await page.getByRole("button", { name: "Ghi", exact: true }).click();
    await page.waitForURL(/\/viec\/\d+/);
    for (let n = 0; n < 60 && !/số mới/.test(await page.innerText("main")); n++) await page.waitForTimeout(1000);
    assert.match(await page.innerText("[role=status]"), /[\d.]+ số mới, [\d.]+ số thay đổi/);
  });

  await walk("a figure is edited with evidence: problems at their fields, a conflict shows both values, nothing typed is lost", { ...phone, javaScriptEnabled: false }, async (page) => {
    const address = base + "/so-lieu/250/sanitation.household_share/2024";
    await page.goto(address);
    const seen = await page.inputValue("[name=seen]");
    await page.fill("#value", "120");
    await page.setInputFiles("#files", { name: "bien-ban.txt", mimeType: "text/plain", buffer: Buffer.from("biên bản") });
    await page.evaluate(() => document.querySelector("#source").removeAttribute("required"));
    await page.getByRole("button", { name: "Lưu" }).click();
    assert.match(await page.innerText("#w-value"), /0 đến 100%/);
    assert.match(await page.innerText("#w-source"), /căn cứ/);
    assert.equal(await page.inputValue("#value"), "120");
    assert.match(await page.innerText("#sua"), /không cần gửi lại: bien-ban.txt/);
    // Somebody else writes meanwhile.
    const other = await fetch(`${base}/api/v1/units/250/figures/sanitation.household_share/2024/edits`, {
      method: "POST", headers: { "if-match": `"${seen}"`, "content-type": "application/json" }, body: JSON.stringify({ value: "81,5", source: "12/BC" }),
    });
    assert.equal(other.status, 200);
    await page.fill("#value", "82,25");
    await page.fill("#source", "Biên bản 07");
    await page.getByRole("button", { name: "Lưu" }).click();
    const conflict = await page.innerText("[role=alert]");
    for (const wanted of [/82,25/, /81,5%/]) assert.match(conflict, wanted);
    await page.check("[name=publish]");
    const key = await page.inputValue("[name=key]");
    await page.getByRole("button", { name: "Lưu" }).click();
    assert.match(await page.innerText("[role=status]"), /Đã lưu/);
    assert.match(await page.innerText("main"), /82,25%.*đã công bố/);
    const file = await page.getByRole("link", { name: "bien-ban.txt" }).getAttribute("href");
    const answer = await fetch(base + file);
    assert.deepEqual([await answer.text(), answer.headers.get("content-disposition")], ["biên bản", "attachment; filename*=UTF-8''bien%2Dban%2Etxt"]);
    // The same key with another body is refused, not recorded.
    const again = new FormData();
    for (const [name, value] of [["key", key], ["seen", seen], ["value", "50"], ["source", "x"], ["origin", "declared"]]) again.append(name, value);
    const refused = await fetch(address + "/sua", { method: "POST", body: again });
    assert.equal(refused.status, 409);
    assert.match(await refused.text(), /Biểu mẫu này đã được gửi rồi/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.match(await page.textContent("main"), /82,25%/);
  });

  for (const [name, options] of [["phone without JavaScript", { ...phone, javaScriptEnabled: false }], ["desktop", desktop]]) {
    await walk(`a template is offered, and correct rows alone are previewed and recorded, ${name}`, options, async (page) => {
      await page.goto(base + "/nhap-so-lieu");
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: /Tải mẫu bảng tính/ }).click();
      assert.match((await download).suggestedFilename(), /^mau-so-lieu-commune-2021-2025-\d{4}\.xlsx$/);
      await page.goto(base + "/xa/250?nam=2024");
      const link = await page.getByRole("link", { name: /Tải mẫu nhập số liệu của xã/ }).getAttribute("href");
      const answer = await fetch(base + link);
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get("content-type"), /spreadsheetml/);
      await page.goto(base + "/nhap-so-lieu");
      const text = "unit_code;period;indicator;value;evidence\n02308;2024;households;1.650;x\n02308;2023;10.1;45,3;BC 12/2023\n02308;2024;2.1;120;\n";
      await page.setInputFiles("#file", { name: "lan-lon.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.getByRole("button", { name: "Kiểm tra" }).click();
      const refused = await page.innerText("[role=alert]");
      for (const wanted of [/dòng 2: .*1 hay 1650|dòng 2: .*1,65 hay 1650/, /dòng 4: .*100%/, /2 lỗi/]) assert.match(refused, wanted);
      if (shots) await page.screenshot({ path: join(shots, `intake-partly-${name.replaceAll(" ", "-")}.png`), fullPage: true });
      const { violations } = options.javaScriptEnabled === false ? { violations: [] } : await new AxeBuilder({ page }).analyze();
      assert.deepEqual(violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${v.id}: ${v.nodes[0]?.html}`), []);
      await page.getByRole("button", { name: "Ghi 1 dòng đúng, bỏ 2 dòng lỗi" }).click();
      assert.match(await page.innerText("[role=status]"), /Đã ghi/);
    });
  }

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
    const { violations } = await new AxeBuilder({ page }).include("header").analyze();
    assert.deepEqual(violations.map((v) => v.id), []);
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

  await walk("the map draws, and says that its edges are approximate", desktop, async (page) => {
    await page.goto(base + "/ban-do");
    await page.waitForSelector("#map[data-ready=true]", { timeout: 30000 });
    assert.match(await page.innerText("main"), /Ranh giới gần đúng/);
    if (shots) await page.screenshot({ path: join(shots, "map.png") });
  });

  await walk("a cold visit to home stays within 60 KB without fonts", phone, async () => {
    const get = async (address) => Buffer.from(await (await fetch(base + address)).arrayBuffer());
    const html = await get("/");
    const style = await get(/href="([^"]*style\.css[^"]*)"/.exec(html.toString())[1].replaceAll("&#x2f;", "/"));
    const bytes = gzipSync(html).length + gzipSync(style).length;
    console.log(`       ${bytes} bytes of HTML and CSS, gzipped`);
    assert(bytes < 60_000);
  });

  await walk("fonts weigh at most 60 KB, come once and may be kept", phone, async (page) => {
    const fonts = new Map();
    page.on("response", (answer) => answer.url().includes(".woff2") && fonts.set(answer.url(), answer));
    await page.goto(base + "/", { waitUntil: "networkidle" });
    let bytes = 0;
    for (const answer of fonts.values()) {
      bytes += (await answer.body()).length;
      assert.match(answer.headers()["cache-control"], /immutable/);
    }
    console.log(`       ${bytes} bytes in ${fonts.size} fonts`);
    assert(fonts.size > 0 && bytes <= 60_000);
    assert(await page.evaluate(() => document.fonts.check('1rem "Be Vietnam Pro"', "Tuyên Quang")));
  });

  await walk("answers are compressed, tagged, and carry the headers that protect", phone, async () => {
    const answer = await fetch(base + "/xa", { headers: { "accept-encoding": "br" } });
    for (const [name, value] of [["content-encoding", "br"], ["x-content-type-options", "nosniff"]]) assert.equal(answer.headers.get(name), value);
    assert.match(answer.headers.get("content-security-policy"), /frame-ancestors 'none'/);
    const tag = answer.headers.get("etag");
    assert.equal((await fetch(base + "/xa", { headers: { "if-none-match": tag } })).status, 304);
    const foreign = await fetch(base + "/api/v1/figures?set=commune-2021-2025", { method: "POST", body: "x", headers: { origin: "http://evil.example" } });
    assert.equal(foreign.status, 403);
    assert.match(foreign.headers.get("content-type"), /problem\+json/);
  });
} finally {
  await browser?.close();
  demo.kill("SIGTERM");
  await new Promise((done) => (demo.exitCode === null ? demo.once("exit", done) : done()));
  rmSync(data, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
