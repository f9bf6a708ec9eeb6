// From home to the reason of a verdict: phone, desktop, without JavaScript.
import { desktop, phone } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
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
      await first.locator("a.why").first().click();
      assert.match(await page.innerText("main"), /318\/QĐ-TTg/);
      await photograph(page, `walk-${name.replaceAll(" ", "-")}`, {});
    });
  }
}
