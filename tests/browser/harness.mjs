// A real demo, a real Chromium, and what every walk needs: a page of its own, whose errors are counted, and photographs
// where they were asked for.
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

export const phone = { viewport: { width: 360, height: 740 } };
export const tablet = { viewport: { width: 768, height: 1024 } };
export const desktop = { viewport: { width: 1280, height: 900 } };
export const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
assert(browserPath, "no Chromium: sudo apt-get install chromium");

export const browserArgs = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"];

/** Every page type; whoever adds a page adds its address, with a role of the demo that sees it where not everybody does. */
export const pages = [
  "/",
  "/xa",
  "/xa?q=tan+trao",
  "/xa/250?nam=2024",
  "/xa/250?nam=2020",
  "/xa/250/chi-tieu/10.1?nam=2024",
  "/xa/250/neu-xet?nam=2024&bo=commune-2021-2025&theo=commune-advanced-2021-2025",
  "/xa/250/so-sanh?nam=2024&bo=commune-2021-2025&tb=tinh",
  "/xa/1113",
  "/xa/1113/ke-thua",
  ["/so-lieu/250/income.per_person/2024", "coordination"],
  ["/cham-lai", "administrator"],
  ["/xa/250/cong-bo?nam=2024", "coordination"],
  ["/xa/250/minh-chung", "coordination"],
  "/tu-dien-so-lieu?q=ty+le",
  "/api/problems",
  "/minh-chung",
  "/minh-chung?sap=cu",
  "/minh-chung/1",
  "/minh-chung/ket-qua/250/commune-2021-2025/2024",
  "/dang-nhap",
  "/du-lieu-ca-nhan",
  "/dat-mat-khau",
  "/don-vi",
  "/don-vi?q=tan+trao",
  "/don-vi/1113",
  ["/don-vi/ranh-gioi", "coordination"],
  "/co-quan",
  "/bieu",
  "/bieu/mau",
  "/bieu/06?nam=2026",
  "/bieu/06/vi-sao?nam=2026&o=1-3",
  "/tong-hop",
  ["/tong-hop?nam=2025", "coordination"],
  ["/tong-hop/nhan", "coordination"],
  ["/tong-hop/noi-nhan", "coordination"],
  "/lich-lam-viec?nam=2026",
  "/lich-lam-viec?nam=2027&tu=2027-02-01&so=10",
  ["/quan-tri/lich-lam-viec/2026-11-24", "coordination"],
  "/bo-tieu-chi",
  "/bo-tieu-chi/commune-2021-2025",
  "/bo-tieu-chi/commune-2026-2030",
  "/bo-tieu-chi/commune-2021-2025/10.1",
  "/bo-tieu-chi/commune-2021-2025/17.1",
  "/bo-tieu-chi/commune-2026-2030/4.1",
  "/bo-tieu-chi/district-2021-2025/1.1",
  "/bao-sai?trang=/xa/250",
  ["/bao-sai/danh-sach", "coordination"],
  "/nguon-va-phuong-phap/can-xac-nhan",
  ["/quan-tri/nguong", "coordination"],
  ["/quan-tri/nguong/moi?bo=commune-2021-2025", "coordination"],
  ["/quan-tri/nguong/moi?bo=commune-2026-2030", "coordination"],
  ["/quan-tri/xac-nhan", "coordination"],
  ["/quan-tri/xac-nhan/moi?bo=commune-2021-2025&chi_tieu=1.1", "coordination"],
  ["/quan-tri/bo-tieu-chi", "coordination"],
  ["/quan-tri/sap-xep", "coordination"],
  ["/quan-tri/kiem-tra", "coordination"],
  ["/quan-tri/viec", "administrator"],
  ["/quan-tri/thu", "administrator"],
  ["/quan-tri/tinh-trang", "administrator"],
  ["/quan-tri/webhook", "administrator"],
  ["/thong-bao", "administrator"],
  ["/quan-tri/sap-xep/moi", "coordination"],
  ["/quan-tri/don-vi/1113", "coordination"],
  ["/quan-tri/co-quan/moi", "coordination"],
  "/bo-tieu-chi/so-sanh?a=commune-2021-2025&b=commune-advanced-2021-2025&c=smart-commune",
  "/ban-do",
  "/kham-pha",
  "/kham-pha?sl=income.per_person&tu=2021",
  "/kham-pha?hang=huyen&tu=2021",
  "/kham-pha?sl=income.per_person&sl2=households",
  "/nguon-va-phuong-phap",
  "/tu-dien-so-lieu",
  ["/nhap-so-lieu", "coordination"],
  "/api",
  "/api/cach-dung",
  "/design",
  "/ngoai-tuyen",
  "/ngoai-tuyen?dut=1",
  "/khong-co-trang-nay",
  "/xa/tan-trao",
  "/tim-kiem",
  "/tim-kiem?q=tan",
  "/tim-kiem?q=tan+trap",
];

export const freePort = () =>
  new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Starts a demo of its own and waits until it serves; `prepare(data, base)` puts into its folder what it is to find there. */
export async function startDemo(binary, prepare = () => {}) {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), "langso-demo-"));
  const base = `http://127.0.0.1:${port}`;
  prepare(data, base);
  const demo = spawn(binary, ["demo", "--listen", `127.0.0.1:${port}`, "--data", data], { stdio: ["ignore", "ignore", "inherit"] });
  const stop = async () => {
    demo.kill("SIGTERM");
    await new Promise((done) => (demo.exitCode === null ? demo.once("exit", done) : done()));
    rmSync(data, { recursive: true, force: true });
  };
  for (let n = 0; n < 1200; n++) {
    try {
      if ((await fetch(`${base}/healthz`)).ok) return { base, stop };
    } catch {
      // not listening yet
    }
    if (demo.exitCode !== null) break;
    await new Promise((later) => setTimeout(later, 250));
  }
  await stop();
  throw new Error("the demo did not become ready");
}

/** The name of the person of the demo who holds a role, the first one. */
const names = new Map();
for (const line of readFileSync(new URL("../../crates/app/data/demo-people.csv", import.meta.url), "utf8").trim().split("\n").slice(1)) {
  const [name, , role] = line.split(",");
  if (!names.has(role)) names.set(role, name);
}

/** Logs a page in, from now on, as whoever holds a role in the demo, or bears a name there, by what the buttons of its login page send. */
export async function as(page, base, who) {
  // Whoever is logged in is sent on from that page.
  await page.context().clearCookies();
  const name = names.get(who) ?? who;
  const door = await (await page.request.get(`${base}/dang-nhap`)).text();
  const person = door.split("<li>").find((one) => one.includes(`>${name}<`))?.match(/name="person" value="(\d+)"/)?.[1];
  assert(person, `the login page has no button for ${name}`);
  const answer = await page.request.post(`${base}/dang-nhap/demo`, { form: { person, tiep: "" }, headers: { origin: base }, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
}

/** The code of a second factor's secret in base 32 at this moment (RFC 6238). */
export function codeOf(secret, later = 0) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "").replaceAll("=", "")].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const hash = createHmac("sha1", key).update(step).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** What walks are given: `walk(name, options, steps)`, the demo's address, and helpers. */
export async function start(binary, shots) {
  const demo = await startDemo(binary);
  const browser = await chromium.launch({ executablePath: browserPath, args: browserArgs });
  if (shots) mkdirSync(shots, { recursive: true });
  const count = { passed: 0, failed: 0 };

  /** A photograph of a whole page, where photographs were asked for. */
  async function photograph(page, name, options = { fullPage: true }) {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), ...options });
  }

  /**
   * `options`: those of a browser context, and `as`: the role of the demo in which it begins; without, as a stranger; `cut`: whose
   * line is cut now and then, of which the browser itself complains.
   */
  async function walk(name, { as: role, cut, ...options }, steps) {
    const context = await browser.newContext({ locale: "vi-VN", ...options });
    const page = await context.newPage();
    // A click that leads to a page returns as soon as its first bytes come: what is read then may be half a page.
    const click = page.click.bind(page);
    page.click = (...how) => click(...how).then(() => page.waitForLoadState());
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      const complains = cut && /net::ERR_|status of 503/.test(message.text());
      if (message.type() === "error" && !complains && !message.text().includes("status of 4")) errors.push(message.text());
    });
    try {
      if (role) await as(page, demo.base, role);
      await steps(page);
      assert.deepEqual(errors, []);
      count.passed += 1;
      console.log(`ok     ${name}`);
    } catch (error) {
      count.failed += 1;
      console.log(`FAILED ${name}\n${error.stack}`);
      await photograph(page, `failed-${count.failed}`).catch(() => {});
    }
    await context.close();
  }

  /** What needs no page: counted as the walks are. */
  async function plain(name, steps) {
    try {
      await steps();
      count.passed += 1;
      console.log(`ok     ${name}`);
    } catch (error) {
      count.failed += 1;
      console.log(`FAILED ${name}\n${error.stack}`);
    }
  }

  return { binary, base: demo.base, walk, plain, photograph, count, stop: () => browser.close().finally(demo.stop) };
}

/** axe-core has nothing to say, of all its rules or of these. */
export async function accessible(page, rules) {
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 200)).slice(0, 3).join(" | ")}`), []);
}

/** Draws a frame over a picture, as a finger does that covers a face. */
export async function drawFrame(page, canvas) {
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await canvas.boundingBox();
  await page.mouse.move(x + width * 0.2, y + height * 0.2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.5, y + height * 0.6, { steps: 4 });
  await page.mouse.up();
}

/** Where a page says what was done; the layout's own line says what waits on this device. */
export const status = "main [role=status]:not(#unsent)";

/** Presses a button by keyboard, and waits for where it leads. */
export async function press(page, selector) {
  await page.locator(selector).first().focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** The page says that something was done. */
export async function told(page, words) {
  assert.equal(await page.locator("main .card.ok", { hasText: words }).count(), 1, `${words} is not said`);
}

/** Fills whatever a criterion asks for with something it takes. */
export async function fill(page, number = "50") {
  for (const section of await page.locator("#entry section.field").all()) {
    const radio = section.locator('input[type="radio"][value="true"]');
    if (await radio.count()) await radio.check();
    const text = section.locator('input[name^="v."]:not([type="radio"])');
    if (await text.count()) await text.fill(number);
  }
}

/** Nothing reaches beyond the right edge. */
export async function fits(page) {
  const [width, view, beyond] = await page.evaluate(() => {
    const view = document.documentElement.clientWidth;
    const beyond = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > view + 1);
    return [document.documentElement.scrollWidth, view, beyond.slice(-1).map((e) => e.outerHTML.slice(0, 160))];
  });
  assert(width <= view, `${width} px wide where ${view} are seen: ${beyond}`);
}
