// Passkeys with Chromium's own virtual authenticator, at 360 px: made at the account, used at the login, removed again.
import { accessible, fits, phone, status } from "./harness.mjs";
import assert from "node:assert/strict";

const password = "năm con trâu qua sông";

/** An authenticator of the browser's, as a telephone has one. */
async function authenticator(page, verified = true) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: verified, automaticPresenceSimulation: true };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", { options });
  return { devtools, authenticatorId };
}

/** Somebody new with a password and a role; leaves nobody logged in. */
async function somebody(page, base, login) {
  await page.goto(base + "/dang-nhap");
  await page.click(`main button:has-text("Triệu Thị Nga")`);
  await page.waitForURL((url) => !url.pathname.endsWith("/dang-nhap"));
  await page.goto(base + "/quan-tri/nguoi");
  await page.fill("#name", "Bế Văn Khóa");
  await page.fill("#login", login);
  await page.click("main form.narrow button");
  await page.waitForURL(/quan-tri\/nguoi\/\d+/);
  await page.selectOption("#role", "commune_officer");
  await page.fill("#unit", "250");
  await page.click("main form.narrow button");
  await page.click("main button:has-text('Cấp mã')");
  const code = await page.innerText(`${status} code`);
  await page.goto(base + "/tai-khoan");
  await leave(page);
  await page.goto(base + "/dat-mat-khau");
  await page.fill("#code", code);
  await page.fill("#password", password);
  await page.click("main form button");
  await page.waitForSelector(status);
}

async function leave(page) {
  await page.click("main form[action$='/dang-xuat'] button");
  await page.waitForURL((url) => !url.pathname.startsWith("/tai-khoan"));
}

export default async function ({ base, walk, photograph }) {
  // Browsers make passkeys for a name, not for a number.
  const site = base.replace("127.0.0.1", "localhost");

  await walk("a passkey is made, logs in by one touch with both factors, and is removed", phone, async (page) => {
    const { devtools, authenticatorId } = await authenticator(page);
    await somebody(page, site, "khoa-moi");
    await page.goto(site + "/dang-nhap?tiep=/tai-khoan");
    await page.fill("#login", "khoa-moi");
    await page.fill("#password", password);
    await page.locator("#password").press("Enter");
    await page.waitForURL(/tai-khoan$/);
    await page.click("main a[href$='/tai-khoan/passkey']");
    await fits(page);
    await accessible(page);
    await page.fill("#old", "không phải mật khẩu");
    await page.locator("#old").press("Enter");
    assert.match(await page.innerText("main [role=alert]"), /Mật khẩu hiện tại không đúng/);
    await page.fill("#old", password);
    await page.locator("#old").press("Enter");
    await page.waitForSelector("form[data-passkey]:not([hidden])");
    await fits(page);
    await accessible(page);
    await photograph(page, "passkey-new");
    await page.fill("#name", "điện thoại thử");
    await page.locator("#name").press("Enter");
    await page.waitForURL(/passkey\?xong=moi/);
    assert.match(await page.innerText("main table"), /điện thoại thử[^]*chưa dùng/);
    await photograph(page, "passkeys");
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    assert.deepEqual([credentials.length, credentials[0].isResidentCredential, credentials[0].rpId], [1, true, "localhost"]);

    await page.goto(site + "/tai-khoan");
    await leave(page);
    await page.goto(site + "/dang-nhap?tiep=/xa/250/cong-bo");
    await fits(page);
    await accessible(page);
    await photograph(page, "login-passkey");
    // By keyboard alone.
    await page.locator("form[data-passkey] button").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.pathname === "/xa/250/cong-bo", { timeout: 15_000 });
    await page.goto(site + "/tai-khoan/passkey");
    assert.doesNotMatch(await page.innerText("main table"), /chưa dùng/);
    assert.match(await page.innerText("main table"), /điện thoại thử/);

    await page.click("main table a");
    await fits(page);
    await accessible(page);
    await page.fill("#old", password);
    await page.locator("#old").press("Enter");
    await page.waitForURL(/passkey\?xong=bo/);
    assert.match(await page.innerText("main"), /Chưa có passkey nào/);
    await page.goto(site + "/tai-khoan");
    await leave(page);
    await page.goto(site + "/dang-nhap");
    await page.click("form[data-passkey] button");
    await page.waitForSelector("main [role=alert]:not([hidden])");
    assert.match(await page.innerText("main [role=alert]:visible"), /không có tài khoản nào dùng passkey/);
  });

  await walk("who does not show who they are is not let in by a passkey, and without JavaScript there is none", phone, async (page) => {
    await authenticator(page, false);
    await page.goto(site + "/dang-nhap");
    await page.click("form[data-passkey] button");
    await page.waitForSelector("[data-said]:not([hidden])", { timeout: 15_000 });
    assert.match(await page.innerText("[data-said]"), /dừng lại/);
    assert.match(new URL(page.url()).pathname, /dang-nhap$/);
  });

  await walk("the login page all told, fonts and scripts too, weighs at most 30 KB", phone, async (page) => {
    const devtools = await page.context().newCDPSession(page);
    let [bytes, requests] = [0, 0];
    await devtools.send("Network.enable");
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => ([bytes, requests] = [bytes + encodedDataLength, requests + 1]));
    await page.goto(site + "/dang-nhap", { waitUntil: "networkidle" });
    console.log(`       ${bytes} bytes in ${requests} requests`);
    assert(requests >= 4 && bytes <= 30_000, `${bytes} bytes`);
  });

  await walk("without JavaScript the login keeps its way by password", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(site + "/dang-nhap");
    assert.equal(await page.locator("form[data-passkey]").isVisible(), false);
    assert.equal(await page.locator("#password").isVisible(), true);
  });
}
