// In and out: by a role of the demo, by a code and a password, by a second factor; on a phone, without JavaScript, by keyboard.
import { accessible, codeOf, fits, phone, status } from "./harness.mjs";
import assert from "node:assert/strict";

/** Enters the demo as whoever has this name. */
async function enter(page, base, name) {
  await page.goto(base + "/dang-nhap");
  await page.click(`main button:has-text("${name}")`);
  await page.waitForURL((url) => !url.pathname.endsWith("/dang-nhap"));
}

export default async function ({ base, walk, photograph }) {
  const still = { ...phone, javaScriptEnabled: false };

  await walk("the login page weighs at most 30 KB and says at its form what was wrong", still, async (page) => {
    let bytes = 0;
    page.on("response", async (answer) => (bytes += Number((await answer.request().sizes()).responseBodySize)));
    await page.goto(base + "/dang-nhap?tiep=/tai-khoan", { waitUntil: "networkidle" });
    await fits(page);
    await photograph(page, "login");
    await page.fill("#login", "khong-co-ai");
    await page.fill("#password", "khong dung dau");
    await page.click("main form button");
    assert.match(await page.innerText("main [role=alert]"), /không đúng/);
    assert.equal(await page.inputValue("#login"), "khong-co-ai");
    const page_only = (await (await page.request.get(base + "/dang-nhap")).body()).length;
    assert.ok(page_only < 30_000, `${page_only} bytes`);
  });

  await walk("somebody new is given a role and a code, sets a password, turns the second factor on and comes back", phone, async (page) => {
    await enter(page, base, "Triệu Thị Nga");
    await page.goto(base + "/quan-tri/nguoi");
    await fits(page);
    await accessible(page);
    await photograph(page, "people");
    await page.fill("#name", "Hứa Văn Thử");
    await page.fill("#login", "thu-nghiem");
    await page.click("main form.narrow button");
    await page.waitForURL(/quan-tri\/nguoi\/\d+/);
    await page.selectOption("#role", "appraiser");
    await page.fill("#unit", "999999");
    await page.click("main form.narrow button");
    assert.match(await page.innerText("main [role=alert]"), /Không tìm thấy đơn vị/);
    await page.selectOption("#role", "appraiser");
    await page.fill("#unit", "250");
    await page.click("main form.narrow button");
    // Power takes a second administrator: for the role, then for the code, of which each has a half.
    assert.match(await page.innerText("main"), /đang chờ người quản trị thứ hai/);
    const person = page.url();
    const leave = async () => {
      await page.goto(base + "/tai-khoan");
      await Promise.all([page.waitForNavigation(), page.click("main form[action$='/dang-xuat'] button")]);
    };
    const approve = async () => {
      await leave();
      await enter(page, base, "Đàm Văn Hiếu");
      await page.goto(base + "/quan-tri/cho-duyet");
      await fits(page);
      await accessible(page);
      await photograph(page, "proposals");
      const button = page.locator("main section:has-text('Hứa Văn Thử') button[value=approve]");
      await button.focus();
      await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    };
    await approve();
    await leave();
    await enter(page, base, "Triệu Thị Nga");
    await page.goto(person);
    assert.match(await page.innerText("main table"), /Tân Mỹ/);
    await page.click("main button:has-text('Cấp mã')");
    const first = await page.innerText("main .card.ok code");
    assert.match(first, /^[0-9A-Z]{5}-[0-9A-Z]{5}$/);
    await photograph(page, "person");
    await accessible(page);
    await approve();
    const code = `${first}-${await page.innerText("main .card.ok code")}`;
    assert.match(code, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$/);
    await leave();

    await page.goto(base + "/dat-mat-khau");
    await page.fill("#code", code.toLowerCase());
    await page.fill("#password", "12345678");
    await page.click("main form button");
    assert.match(await page.innerText("main [role=alert]"), /quá nhiều người biết/);
    await page.fill("#password", "ba con trâu uống nước");
    await page.click("main form button");
    assert.match(await page.innerText(status), /thu-nghiem/);
    await page.goto(base + "/dat-mat-khau");
    await page.fill("#code", code);
    await page.fill("#password", "bốn con trâu uống nước");
    await page.click("main form button");
    assert.match(await page.innerText("main [role=alert]"), /đã dùng/);

    const log_in = async () => {
      await page.goto(base + "/dang-nhap?tiep=/tai-khoan");
      await page.fill("#login", "thu-nghiem");
      await page.fill("#password", "ba con trâu uống nước");
      await Promise.all([page.waitForNavigation(), page.locator("#password").press("Enter")]);
    };
    await log_in();
    // Who appraises needs a second factor, and is led to it first.
    await page.goto(base + "/don-vi/ranh-gioi");
    await page.goto(base + "/xa/250/cong-bo");
    await page.waitForURL(/tai-khoan\/xac-thuc/);
    await accessible(page);
    await photograph(page, "second-factor");
    const secret = await page.innerText("main code");
    await page.fill("#code", codeOf(secret));
    await page.fill("#old", "ba con trâu uống nước");
    await page.locator("#old").press("Enter");
    await page.waitForURL(/tai-khoan$/);
    assert.match(await page.innerText("main"), /Đã bật/);
    await Promise.all([page.waitForNavigation(), page.click("main form[action$='/dang-xuat'] button")]);
    await log_in();
    await page.waitForURL(/dang-nhap\/ma/);
    await page.fill("#code", codeOf(secret));
    await page.locator("#code").press("Enter");
    assert.match(await page.innerText("main [role=alert]"), /đã dùng/, "a code is taken twice");
    await fits(page);
    // The next code of the phone is right already.
    await page.fill("#code", codeOf(secret, 1));
    await Promise.all([page.waitForNavigation(), page.locator("#code").press("Enter")]);
    await page.goto(base + "/tai-khoan/ma-du-phong");
    await accessible(page);
    await page.fill("#old", "ba con trâu uống nước");
    await page.fill("#now", "000000");
    await page.locator("#now").press("Enter");
    assert.match(await page.innerText("main [role=alert]"), /Mã không đúng/);
  });

  await walk("the people of a spreadsheet are checked cell by cell, previewed, written, and get slips", still, async (page) => {
    await enter(page, base, "Triệu Thị Nga");
    await page.goto(base + "/quan-tri/nguoi/nhap");
    const send = async (text) => {
      await page.setInputFiles("#file", { name: "nguoi.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
      await Promise.all([page.waitForNavigation(), page.click("main form.narrow button")]);
    };
    const head = "Họ và tên,Tên đăng nhập,Thư,Vai trò,Mã,Tiêu chí,Từ,Đến\n";
    await send(head + "Ai đó,ai do,,vua,,,,\n");
    assert.match(await page.innerText("main [role=alert]"), /B2[^]*D2[^]*E2/);
    await send(head + "Nguyễn Thị Thử,thu.kiemtoan,,Biên tập viên,,,,\nNguyễn Thị Thử,thu.kiemtoan,,Công chức xã,02308,,,\n");
    assert.match(await page.innerText(status), /Sẽ thêm 1 người và 2 vai trò/);
    await photograph(page, "roster-preview");
    await fits(page);
    await page.click(`${status} button`);
    assert.match(await page.innerText("main"), /Đã thêm 1 người[^]*thu\.kiemtoan/);
    assert.match(await page.innerText("main section code:last-of-type"), /./);
    await photograph(page, "roster-slips");
    await fits(page);
  });

  await walk("a commune officer sees the drafts of their own commune and is sent away from another's", { ...still }, async (page) => {
    await enter(page, base, "Nguyễn Thị Hồng");
    const own = await page.goto(base + "/xa/250/cong-bo");
    assert.equal(own.status(), 200);
    await page.goto(base + "/tai-khoan");
    await page.click("main form[action$='/dang-xuat'] button");
    await enter(page, base, "Ma Thị Lan");
    const refused = await page.goto(base + "/quan-tri/nguoi");
    assert.equal(refused.status(), 403);
    assert.match(await page.innerText("main"), /vai trò khác/);
  });
}
