// A whole campaign among those who take part in it: three communes, two departments, the verifier of their district and the
// coordination office, from the accounts of those the demo lacks to the board on which everything is locked.
import { accessible, as, codeOf, desktop, fill, fits, phone, press, status, told } from "./harness.mjs";
import assert from "node:assert/strict";

// The quarter in which the communes of before July 2025 reported last, when there still was a district to verify them; a set of four
// criteria, so that each of them is walked to its end, and of figures that no other walk enters.
const lastDay = "2025-06-30";
const set = "commune-model-2021-2025";
const name = "Báo cáo xã kiểu mẫu quý II";
const criteria = ["1", "2", "3", "4"];
/** Who reviews which; the first is named to nobody, and the verifier's. */
const agriculture = "Sở Nông nghiệp và Phát triển nông thôn";
const reviewers = { 2: agriculture, 3: "Sở Công Thương", 4: agriculture };

/** The communes: the demo's own, and two more of its district. */
const tanMy = { id: 250, name: "Xã Tân Mỹ", officer: "Ma Thị Lan", leader: "Hà Văn Bình" };
const haLang = { id: 251, name: "Xã Hà Lang", officer: "canbo.halang", leader: "lanhdao.halang" };
const hungMy = { id: 252, name: "Xã Hùng Mỹ", officer: "canbo.hungmy", leader: "lanhdao.hungmy" };
const communes = [tanMy, haLang, hungMy];
const administrators = ["Triệu Thị Nga", "Đàm Văn Hiếu"];

/** The department's newcomer works for a commune as well: what they enter there they must not accept. */
const both = "congthuong";
const roster = [
  "Họ và tên,Tên đăng nhập,Thư,Vai trò,Mã đơn vị,Tiêu chí,Từ,Đến,Mã cơ quan",
  `Ma Văn Khánh,${haLang.officer},,commune_officer,02311,,,,`,
  `Hoàng Thị Nụ,${haLang.leader},,commune_leader,02311,,,,`,
  `Lộc Văn Páo,${hungMy.officer},,commune_officer,02314,,,,`,
  `Quan Thị Sen,${hungMy.leader},,commune_leader,02314,,,,`,
  `Lương Văn Bằng,${both},,commune_officer,02314,,,,`,
  `Lương Văn Bằng,${both},,appraiser,,,,,SCT`,
].join("\n");
const password = "chín con trâu về bản";

/** What the browsers of the newcomers keep once they are in, by login. */
const inside = new Map();

/** Goes on as somebody of the demo, or as a newcomer who is in already. */
async function turn(page, base, who) {
  if (!inside.has(who)) return as(page, base, who);
  await page.context().clearCookies();
  await page.context().addCookies(inside.get(who));
}

/** Types into fields, each by where it stands. */
async function type(page, texts) {
  for (const [at, text] of Object.entries(texts)) await page.fill(at, text);
}

/** A newcomer sets a password by their code and enters by it; who appraises turns the second factor on before anything else. */
async function arrive(page, base, login, code) {
  await page.context().clearCookies();
  await page.goto(`${base}/dat-mat-khau`);
  await type(page, { "#code": code, "#password": password });
  await press(page, "main form button");
  assert.match(await page.innerText(status), new RegExp(login));
  await page.goto(`${base}/dang-nhap?tiep=/bao-cao`);
  await type(page, { "#login": login, "#password": password });
  await press(page, "main form.narrow button");
  if (login === both) {
    assert.equal(new URL(page.url()).pathname, "/tai-khoan/xac-thuc");
    await type(page, { "#code": codeOf(await page.innerText("main code")), "#old": password });
    await press(page, "main form.narrow button");
    assert.match(await page.innerText("main"), /Đã bật/);
    await page.goto(`${base}/bao-cao`);
  }
  assert.equal(new URL(page.url()).pathname, "/bao-cao", `${login} is not in`);
  inside.set(login, await page.context().cookies());
}

export default async function ({ base, walk, photograph }) {
  const still = { ...phone, javaScriptEnabled: false };
  const codes = new Map();
  let campaign = "";
  const at = (unit, no) => `${base}${campaign}/xa/${unit.id}${no ? `/${set}/${no}` : ""}`;
  const state = async (page) => (await page.innerText("main p:has([data-filled]) .s >> nth=0")).trim();

  /** Enters criteria of a commune, one page each. */
  async function enter(page, unit, numbers, number) {
    for (const no of numbers) {
      await page.goto(at(unit, no));
      await fill(page, number);
      await press(page, ".savebar button");
      await told(page, /Đã lưu/);
    }
  }

  /** The leader sends what is ready; what is doubted is answered first, by one note for each check. */
  async function send(page, unit) {
    await turn(page, base, unit.leader);
    await page.goto(at(unit));
    await press(page, 'button[value="send"]');
    assert.match(await page.innerText("main [role=alert]"), /nghi vấn chưa trả lời/);
    for (const one of await page.locator('textarea[name^="chung."]').all()) await one.fill("Đã đối chiếu với sổ của thôn.");
    await press(page, 'button[value="send"]');
    await told(page, /Đã xong/);
    assert.match(await page.innerText("main .lead"), /Chờ thẩm tra/);
  }

  /** Accepts criteria of many communes at once, from the list of what waits. */
  async function acceptAll(page, ...chosen) {
    await page.goto(`${base}${campaign}/cho-duyet`);
    for (const [unit, no] of chosen) await page.check(`[name="tc.${unit.id}|${set}|${no}"]`);
    await press(page, 'main button:has-text("Chấp nhận")');
    await told(page, /Đã xong/);
  }

  /** One step with a criterion, and where it leads. */
  async function step(page, unit, no, action, wanted) {
    await page.goto(at(unit, no));
    await press(page, `button[value="${action}"]`);
    assert.equal(await state(page), wanted);
  }

  /** A step that is not a reviewer's is offered by no button and refused with the reason, and nothing moves. */
  async function refused(page, unit, no, words) {
    await page.goto(at(unit, no));
    assert.equal(await page.locator('button[value="accept"], form[action$="/sua"]').count(), 0);
    const answer = await page.request.post(`${at(unit)}/duyet`, { form: { viec: "accept", [`tc.${set}|${no}`]: "1" }, headers: { origin: base }, maxRedirects: 0 });
    assert.equal(answer.status(), 403);
    assert.match(await answer.text(), words);
    await page.goto(at(unit, no));
    assert.equal(await state(page), "Chờ thẩm tra");
  }

  await walk("campaign: the people of two more communes and of a second department come by a spreadsheet; who appraises takes two administrators", still, async (page) => {
    await as(page, base, administrators[0]);
    await page.goto(`${base}/quan-tri/nguoi/nhap`);
    await page.setInputFiles("#file", { name: "nguoi.csv", mimeType: "text/csv", buffer: Buffer.from(roster) });
    await press(page, "main form.narrow button");
    assert.match(await page.innerText(status), /Sẽ thêm 5 người và 6 vai trò/);
    await press(page, `${status} button`);
    for (const slip of await page.locator("main section.card").all()) codes.set(...(await slip.locator("code").allInnerTexts()));
    assert.equal(codes.size, 4, "a slip each, but for who waits for a second administrator");
    await page.goto(`${base}/quan-tri/nguoi?q=${both}`);
    await Promise.all([page.waitForNavigation(), page.click("main table a")]);
    const person = page.url();
    // The role first, then the code of which each administrator has a half.
    const approve = async () => {
      await as(page, base, administrators[1]);
      await page.goto(`${base}/quan-tri/cho-duyet`);
      await press(page, "main section:has-text('Lương Văn Bằng') button[value=approve]");
    };
    await approve();
    await as(page, base, administrators[0]);
    await page.goto(person);
    assert.match(await page.innerText("main table"), /Sở Công Thương/);
    await press(page, "main button:has-text('Cấp mã')");
    const half = await page.innerText("main .card.ok code");
    await approve();
    codes.set(both, `${half}-${await page.innerText("main .card.ok code")}`);
  });

  await walk("campaign: the newcomers set a password and enter; who appraises brings a second factor", still, async (page) => {
    for (const [login, code] of codes) await arrive(page, base, login, code);
    assert.equal(inside.size, 5);
  });

  await walk("campaign: the office prepares it, gives each department its criteria and opens it", { ...desktop, as: "coordination" }, async (page) => {
    const day = (later) => new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`${base}/bao-cao/moi`);
    await page.locator("#sets input:checked").uncheck();
    await page.check(`[name="set.${set}"]`);
    await type(page, { "#name": name, "#period": "2025Q2", "#as_of": lastDay, "#due": day(14), "#review_due": day(30) });
    await press(page, "main form button");
    // The form offered the provinces of today; it comes back with those of the day that was named.
    assert.match(await page.innerText("main [role=alert]"), /Ngày 30\/06\/2025 chưa có hoặc không còn tỉnh này/);
    assert.equal(await page.getAttribute("#province", "aria-invalid"), "true");
    await page.selectOption("#province", { label: "Tỉnh Tuyên Quang" });
    await press(page, "main form button");
    campaign = new URL(page.url()).pathname.replace("/cai-dat", "");
    for (const [no, agency] of Object.entries(reviewers)) await page.selectOption(`[name="cq.${set}|${no}"]`, { label: agency });
    await accessible(page);
    await photograph(page, "campaign-settings-desktop");
    await press(page, 'button:has-text("Lưu phân công")');
    await page.goto(`${base}${campaign}/cai-dat`);
    await press(page, 'button:has-text("Mở đợt báo cáo")');
    await told(page, /Đã xong/);
    assert.match(await page.innerText("main .lead"), /^0 trên \d+ xã đã gửi/);
  });

  await walk("campaign: an officer finds it in their list and enters it on a phone without scripts", still, async (page) => {
    await turn(page, base, tanMy.officer);
    await page.goto(`${base}/bao-cao`);
    await Promise.all([page.waitForNavigation(), page.locator("main .card", { hasText: name }).locator("a").click()]);
    assert.equal(page.url(), at(tanMy));
    await enter(page, tanMy, criteria);
    await page.goto(at(tanMy));
    await fits(page);
    assert.match(await page.innerText("main .lead"), /Đã nhập (\d+)\/\1/);
    await send(page, tanMy);
  });

  await walk("campaign: another enters it on a phone where each field saves itself; the leader answers what is doubted", phone, async (page) => {
    await turn(page, base, haLang.officer);
    // A weak line: what is typed while the page's scripts are still on their way is kept by them all the same.
    await page.route("**/*.js", (route) => new Promise((later) => setTimeout(later, 2_000)).then(() => route.continue()));
    for (const no of criteria) {
      await page.goto(at(haLang, no), { waitUntil: "commit" });
      await page.locator("footer").waitFor();
      await fill(page, "40");
      await page.waitForFunction(() => [...document.querySelectorAll("section[data-field] [data-said]")].every((said) => /Đã lưu/.test(said.textContent)), undefined, { timeout: 30_000 });
    }
    await page.goto(at(haLang));
    assert.match(await page.innerText("main .lead"), /Đã nhập (\d+)\/\1/, "something did not save itself");
    await send(page, haLang);
    await accessible(page);
    await fits(page);
    await photograph(page, "campaign-sent-phone");
  });

  await walk("campaign: in the third, who works for a department too enters one criterion, the officer the others", still, async (page) => {
    await turn(page, base, both);
    await enter(page, hungMy, ["3"]);
    await turn(page, base, hungMy.officer);
    await enter(page, hungMy, ["1", "2", "4"]);
    await send(page, hungMy);
  });

  await walk("campaign: a department accepts its own, gives one back with a reason, and takes no step on another's", { ...desktop, as: "appraiser" }, async (page) => {
    await page.goto(`${base}${campaign}/cho-duyet`);
    await accessible(page);
    await photograph(page, "campaign-waiting-desktop");
    const waiting = await page.locator("main table tbody tr").allInnerTexts();
    assert(waiting.length > 0 && waiting.every((row) => !row.includes("Thôn thông minh")), "another department's criterion waits here");
    await refused(page, tanMy, "3", /Tiêu chí 3 không do bạn phụ trách/);
    await page.goto(at(haLang, "2"));
    await accessible(page);
    await page.fill("#reason", "Thiếu bảng tính thu nhập của xã");
    await press(page, 'button[value="return"]');
    assert.equal(await state(page), "Bị trả lại");
    await acceptAll(page, [tanMy, "2"], [tanMy, "4"], [hungMy, "2"], [hungMy, "4"]);
  });

  await walk("campaign: the other department accepts its own, but not what its own officer entered", desktop, async (page) => {
    await turn(page, base, both);
    await refused(page, haLang, "4", /Tiêu chí 4 không do bạn phụ trách/);
    for (const unit of [tanMy, haLang]) await step(page, unit, "3", "accept", "Đã chấp nhận");
    await refused(page, hungMy, "3", /Không ai thẩm tra số liệu do chính mình nhập/);
  });

  await walk("campaign: the verifier of the district accepts what is named to nobody, and in place of whoever entered it", { ...still, as: "district_verifier" }, async (page) => {
    await page.goto(`${base}${campaign}/cho-duyet`);
    await fits(page);
    await photograph(page, "campaign-waiting-phone");
    // A number of their own would be the year's: in a quarter none is asked for.
    await page.goto(at(hungMy, "3"));
    assert.equal(await page.locator('form[action$="/sua"]').count(), 0);
    await acceptAll(page, [tanMy, "1"], [haLang, "1"], [hungMy, "1"], [hungMy, "3"]);
    // The office's steps are not theirs.
    await page.goto(at(hungMy));
    assert.equal(await page.locator('button[value="confirm"], button[value="lock"]').count(), 0);
  });

  await walk("campaign: what was given back is corrected, sent and accepted", still, async (page) => {
    await turn(page, base, haLang.officer);
    await page.goto(`${base}/bao-cao`);
    assert.match(await page.locator("main .card", { hasText: name }).innerText(), /Bị trả lại/);
    await page.goto(at(haLang, "2"));
    assert.match(await page.innerText("main .card.bad"), /Thiếu bảng tính thu nhập của xã/);
    await enter(page, haLang, ["2"], "12,5");
    await send(page, haLang);
    await as(page, base, "appraiser");
    await page.goto(at(haLang, "2"));
    assert.match(await page.innerText("#entry"), /12,5/);
    for (const no of ["2", "4"]) await step(page, haLang, no, "accept", "Đã chấp nhận");
  });

  await walk("campaign: the office confirms and locks, and the board says where each commune stands", { ...desktop, as: "coordination" }, async (page) => {
    const board = async (unit) => {
      await page.goto(`${base}${campaign}?q=${encodeURIComponent(unit.name)}`);
      return page.locator("main table tbody tr", { hasText: unit.name }).first().innerText();
    };
    for (const [step, word] of [["confirm", "Văn phòng đã soát"], ["lock", "Đã khóa"]]) {
      for (const unit of communes) {
        assert.doesNotMatch(await board(unit), new RegExp(word));
        await page.goto(at(unit));
        await press(page, `button[value="${step}"]`);
        assert.match(await board(unit), new RegExp(word));
      }
    }
    await page.goto(`${base}${campaign}?tt=locked`);
    await accessible(page);
    const names = await page.locator("main table tbody th").allInnerTexts();
    assert.deepEqual(names.map((one) => one.trim()).sort(), communes.map((one) => one.name).sort());
    assert.match(await page.innerText("main .lead"), /^3 trên \d+ xã đã gửi/);
    await page.goto(base + campaign);
    await accessible(page);
    await photograph(page, "campaign-board-desktop");
    await page.setViewportSize(phone.viewport);
    await fits(page);
    await photograph(page, "campaign-board-phone");
    await page.goto(at(haLang));
    assert.match(await page.innerText("main ol.plain"), /Thiếu bảng tính thu nhập của xã/);
    await photograph(page, "campaign-locked-phone");
    await page.goto(`${base}${campaign}/cai-dat`);
    await press(page, 'button:has-text("Đóng đợt báo cáo")');
    await told(page, /Đã xong/);
  });
}
