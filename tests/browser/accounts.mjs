// Tokens of programs and personal data, as their owner and as an administrator meet them: on a phone, without JavaScript, by keyboard.
import { accessible, fits, phone, press } from "./harness.mjs";
import assert from "node:assert/strict";

/** Enters the demo as whoever has this name. */
async function enter(page, base, name) {
  await page.goto(base + "/dang-nhap");
  await Promise.all([page.waitForNavigation(), page.click(`main button:has-text("${name}")`)]);
}

export default async function ({ base, walk, photograph }) {
  const still = { ...phone, javaScriptEnabled: false };
  const password = "tám con vịt lội ao";

  await walk("somebody makes a token, takes their data away, and is erased by an administrator", still, async (page) => {
    await enter(page, base, "Triệu Thị Nga");
    await page.goto(base + "/quan-tri/nguoi?sap=newest");
    await page.fill("#name", "Lục Thị Mận");
    await page.fill("#login", "man.luc");
    await press(page, "main form.narrow button");
    const person = new URL(page.url()).pathname;
    await page.selectOption("#role", "editor");
    await press(page, `main form[action$="/vai-tro"] button`);
    assert.match(await page.innerText("main table"), /Biên tập viên/);
    await press(page, "main button:has-text('Cấp mã')");
    const code = await page.innerText("main .card.ok code");
    await page.goto(base + "/tai-khoan");
    await press(page, 'main form[action$="/dang-xuat"] button');
    await page.goto(base + "/dat-mat-khau");
    await page.fill("#code", code);
    await page.fill("#password", password);
    await press(page, "main form button");
    await page.goto(base + "/dang-nhap?tiep=/tai-khoan/khoa");
    await page.fill("#login", "man.luc");
    await page.fill("#password", password);
    await press(page, "main form button");

    assert.equal(new URL(page.url()).pathname, "/tai-khoan/khoa");
    await fits(page);
    await page.fill("#name", "Kho dữ liệu");
    await page.locator("main fieldset input[type=checkbox]").first().focus();
    await page.keyboard.press("Space");
    await page.fill("#old", "không phải mật khẩu này");
    await press(page, "main form.narrow button");
    assert.match(await page.innerText("main [role=alert]"), /không đúng/);
    assert.equal(await page.inputValue("#name"), "Kho dữ liệu", "what was typed is gone");
    assert.ok(await page.locator("main fieldset input[type=checkbox]").first().isChecked());
    await page.fill("#old", password);
    await press(page, "main form.narrow button");
    const token = await page.innerText("main .card.ok code");
    assert.match(token, /^langso_[0-9a-f]{64}$/);
    await fits(page);
    await photograph(page, "token-new");
    await page.goto(base + "/tai-khoan/khoa");
    assert.ok(!(await page.content()).includes(token), "a token is shown twice");
    const asked = await fetch(`${base}/api/v1/tokens`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(asked.status, 403, "a token does more than was chosen");
    await press(page, "main td button:has-text('Thu hồi')");
    assert.match(await page.innerText("main table"), /đã thu hồi/);

    await page.goto(base + "/tai-khoan/du-lieu");
    await fits(page);
    await photograph(page, "own-data");
    assert.match(await page.innerText("main"), /Nhật ký[^]*Tài khoản|Tài khoản[^]*Nhật ký/);
    const file = await (await page.request.get(base + "/tai-khoan/du-lieu.json")).json();
    assert.equal(file.data.account[0].login, "man.luc");
    await page.goto(base + "/du-lieu-ca-nhan");
    await fits(page);
    assert.match(await page.innerText("main"), /cần xác nhận/);
    await page.goto(base + "/tai-khoan");
    await press(page, 'main form[action$="/dang-xuat"] button');

    await enter(page, base, "Triệu Thị Nga");
    await page.goto(`${base}${person}/du-lieu`);
    await page.fill("#reason", "thôi việc, có đơn");
    await page.fill("#login", "nham");
    await press(page, "main form.narrow button");
    assert.match(await page.innerText("main [role=alert]"), /không khớp/);
    assert.equal(await page.inputValue("#reason"), "thôi việc, có đơn");
    await page.fill("#login", "man.luc");
    await press(page, "main form.narrow button");
    assert.match(await page.innerText("main"), /đã được xóa; chỉ còn số/);
    assert.ok(!(await page.content()).includes("Lục Thị Mận"), "the name is still there");
    await fits(page);
  });

  await walk("the pages of tokens, data and approval are accessible in both languages", phone, async (page) => {
    await enter(page, base, "Triệu Thị Nga");
    for (const lang of ["", "/en"]) {
      for (const path of ["/tai-khoan/khoa", "/tai-khoan/du-lieu", "/du-lieu-ca-nhan", "/quan-tri/cho-duyet", "/quan-tri/nguoi"]) {
        await page.goto(base + lang + path);
        await fits(page);
        await accessible(page);
      }
    }
    await photograph(page, "people-en");
  });
}
