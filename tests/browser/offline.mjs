// Entry on a line that is cut: a proxy stands between the browser and a demo of its own, so that pages and service worker alike
// meet a line that refuses, or one that takes a request and loses the answer.
import { arrived, behindLine, campaign, form, number, said, takeAlong, tell, unsaved, waits, weak } from "./cable.mjs";
import { accessible, as, fits } from "./harness.mjs";
import assert from "node:assert/strict";

export default async function (site) {
  const { walk, photograph, binary } = site;
  const { demo, cable, run } = await behindLine(binary);
  const base = cable.base;
  let opened, unit, all, first;

  try {
    await walk("offline: what works without a line stands on a page, which is kept", weak, async (page) => {
      cable.mend();
      opened = await campaign(page, base);
      assert.match(opened, /bao-cao/);
      await page.goto(base + "/ngoai-tuyen");
      await fits(page);
      await accessible(page);
      await photograph(page, "offline");
    });

    await walk("offline: taken along, entered with the line cut, sent when it is back", weak, async (page) => {
      cable.mend();
      ({ unit, all } = await form(page, base, opened));
      assert(all.length > 5, `${all.length} criteria`);
      await fits(page);
      await takeAlong(page);
      await photograph(page, "offline-carried");
      for (const at of all) {
        await page.goto(base + at);
        if (await page.$(number)) {
          first = at;
          break;
        }
      }
      assert(first, "a criterion with a number");
      cable.cut();
      await page.goto(base + unit);
      assert.match(await page.textContent("h1"), /./);
      await page.goto(base + first);
      await page.fill(number, "41");
      await waits(page);
      assert.match(await unsaved(page), /Chưa gửi, đang chờ mạng \(1\)/);
      await photograph(page, "offline-waiting");
      // A page that was not taken along says so, in its language.
      const other = await page.goto(base + "/en/ban-do");
      assert.equal(other.status(), 503);
      assert.match(await page.textContent("h1"), /without a line/);
      await page.goto(base + "/ngoai-tuyen");
      await page.locator("[data-items]", { hasText: "41" }).waitFor();
      await page.goto(base + first);
      // The island puts it back once it has read what waits.
      await page.waitForFunction((at) => document.querySelector(at)?.value === "41", number, { timeout: 20_000 }).catch(() => {});
      assert.equal(await page.inputValue(number), "41", "typed before, there again");
      cable.mend();
      await tell(page);
      await arrived(page);
      assert.equal(await unsaved(page), "");
      await page.reload();
      assert.equal(await page.inputValue(number), "41");
    });

    await walk("offline: a line that loses the answer writes nothing twice", weak, async (page) => {
      cable.mend();
      await as(page, base, "commune_officer");
      await page.goto(base + first, { waitUntil: "networkidle" });
      const before = Number(await page.inputValue("section[data-field] input[name^='s.']"));
      cable.lose();
      await page.fill(number, "42");
      await page.waitForTimeout(2_500);
      cable.mend();
      await tell(page);
      await arrived(page);
      await page.reload({ waitUntil: "networkidle" });
      assert.equal(await page.inputValue(number), "42");
      assert.equal(Number(await page.inputValue("section[data-field] input[name^='s.']")), before + 1);
    });

    await walk("offline: a tab that dies after each of 50 keystrokes loses none", weak, async (page) => {
      cable.mend();
      const context = page.context();
      await form(page, base, opened);
      await takeAlong(page);
      cable.cut();
      const text = "Theo sổ hộ khẩu 12 thôn, đã đối chiếu đủ ba lần rồ";
      assert.equal(text.length, 50);
      const note = "section[data-field] textarea[name^='g.']";
      let typed = "";
      for (const letter of text) {
        const tab = await context.newPage();
        await tab.goto(base + first);
        await tab.waitForFunction(([at, wanted]) => document.querySelector(at)?.value === wanted, [note, typed], { timeout: 20_000 }).catch(async () => {
          assert.equal(await tab.inputValue(note), typed, `after ${typed.length} keystrokes`);
        });
        await tab.$eval(note, (field) => {
          field.closest("details").open = true;
          field.focus();
          field.setSelectionRange(field.value.length, field.value.length);
        });
        await tab.keyboard.insertText(letter);
        typed += letter;
        const session = await context.newCDPSession(tab);
        const dead = new Promise((done) => tab.once("crash", done));
        void session.send("Page.crash").catch(() => {});
        await dead;
        await tab.close();
      }
      const tab = await context.newPage();
      await tab.goto(base + first);
      await tab.waitForFunction(([at, wanted]) => document.querySelector(at)?.value === wanted, [note, text]);
      cable.mend();
      await tell(tab);
      await arrived(tab, note);
      await tab.reload();
      assert.equal(await tab.inputValue(note), text);
    });

    await walk("offline: a phone whose clock is five years ahead changes nothing", weak, async (page) => {
      cable.mend();
      await page.context().addInitScript(() => {
        const real = Date.now.bind(Date);
        const ahead = 5 * 365 * 86_400_000;
        Date = class extends Date {
          constructor(...args) {
            super(...(args.length ? args : [real() + ahead]));
          }
          static now() {
            return real() + ahead;
          }
        };
      });
      await form(page, base, opened);
      await takeAlong(page);
      cable.cut();
      await page.goto(base + first);
      await page.fill(number, "43");
      await waits(page);
      cable.mend();
      await tell(page);
      await arrived(page);
      await page.reload();
      assert.equal(await page.inputValue(number), "43");
      // The server's time stands, not the phone's.
      assert(!(await said(page)).includes(String(new Date().getFullYear() + 5)));
      assert(!(await said(page)).includes(String(new Date().getFullYear() + 4)));
    });

    await walk("offline: two officers on one field see both values, and the one who is asked decides", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      await page.goto(base + first);
      cable.cut();
      await page.fill(number, "51");
      await waits(page);
      // The leader has a line of their own.
      const other = await page.context().browser().newContext();
      const leader = await other.newPage();
      await as(leader, demo.base, "commune_leader");
      await leader.goto(demo.base + first);
      await Promise.all([leader.waitForResponse((answer) => answer.url().endsWith("/entries") && answer.ok()), leader.fill(number, "59")]);
      await arrived(leader);
      cable.mend();
      await tell(page);
      const box = await page.waitForSelector("[data-ask]", { timeout: 40_000 });
      const asked = await box.innerText();
      assert.match(asked, /Hà Văn Bình/);
      assert.match(asked, /59/);
      assert.match(asked, /51/);
      assert.equal(await page.inputValue(number), "51", "what was typed stands");
      await photograph(page, "offline-conflict");
      await accessible(page);
      await leader.reload();
      assert.equal(await leader.inputValue(number), "59", "nothing overwritten before anybody was asked");
      await page.click("[data-ask] button:not(.quiet)");
      await page.waitForSelector("[data-ask]", { state: "detached" });
      await arrived(page);
      await leader.reload();
      assert.equal(await leader.inputValue(number), "51");
      await other.close();
    });

    await walk("offline: a submission on a line that is cut says that nobody knows, and can be sent again", weak, async (page) => {
      cable.mend();
      await as(page, base, "commune_leader");
      await page.goto(base + unit);
      await takeAlong(page);
      const choice = `main input[type=checkbox][name^='tc.']`;
      if (await page.$(choice)) await page.check(`${choice} >> nth=0`);
      const button = await page.$("main form button[formaction$='/gui']");
      assert(button, "a button that sends");
      cable.lose();
      await button.click();
      await page.waitForSelector("main [role=alert]", { timeout: 60_000 });
      assert.match(await page.innerText("main [role=alert]"), /chưa biết máy chủ đã nhận hay chưa/);
      cable.mend();
      const answer = await page.goBack();
      assert(answer === null || answer.status() < 500);
    });

    await walk("offline: a phone that is full says so in time, and what was typed stands", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      const session = await page.context().newCDPSession(page);
      await session.send("Storage.overrideQuotaForOrigin", { origin: base, quotaSize: 1_000 });
      await page.click("[data-carry] button");
      await page.waitForFunction(() => /không đủ để mang theo/.test(document.querySelector("[data-carry] [data-said]").textContent), undefined, { timeout: 30_000 });
      await session.send("Storage.overrideQuotaForOrigin", { origin: base });
      await takeAlong(page);
      await page.goto(base + first);
      cable.cut();
      // No room for keystrokes: the database takes them at once.
      await page.evaluate(() => {
        for (let size = 4_000_000; size > 0; size = Math.floor(size / 2)) {
          try {
            for (let n = 0; n < 8; n++) localStorage.setItem(`filler-${size}-${n}`, "x".repeat(size));
          } catch {
            // Less, then.
          }
        }
      });
      await page.fill(number, "61");
      await waits(page);
      assert.match(await unsaved(page), /Chưa gửi, đang chờ mạng \(1\)/);
      // Nor for the database: said at once.
      await page.evaluate(() => {
        for (const way of ["add", "put"]) {
          IDBObjectStore.prototype[way] = () => {
            throw new DOMException("no room", "QuotaExceededError");
          };
        }
      });
      await page.fill(number, "62");
      await page.waitForFunction(() => /đã đầy/.test(document.querySelector("#unsent").textContent), undefined, { timeout: 10_000 });
      assert.equal(await page.inputValue(number), "62");
      await photograph(page, "offline-full");
      await page.reload();
      await page.waitForFunction((at) => document.querySelector(at).value === "61", number);
      await page.evaluate(() => localStorage.clear());
      cable.mend();
      await tell(page);
      await arrived(page);
    });

    await walk("offline: whoever leaves is asked of what is not sent; another login on the phone sends nothing of it", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      await page.goto(base + first);
      cable.cut();
      await page.fill(number, "71");
      await waits(page);
      // A line on which pages come and no value goes, by the page or behind it; and a phone that takes its time to open what it keeps:
      // the button may be faster.
      cable.stop("/entries");
      await page.addInitScript(() => {
        if (location.pathname !== "/tai-khoan") return;
        Object.defineProperty(IDBOpenDBRequest.prototype, "onsuccess", {
          set(then) {
            this.addEventListener("success", (event) => setTimeout(() => then.call(this, event), 1_500));
          },
        });
      });
      await page.goto(base + "/tai-khoan", { waitUntil: "domcontentloaded" });
      await page.click("form[action$='/dang-xuat'] button");
      await page.waitForSelector("[data-leave]:not([hidden])");
      assert.match(await page.innerText("[data-leave]"), /Còn 1 giá trị, ảnh chưa gửi/);
      await page.click("[data-leave] [data-keep]");
      await page.waitForURL((url) => url.pathname !== "/tai-khoan");
      cable.mend();
      await page.context().clearCookies();
      await as(page, base, "commune_leader");
      await page.goto(base + "/ngoai-tuyen", { waitUntil: "networkidle" });
      assert.equal(await page.innerText("[data-items]"), "");
      cable.cut();
      const kept = await page.goto(base + first);
      assert.equal(kept.status(), 503, "pages kept for somebody else are shown to nobody");
      cable.mend();
      await page.context().clearCookies();
      await as(page, base, "commune_officer");
      await page.goto(base + first);
      await arrived(page);
      assert.equal(await page.inputValue(number), "71");
    });

    await walk("offline: a shared phone is wiped: nothing of this site is left on it", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      await page.goto(base + first);
      cable.cut();
      await page.fill(number, "72");
      await waits(page);
      await page.goto(base + "/ngoai-tuyen");
      await page.click("[data-wipe]");
      await page.waitForSelector("[data-ask-wipe]:not([hidden])");
      assert.match(await page.innerText("[data-ask-wipe]"), /Còn 1 giá trị, ảnh chưa gửi sẽ mất/);
      await page.click("[data-wipe-now]");
      await page.waitForFunction(() => /Đã xóa/.test(document.querySelector("[data-did]").textContent));
      const left = await page.evaluate(async () => [(await caches.keys()).length, Object.keys(localStorage).filter((key) => key.startsWith("langso:")).length, (await navigator.serviceWorker.getRegistrations()).length]);
      assert.deepEqual(left, [0, 0, 0]);
      await assert.rejects(page.goto(base + first), "nothing is shown without a line");
      cable.mend();
      const anew = await page.context().newPage();
      await anew.goto(base + first);
      assert.equal(await anew.inputValue(number), "71");
    });

    await walk("offline: whoever lost their right is refused at the door, keeps the values as a file, and is told", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      await page.goto(base + first);
      cable.cut();
      await page.fill(number, "81");
      await waits(page);
      // The first two roles of the demo: this officer in the commune that was, and in the one that is.
      for (const grant of ["1", "2"]) run("person", "end", grant, "thôi việc");
      cable.mend();
      await tell(page);
      await page.waitForFunction(() => /cần bạn xem/.test(document.querySelector("#unsent").textContent), undefined, { timeout: 40_000 });
      await page.goto(base + "/ngoai-tuyen");
      await page.waitForSelector("[data-items] li");
      assert.match(await page.innerText("[data-items]"), /bị từ chối, giữ trên máy/);
      await photograph(page, "offline-refused");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("[data-export]")]);
      const chunks = [];
      for await (const chunk of await file.createReadStream()) chunks.push(chunk);
      const told = JSON.parse(Buffer.concat(chunks).toString());
      assert.deepEqual([told.format, told.values.length, told.values[0].value], ["langso-unsent", 1, "81"]);
    });
  } finally {
    cable.close();
    await demo.stop();
  }
}
