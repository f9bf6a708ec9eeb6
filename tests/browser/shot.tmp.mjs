import { chromium } from "playwright-core";
const [, , base, out, ...paths] = process.argv;
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-unsafe-swiftshader"] });
for (const p of paths) for (const [n, w, h] of [["p", 360, 740], ["d", 1280, 900]]) {
  const page = await browser.newPage({ viewport: { width: w, height: h } });
  await page.goto(base + p, { waitUntil: "networkidle" });
  await page.screenshot({ path: `${out}/${n}${p.replace(/[^a-z0-9]+/gi, "_")}.png`, fullPage: process.env.FULL === "1" });
  await page.close();
}
await browser.close();
