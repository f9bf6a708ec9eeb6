// Walks the main jobs in a real Chromium against a real demo: one file a topic, all of them or those named in LANGSO_WALKS
// ("looks,budgets"). Usage: node run.mjs PATH-OF-LANGSO [FOLDER-FOR-SCREENSHOTS]
import { start } from "./harness.mjs";

const topics = ["queue", "photos", "pages", "pages-en", "login", "passkey", "oidc", "ledger", "accounts", "reasons", "reports", "admin-law", "reporting", "campaign", "grid", "search", "api", "keyboard", "looks", "figures", "evidence", "explore", "map", "budgets", "offline", "attach"];

const [, , binary, shots] = process.argv;
const wanted = process.env.LANGSO_WALKS?.split(",") ?? topics;
const unknown = wanted.filter((topic) => !topics.includes(topic));
if (unknown.length) throw new Error(`no walks of ${unknown}; there are ${topics}`);

const site = await start(binary, shots);
try {
  for (const topic of topics.filter((t) => wanted.includes(t))) {
    const began = performance.now();
    await (await import(`./${topic}.mjs`)).default(site);
    console.log(`       ${topic}: ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
} finally {
  await site.stop();
}
const { passed, failed } = site.count;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
