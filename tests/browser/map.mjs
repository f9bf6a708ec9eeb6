// The map: a picture without a script, with one a map to move about in.
import { desktop } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
  await walk("the map draws, and says that its edges are approximate", desktop, async (page) => {
    await page.goto(base + "/ban-do");
    await page.waitForSelector("#map[data-ready=true]", { timeout: 30000 });
    assert.match(await page.innerText("main"), /Ranh giới gần đúng/);
    await photograph(page, "map", {});
  });
}
