// Figures come in: files refused at their lines, previewed, recorded; one figure edited with evidence; templates.
import { accessible, as, desktop, phone, status } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function ({ base, walk, photograph }) {
  await walk("a file with problems is refused at its lines, a good one is previewed, recorded and shown", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
    const send = async (text) => {
      await page.goto(base + "/nhap-so-lieu");
      await page.setInputFiles("#file", { name: "so-lieu.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.getByRole("button", { name: "Kiểm tra" }).click();
    };
    await send("unit_code;period;indicator;value\n02308;2024;10.1;41.200\n99999;2024;8.4;đạt\n02308;2024;2.1;120\n");
    const refused = await page.innerText("main [role=alert]");
    for (const wanted of [/dòng 2: .*41,2 hay 41200/, /dòng 3: .*99999/, /dòng 4: .*100%/, /3 lỗi/]) assert.match(refused, wanted);
    await send("unit_code;period;indicator;value\n02308;2024;10.1;61,7\n");
    assert.match(await page.innerText("main"), /1 số thay đổi/);
    assert.match(await page.innerText("main"), /61,7/);
    await page.getByRole("button", { name: "Ghi", exact: true }).click();
    assert.match(await page.innerText(status), /Chưa công bố/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.doesNotMatch(await page.innerText("#tc-10"), /61,7/, "unpublished figures are not the public's");
    await send("unit_code;period;indicator;value\n02308;2024;10.1;61,7\n");
    await page.check("[name=publish]");
    await page.getByRole("button", { name: "Ghi", exact: true }).click();
    assert.match(await page.innerText(status), /Đã công bố/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.match(await page.textContent("#tc-10"), /61,7/);
    // What was taken in keeps a permanent address.
    await page.goto(base + "/id/import/2");
    assert.match(await page.innerText("main"), /so-lieu.csv/);
  });

  await walk("a large file is committed by a job whose page says how far it is, without JavaScript", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
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
    assert.match(await page.innerText(status), /[\d.]+ số mới, [\d.]+ số thay đổi/);
  });

  await walk("a figure is edited with evidence: problems at their fields, a conflict shows both values, nothing typed is lost", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
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
    const elsewhere = await page.context().browser().newContext();
    const officer = await elsewhere.newPage();
    await as(officer, base, "commune_officer");
    const other = await officer.request.post(`${base}/api/v1/units/250/figures/sanitation.household_share/2024/edits`, {
      headers: { "if-match": `"${seen}"`, origin: base }, data: { value: "81,5", source: "12/BC" },
    });
    assert.equal(other.status(), 200, await other.text());
    await elsewhere.close();
    await page.fill("#value", "82,25");
    await page.fill("#source", "Biên bản 07");
    await page.getByRole("button", { name: "Lưu" }).click();
    const conflict = await page.innerText("main [role=alert]");
    for (const wanted of [/82,25/, /81,5%/]) assert.match(conflict, wanted);
    await page.check("[name=publish]");
    const key = await page.inputValue("[name=key]");
    await page.getByRole("button", { name: "Lưu" }).click();
    assert.match(await page.innerText(status), /Đã lưu/);
    assert.match(await page.innerText("main"), /82,25%.*đã công bố/);
    const file = await page.getByRole("link", { name: "bien-ban.txt" }).getAttribute("href");
    const answer = await fetch(base + file);
    assert.deepEqual([await answer.text(), answer.headers.get("content-disposition")], ["biên bản", "attachment; filename*=UTF-8''bien%2Dban%2Etxt"]);
    // The same key with another body is refused, not recorded.
    const refused = await page.request.post(address + "/sua", { multipart: { key, seen, value: "50", source: "x", origin: "declared" }, headers: { origin: base } });
    assert.equal(refused.status(), 409);
    assert.match(await refused.text(), /Biểu mẫu này đã được gửi rồi/);
    await page.goto(base + "/xa/250?nam=2024");
    assert.match(await page.textContent("main"), /82,25%/);
  });

  for (const [name, options] of [["phone without JavaScript", { ...phone, as: "coordination", javaScriptEnabled: false }], ["desktop", { ...desktop, as: "coordination" }]]) {
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
      const refused = await page.innerText("main [role=alert]");
      for (const wanted of [/dòng 2: .*1 hay 1650|dòng 2: .*1,65 hay 1650/, /dòng 4: .*100%/, /2 lỗi/]) assert.match(refused, wanted);
      await photograph(page, `intake-partly-${name.replaceAll(" ", "-")}`);
      if (options.javaScriptEnabled !== false) await accessible(page);
      await page.getByRole("button", { name: "Ghi 1 dòng đúng, bỏ 2 dòng lỗi" }).click();
      await page.locator(status, { hasText: /Đã ghi/ }).waitFor();
    });
  }
}
