// A whole campaign as all sides meet it: three communes, a verifier, two departments and the office; phones and desktops. What is
// entered, sent, given back and sent again ends locked, and each saw what was theirs and nothing else.
import { accessible, as, desktop, fits, phone } from "./harness.mjs";
import { codeOf } from "./login.mjs";
import assert from "node:assert/strict";

/** Presses a button by keyboard, and waits for where it leads. */
async function press(page, selector) {
  await page.locator(selector).first().focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
}

/** Communes of the district of the demo's verifier, until 30/06/2025. */
const COMMUNES = [
  { id: 251, name: "Xã Hà Lang", officer: "hl.canbo", leader: "hl.chutich" },
  { id: 252, name: "Xã Hùng Mỹ", officer: "hm.canbo", leader: "hm.chutich" },
  { id: 253, name: "Xã Yên Lập", officer: "yl.canbo", leader: "yl.chutich" },
];
/** What they report, and who reviews it: the department of agriculture, whoever may (the verifier), the second department. */
const AGRICULTURE = "1";
const OPEN = "5";
const SECOND = "15";
const SET = "commune-2021-2025";
/** Sở Khoa học và Công nghệ, until 30/06/2025. */
const SECOND_AGENCY = "9";
const PASSWORD = "một vườn chè xanh ngát";

/** Somebody new, made at the machine, who set a password by their code. */
async function newcomer(page, base, machine, { login, name, role, place }) {
  machine("person", "add", login, name);
  machine("person", "grant", login, role, ...place);
  const code = machine("person", "code", login).match(/[0-9A-Z]{4}(?:-[0-9A-Z]{4})+/i)?.[0];
  assert(code, "no code on the slip");
  await page.goto(`${base}/dat-mat-khau`);
  await page.fill("#code", code);
  await page.fill("#password", PASSWORD);
  await press(page, "main form button");
}

async function log_in(page, base, login) {
  await page.context().clearCookies();
  await page.goto(`${base}/dang-nhap`);
  await page.fill("#login", login);
  await page.fill("#password", PASSWORD);
  await press(page, "#password");
}

/** Fills whatever a criterion asks for with something it takes, and saves it. */
async function enter(page, path, number) {
  await page.goto(path);
  for (const section of await page.locator("#entry section.field").all()) {
    const radio = section.locator('input[type="radio"][value="true"]');
    if (await radio.count()) await radio.check();
    const text = section.locator('input[name^="v."]:not([type="radio"])');
    if (await text.count()) await text.fill(number);
  }
  await press(page, ".savebar button");
  assert.match(await page.innerText("main [data-filled]"), /Đã nhập (\d+)\/\1/);
}

export default async function ({ base, walk, machine, photograph }) {
  const still = { ...phone, javaScriptEnabled: false };
  let campaign = "";
  /** The second department's session. */
  let second = [];
  const unit = (commune) => `${base}${campaign}/xa/${commune.id}`;
  const criterion = (commune, no) => `${unit(commune)}/${SET}/${no}`;
  const officer = (page, commune) => log_in(page, base, commune.officer);
  const leader = (page, commune) => log_in(page, base, commune.leader);
  async function become(page, role) {
    await page.context().clearCookies();
    await as(page, base, role);
  }
  /** Everything waiting in the campaign for whoever looks, as commune and criterion. */
  async function waiting(page) {
    await page.goto(`${base}${campaign}/cho-duyet`);
    const rows = page.locator("main table tbody tr");
    const found = [];
    for (const row of await rows.all()) {
      const name = (await row.locator("th").innerText()).trim();
      const no = (await row.locator("td").nth((await row.locator("input").count()) ? 1 : 0).innerText()).trim().split(" ")[0];
      found.push([name.replace(/\s+/g, " "), no, row]);
    }
    return found;
  }
  /** Chosen criteria of a commune, done with what its button says. */
  async function step(page, commune, numbers, button, reason) {
    await page.goto(unit(commune));
    for (const box of await page.locator('#steps input[type="checkbox"]').all()) {
      const no = (await box.getAttribute("aria-label")).split(" ").pop();
      await box.setChecked(numbers.includes(no));
    }
    if (reason) await page.fill("#reason", reason);
    await press(page, `#steps button[value="${button}"]`);
  }
  /** The leader answers what is doubted, where something is, and sends. */
  async function send(page, commune, numbers) {
    await leader(page, commune);
    await step(page, commune, numbers, "send");
    const common = page.locator('#nghi-van textarea[name^="chung."]');
    if (!(await page.locator("main [role=alert]").count())) return;
    for (const answer of await common.all()) await answer.fill("Đã đối chiếu với sổ của thôn.");
    await press(page, '#nghi-van button[value="answer"]');
    await step(page, commune, numbers, "send");
    assert.equal(await page.locator("main [role=alert]").count(), 0, await page.innerText("main"));
  }

  await walk("the office names a second department; its appraiser and the people of three communes come", { ...desktop, as: "coordination" }, async (page) => {
    await page.goto(`${base}/bao-cao`);
    const card = page.locator("main table a", { hasText: "6 tháng" }).first();
    campaign = new URL(await card.getAttribute("href"), base).pathname;
    await page.goto(`${base}${campaign}/cai-dat`);
    await page.selectOption(`[name="cq.${SET}|${SECOND}"]`, SECOND_AGENCY);
    await press(page, 'button:has-text("Lưu phân công")');
    for (const { id, name, officer: by, leader: head } of COMMUNES) {
      const place = ["--unit", String(id)];
      await newcomer(page, base, machine, { login: by, name: `Cán bộ ${name}`, role: "commune_officer", place });
      await newcomer(page, base, machine, { login: head, name: `Chủ tịch ${name}`, role: "commune_leader", place });
    }
    await newcomer(page, base, machine, { login: "so2", name: "Lâm Thị Hai", role: "appraiser", place: ["--agency", SECOND_AGENCY] });
    await log_in(page, base, "so2");
    // Whoever appraises needs a second factor, and is led to it first.
    await page.goto(`${base}${campaign}/cho-duyet`);
    await page.waitForURL(/tai-khoan\/xac-thuc/);
    const secret = await page.innerText("main code");
    await page.fill("#code", codeOf(secret));
    await page.fill("#old", PASSWORD);
    await press(page, "#old");
    await page.waitForURL(/tai-khoan$/);
    second = await page.context().cookies();
  });

  await walk("three officers enter on phones; each sees their own commune", still, async (page) => {
    for (const [at, commune] of COMMUNES.entries()) {
      await officer(page, commune);
      for (const no of [AGRICULTURE, OPEN, SECOND]) await enter(page, criterion(commune, no), String(60 + at));
      const other = COMMUNES[(at + 1) % COMMUNES.length];
      const answer = await page.goto(criterion(other, AGRICULTURE));
      assert.equal(answer.status(), 404, `${commune.name} sees ${other.name}`);
    }
    await fits(page);
  });

  await walk("their leaders send, each for their commune", desktop, async (page) => {
    for (const commune of COMMUNES) {
      await send(page, commune, [AGRICULTURE, OPEN, SECOND]);
      assert.match(await page.innerText("main"), /Chờ thẩm tra/);
    }
  });

  await walk("the first department accepts two at once and gives one back; the other's criteria are not its own", { ...desktop, as: "appraiser" }, async (page) => {
    const rows = await waiting(page);
    for (const { name } of COMMUNES) {
      const theirs = rows.filter(([commune]) => commune.startsWith(name)).map(([, no]) => no);
      assert(theirs.includes(AGRICULTURE) && !theirs.includes(SECOND), `${name}: ${theirs}`);
    }
    for (const { name } of COMMUNES.slice(0, 2)) {
      const [, , row] = rows.find(([commune, no]) => commune.startsWith(name) && no === AGRICULTURE);
      await row.locator("input").check();
    }
    await photograph(page, "campaign-waiting-desktop");
    await press(page, 'main button:has-text("Chấp nhận")');
    const third = COMMUNES[2];
    await page.goto(criterion(third, AGRICULTURE));
    await page.fill("#reason", "Chưa có biên bản nghiệm thu");
    await press(page, 'button[value="return"]');
    // What another department reviews is refused at the door, too.
    await page.goto(criterion(third, SECOND));
    assert.equal(await page.locator('button[value="accept"]').count(), 0);
  });

  await walk("the verifier accepts on a phone what no department was named for", { ...phone, as: "district_verifier" }, async (page) => {
    for (const commune of COMMUNES) {
      await page.goto(criterion(commune, OPEN));
      await fits(page);
      await press(page, 'button[value="accept"]');
      assert.match(await page.innerText("main"), /Đã chấp nhận|Chờ xác nhận/);
    }
    await accessible(page);
  });

  await walk("the second department accepts its own, and sees nothing else to do", desktop, async (page) => {
    await page.context().addCookies(second);
    const rows = (await waiting(page)).filter(([commune]) => COMMUNES.some(({ name }) => commune.startsWith(name)));
    assert.deepEqual(rows.map(([, no]) => no), [SECOND, SECOND, SECOND]);
    for (const [, , row] of rows) await row.locator("input").check();
    await press(page, 'main button:has-text("Chấp nhận")');
  });

  await walk("what was given back is entered and sent again, and accepted", still, async (page) => {
    const third = COMMUNES[2];
    await officer(page, third);
    await page.goto(criterion(third, AGRICULTURE));
    assert.match(await page.innerText("main .card.bad"), /Chưa có biên bản nghiệm thu/);
    await enter(page, criterion(third, AGRICULTURE), "71");
    await send(page, third, [AGRICULTURE]);
    await become(page, "appraiser");
    await page.goto(criterion(third, AGRICULTURE));
    await press(page, 'button[value="accept"]');
  });

  await walk("the office confirms and locks all three; nobody changes them any more", { ...desktop, as: "coordination" }, async (page) => {
    for (const commune of COMMUNES) {
      for (const button of ["confirm", "lock"]) await step(page, commune, [AGRICULTURE, OPEN, SECOND], button);
      const rows = await page.locator("#steps tbody tr", { hasText: "Đã khóa" }).count();
      assert.equal(rows, 3, `${commune.name}: ${rows} locked`);
    }
    await page.goto(`${base}${campaign}`);
    await photograph(page, "campaign-board-desktop");
    await officer(page, COMMUNES[1]);
    await page.goto(criterion(COMMUNES[1], AGRICULTURE));
    assert.equal(await page.locator(".savebar").count(), 0, "what is locked is still entered");
  });
}
