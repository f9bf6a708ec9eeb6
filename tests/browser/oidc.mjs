// Logging in at a real provider of OpenID Connect (`oidc-provider`, certified by the OpenID Foundation), run here: an account
// made by its word, with its role; the same again; an account linked and unlinked; without JavaScript; at 360 px.
import { accessible, fits, freePort, phone, startDemo, status } from "./harness.mjs";
import Provider from "oidc-provider";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

/** People of the provider: what it says of each. */
const people = {
  hoa: { preferred_username: "hoa.tinh", name: "Lý Thị Hoa", email: "hoa@tinh.example", groups: ["can-bo-tan-my"] },
  mai: { preferred_username: "mai.tinh", name: "Nông Thị Mai", groups: ["tham-dinh"] },
  la: { preferred_username: "la.tinh", name: "Người Lạ", groups: [] },
};

async function provider(client, port, redirect) {
  const issuer = `http://127.0.0.1:${port}`;
  const oidc = new Provider(issuer, {
    clients: [{ client_id: client, client_secret: "mot-bi-mat-that-dai", redirect_uris: redirect, grant_types: ["authorization_code"], response_types: ["code"] }],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"], groups: ["groups"] },
    scopes: ["openid", "profile", "email", "groups"],
    pkce: { required: () => true },
    findAccount: (_, id) => (people[id] ? { accountId: id, claims: () => ({ sub: id, ...people[id] }) } : undefined),
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["mot-khoa-de-thu"] },
  });
  const server = createServer(oidc.callback());
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return { issuer, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

const configuration = (issuer) => `
[[provider]]
name = "tinh"
title = "Tài khoản của tỉnh"
issuer = "${issuer}"
client_id = "langso"
client_secret_file = "oidc-secret.txt"
scopes = ["profile", "email", "groups"]
create = true
[[provider.role]]
claim = "groups"
value = "can-bo-tan-my"
role = "commune_officer"
unit = "UNIT"
[[provider.role]]
claim = "groups"
value = "tham-dinh"
role = "auditor"
[[provider]]
name = "khong-tao"
title = "Nơi khác"
issuer = "${issuer}"
client_id = "langso"
client_secret_file = "oidc-secret.txt"
scopes = ["profile"]
`;

/** The provider's page asks the network for a font: it gets none. */
const alone = (page) => page.route(/fonts\.g(oogleapis|static)\.com/, (route) => route.fulfill({ contentType: "text/css", body: "" }));

/** Logs in at the provider as one of its people, and agrees. */
async function there(page, who) {
  await page.waitForURL(/\/interaction\//);
  const login = page.locator("input[name=login]");
  if (await login.count()) {
    await login.fill(who);
    await page.fill("input[name=password]", "gi cung duoc");
    await page.click("button[type=submit]");
    await page.waitForLoadState();
  }
  if (/\/interaction\//.test(page.url())) await page.click("button[type=submit]");
}

async function leave(page, base) {
  await page.goto(base + "/tai-khoan");
  await page.click("main form[action$='/dang-xuat'] button");
  await page.waitForURL((url) => !url.pathname.startsWith("/tai-khoan"));
}

export default async function ({ binary, base: ours, walk, photograph }) {
  const unit = (await (await fetch(ours + "/api/v1/units/250")).json()).unit.code;
  let real;
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const demo = await startDemo(binary, (data) => {
    writeFileSync(join(data, "oidc.toml"), configuration(issuer).replace("UNIT", unit));
    writeFileSync(join(data, "oidc-secret.txt"), "mot-bi-mat-that-dai\n", { mode: 0o600 });
  });
  const base = demo.base;
  try {
    await walk("a provider that is not there is said so, and the password is still a way", phone, async (page) => {
      await page.goto(base + "/dang-nhap");
      await page.click("main a:has-text('Tài khoản của tỉnh')");
      assert.match(await page.innerText("main [role=alert]:visible"), /không trả lời/);
      assert.equal(await page.locator("#password").isVisible(), true);
      await fits(page);
    });

    real = await provider("langso", port, ["tinh", "khong-tao"].map((name) => `${base}/dang-nhap/oidc/${name}/ve`));

    await walk("an account is made by a provider's word, with the role of its claim, and is the same the next time", { ...phone, javaScriptEnabled: false }, async (page) => {
      await alone(page);
      await page.goto(base + "/dang-nhap?tiep=/tai-khoan");
      await fits(page);
      await photograph(page, "login-oidc");
      await page.click("main a:has-text('Tài khoản của tỉnh')");
      await there(page, "hoa");
      await page.waitForURL(base + "/tai-khoan");
      assert.match(await page.innerText("main"), /Lý Thị Hoa[^]*hoa\.tinh[^]*Công chức xã[^]*do tinh xác nhận[^]*Tân Mỹ/);
      await fits(page);
      await photograph(page, "account-oidc");
      // Whoever enters figures may look at jobs, of which there is none of this number.
      assert.equal((await page.goto(base + "/viec/999999")).status(), 404);
      assert.equal((await page.goto(base + "/quan-tri/nguoi")).status(), 403);
      await leave(page, base);
      // The claim is gone: so is the role.
      people.hoa.groups = [];
      await page.goto(base + "/dang-nhap/oidc/tinh?tiep=/tai-khoan");
      if (/\/interaction\//.test(page.url())) await there(page, "hoa");
      await page.waitForURL(base + "/tai-khoan");
      assert.match(await page.innerText("main"), /Lý Thị Hoa[^]*Đã kết thúc/i);
      assert.equal((await page.goto(base + "/viec/999999")).status(), 403);
    });

    await walk("who needs two factors and showed one is led to ours; who is linked with nobody is let in nowhere", { ...phone, javaScriptEnabled: false }, async (page) => {
      await alone(page);
      await page.goto(base + "/dang-nhap/oidc/tinh?tiep=/nhat-ky");
      await there(page, "mai");
      await page.waitForURL(/tai-khoan\/xac-thuc/);
      await leave(page, base);
      await page.context().clearCookies();
      await page.goto(base + "/dang-nhap/oidc/khong-tao");
      await there(page, "la");
      await page.waitForURL(/oidc\/khong-tao\/ve/);
      assert.match(await page.innerText("main [role=alert]"), /chưa nối với tài khoản nào/);
      await page.reload();
      assert.match(await page.innerText("main [role=alert]"), /quá hạn, đã dùng rồi/, "an answer is taken twice");
    });

    await walk("an account is linked by whom it is, logs in by the provider, and is unlinked", phone, async (page) => {
      await alone(page);
      await page.goto(base + "/dang-nhap");
      await page.click(`main button:has-text("Triệu Thị Nga")`);
      await page.waitForURL((url) => !url.pathname.endsWith("/dang-nhap"));
      await page.goto(base + "/quan-tri/nguoi");
      await page.fill("#name", "Bế Văn Nối");
      await page.fill("#login", "noi-moi");
      await page.click("main form.narrow button");
      await page.waitForURL(/quan-tri\/nguoi\/\d+/);
      await page.click("main button:has-text('Cấp mã')");
      const code = await page.innerText(`${status} code`);
      await leave(page, base);
      await page.goto(base + "/dat-mat-khau");
      await page.fill("#code", code);
      await page.fill("#password", "sáu con trâu ăn cỏ");
      await page.click("main form button");
      await page.waitForSelector(status);
      await page.goto(base + "/dang-nhap?tiep=/tai-khoan/lien-ket");
      await page.fill("#login", "noi-moi");
      await page.fill("#password", "sáu con trâu ăn cỏ");
      await page.locator("#password").press("Enter");
      await page.waitForURL(/lien-ket$/);
      await fits(page);
      await accessible(page);
      await photograph(page, "links");
      await page.fill("#old", "sai");
      await page.click("main button:has-text('Nối với Nơi khác')");
      assert.match(await page.innerText("main [role=alert]"), /Mật khẩu hiện tại không đúng/);
      await page.fill("#old", "sáu con trâu ăn cỏ");
      await page.click("main button:has-text('Nối với Nơi khác')");
      await page.waitForSelector("main a.button");
      await fits(page);
      await accessible(page);
      await page.click("main a.button");
      await there(page, "la");
      await page.waitForURL(/lien-ket\?xong=noi/);
      await leave(page, base);
      await page.goto(base + "/dang-nhap/oidc/khong-tao?tiep=/tai-khoan/lien-ket");
      if (/\/interaction\//.test(page.url())) await there(page, "la");
      await page.waitForURL(/lien-ket$/);
      await page.click("main a:has-text('Bỏ nối')");
      await page.fill("#old", "sáu con trâu ăn cỏ");
      await page.click("main button:has-text('Bỏ nối với Nơi khác')");
      await page.waitForURL(/lien-ket\?xong=bo/);
    });
  } finally {
    await real?.stop();
    await demo.stop();
  }
}
