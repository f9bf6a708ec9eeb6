// Lighthouse on a throttled phone: accessibility, best practices and search engines are asserted, in both languages;
// performance and the largest paint, which depend on the machine, are said: the median of five.
// Usage: node run.mjs PATH-OF-LANGSO
import lighthouse from "lighthouse";
import { browserArgs, browserPath, freePort, startDemo } from "../browser/harness.mjs";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RUNS = 5;
const asserted = ["accessibility", "best-practices", "seo"];
const pages = ["/", "/xa/250?nam=2024", "/bo-tieu-chi/commune-2021-2025", "/ban-do", "/en"];

const [, , binary] = process.argv;
const demo = await startDemo(binary);
const port = await freePort();
const profile = mkdtempSync(join(tmpdir(), "langso-lighthouse-"));
const chromium = spawn(browserPath, [...browserArgs, "--headless=new", `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`, "about:blank"], { stdio: "ignore" });
let passed = 0;
let failed = 0;

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** A report of a page; waits for the browser to listen. */
async function report(address, categories) {
  for (let tries = 0; ; tries++) {
    try {
      const result = await lighthouse(address, { port, onlyCategories: categories, logLevel: "error" });
      return result.lhr;
    } catch (error) {
      if (tries >= 20 || error.cause?.code !== "ECONNREFUSED") throw error;
      await new Promise((later) => setTimeout(later, 500));
    }
  }
}

try {
  for (const path of pages) {
    const lhr = await report(demo.base + path, asserted);
    for (const category of asserted) {
      const { score, auditRefs } = lhr.categories[category];
      const wrong = auditRefs.map((ref) => lhr.audits[ref.id]).filter((audit) => audit.score !== null && audit.score < 1);
      if (score === 1) passed += 1;
      else failed += 1;
      console.log(`${score === 1 ? "ok    " : "FAILED"} ${path} ${category} ${Math.round(score * 100)} ${wrong.map((audit) => `${audit.id}: ${JSON.stringify(audit.details?.items?.slice(0, 3) ?? "").slice(0, 600)}`).join("; ")}`);
    }
    const runs = [];
    for (let n = 0; n < RUNS; n++) runs.push(await report(demo.base + path, ["performance"]));
    const score = median(runs.map((r) => r.categories.performance.score));
    const paint = median(runs.map((r) => r.audits["largest-contentful-paint"].numericValue));
    console.log(`       ${path}: performance ${Math.round(score * 100)}, largest paint ${(paint / 1000).toFixed(1)} s (medians of ${RUNS})`);
  }
} finally {
  chromium.kill("SIGTERM");
  await new Promise((done) => (chromium.exitCode === null ? chromium.once("exit", done) : done()));
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  await demo.stop();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
