// Photographs and files at the fields of an entry form: without a script, with one, and without a line.
import { arrived, behindLine, campaign, form, number, takeAlong, tell, unsaved, waits, weak } from "./cable.mjs";
import { accessible, as, desktop, drawFrame, fits, phone } from "./harness.mjs";
import assert from "node:assert/strict";

/** A JPEG of noise, told from others, drawn by the browser itself: some hundred kilobytes. */
async function noise(page, seed, width = 1200, height = 900) {
  const url = await page.evaluate(
    ([seed, width, height]) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, height];
      const pen = canvas.getContext("2d");
      const picture = pen.createImageData(width, height);
      let at = seed;
      for (let n = 0; n < picture.data.length; n++) {
        at = (at * 1_103_515_245 + 12_345) % 2_147_483_648;
        picture.data[n] = n % 4 === 3 ? 255 : (at >> 16) & 255;
      }
      pen.putImageData(picture, 0, 0);
      return canvas.toDataURL("image/jpeg", 0.9);
    },
    [seed, width, height],
  );
  return Buffer.from(url.split(",")[1], "base64");
}

const measureOf = (page) => page.$eval(number, (input) => input.closest("section").dataset.field);
const section = (page, measure) => page.locator(`section[data-field="${measure}"]`);
const rows = (page, measure) => section(page, measure).locator("[data-photos] > li");

async function choose(page, measure, name, buffer) {
  await section(page, measure).locator("details[data-attach] > summary").evaluate((summary) => (summary.parentElement.open = true));
  await section(page, measure).locator("input[type=file]").setInputFiles({ name, mimeType: name.endsWith("pdf") ? "application/pdf" : "image/jpeg", buffer });
}
const kept = (page, measure, count) => page.waitForFunction(([measure, count]) => document.querySelectorAll(`section[data-field="${measure}"] [data-photos] > li`).length === count, [measure, count], { timeout: 30_000 });
const sent = (page, measure) =>
  page.waitForFunction((measure) => [...document.querySelectorAll(`section[data-field="${measure}"] [data-photos] > li`)].every((row) => /đã gửi/.test(row.textContent)) && document.querySelector("#unsent").hidden, measure, { timeout: 60_000 });
const photosIn = (page) =>
  page.evaluate(
    () =>
      new Promise((done, failed) => {
        const open = indexedDB.open("langso-photos");
        open.onerror = () => failed(open.error);
        open.onsuccess = () => {
          if (!open.result.objectStoreNames.contains("photos")) return done([]);
          const all = open.result.transaction("photos").objectStore("photos").getAll();
          all.onsuccess = () => done(all.result.map(({ name, state, sent, said }) => ({ name, state, sent, said })));
        };
      }),
  );

export default async function (site) {
  const { walk, photograph, binary } = site;
  const { demo, cable, run } = await behindLine(binary);
  const base = cable.base;
  let opened, unit, first, measure, year;
  /** What proves the figure now, the oldest first. */
  const proofs = async (page, of = measure) => {
    const id = unit.match(/\/xa\/(\d+)/)[1];
    const told = await (await page.request.get(`${demo.base}/api/v1/units/${id}/evidence?measure=${of}&year=${year}&sort=oldest&per=100`)).json();
    return told.evidence;
  };

  try {
    await walk("attach: without a script a value and a file go in one press, and come back to their place", { ...phone, javaScriptEnabled: false }, async (page) => {
      opened = await campaign(page, base);
      const { unit: there, all } = await form(page, base, opened);
      unit = there;
      for (const at of all) {
        await page.goto(base + at);
        if (await page.$(number)) {
          first = at;
          break;
        }
      }
      measure = await measureOf(page);
      await page.fill(number, "41");
      await section(page, measure).locator("details[data-attach] > summary").click();
      await section(page, measure).locator("input[type=file]").setInputFiles([
        { name: "bien-ban.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n<</Type /Page>>\n") },
        { name: "ve.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg><script>alert(1)</script></svg>") },
      ]);
      await section(page, measure).getByRole("button", { name: "Đính kèm" }).click();
      assert.match(await section(page, measure).innerText(), /ve\.svg.*không phải JPEG/);
      assert.match(await section(page, measure).innerText(), /Đã đính kèm 1 tệp/);
      assert.equal(await page.inputValue(number), "41", "saved in the same press");
      await fits(page);
      await photograph(page, "attach-plain");
      await section(page, measure).locator("input[type=file]").setInputFiles({ name: "so-ho.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n<</Type /Page>>\n%2") });
      await section(page, measure).getByRole("button", { name: "Đính kèm" }).click();
      await page.waitForURL(/tep=1.*#f-/);
      year = Number((await page.innerText("main")).match(/20\d\d/)[0]);
      const links = await section(page, measure).locator(".pieces a").allInnerTexts();
      assert.deepEqual(links, ["bien-ban.pdf", "so-ho.pdf"]);
    });

    await walk("attach: with a script a photograph is shrunk, a face covered where somebody wants to, and sent by itself", weak, async (page) => {
      await as(page, base, "commune_officer");
      await page.goto(base + first, { waitUntil: "networkidle" });
      year = Number(await page.getAttribute("form[data-entry]", "data-year"));
      const scripts = await page.evaluate(() => performance.getEntriesByType("resource").map((one) => one.name).filter((name) => /attach|cover/.test(name)));
      assert.deepEqual(scripts, [], "loaded only when a file is chosen");
      const before = (await proofs(page)).length;
      await choose(page, measure, "duong.jpg", await noise(page, 1, 3000, 2000));
      await kept(page, measure, 1);
      await sent(page, measure);
      const [piece] = (await proofs(page)).slice(-1);
      assert.deepEqual([(await proofs(page)).length, piece.name, piece.width, piece.covered], [before + 1, "duong.jpg", 2048, 0]);
      await section(page, measure).locator("[data-cover-first] input").check();
      await choose(page, measure, "hop-thon.jpg", await noise(page, 2));
      const canvas = rows(page, measure).nth(1).locator("canvas");
      await canvas.waitFor();
      assert.match(await unsaved(page), /cần bạn xem/);
      await drawFrame(page, canvas);
      await accessible(page);
      await fits(page);
      await photograph(page, "attach-cover");
      assert.equal((await proofs(page)).length, before + 1, "nothing goes before it is covered");
      // A tab that dies meanwhile loses nothing: it asks again.
      await page.reload({ waitUntil: "networkidle" });
      await rows(page, measure).first().locator("canvas").waitFor();
      await rows(page, measure).first().getByRole("button", { name: "Đặt khung che" }).click();
      await rows(page, measure).first().locator("canvas").press("Enter");
      await rows(page, measure).first().getByRole("button", { name: "Gửi ảnh này" }).click();
      await sent(page, measure);
      const [covered] = (await proofs(page)).slice(-1);
      assert.deepEqual([covered.name, covered.covered], ["hop-thon.jpg", 1]);
      assert.deepEqual(await photosIn(page), []);
    });

    await walk("attach: a piece that the commune has serves another figure", { ...desktop }, async (page) => {
      await as(page, base, "commune_officer");
      const { all } = await form(page, base, opened);
      let other;
      for (const at of all.filter((at) => at !== first)) {
        await page.goto(base + at, { waitUntil: "networkidle" });
        if (await page.$("select[name^='e.']")) {
          other = await page.$eval("select[name^='e.']", (select) => select.closest("section").dataset.field);
          break;
        }
      }
      const select = section(page, other).locator("select[name^='e.']");
      await select.evaluate((select) => (select.closest("details").open = true));
      await photograph(page, "attach-desktop");
      await select.selectOption({ index: 1 });
      await rows(page, other).first().waitFor();
      assert.equal((await proofs(page, other)).length, 1);
      await page.reload();
      assert.equal(await section(page, other).locator(".pieces a").count(), 1);
    });

    await walk("attach: two photographs and a value without a line, the tab killed, arrive once, in order, on their figure", weak, async (page) => {
      cable.mend();
      const context = page.context();
      await form(page, base, opened);
      await takeAlong(page);
      const before = (await proofs(page)).map((piece) => piece.id);
      const [one, two] = [await noise(page, 11), await noise(page, 12)];
      cable.cut();
      await page.goto(base + first);
      await choose(page, measure, "mot.jpg", one);
      await kept(page, measure, 1);
      await page.fill(number, "42");
      await waits(page);
      await choose(page, measure, "hai.jpg", two);
      await kept(page, measure, 2);
      for (const row of await rows(page, measure).all()) {
        assert.match(await row.innerText(), /chưa gửi, đang chờ mạng/);
        assert(await row.locator("img").evaluate((img) => img.naturalWidth > 0), "its little picture");
      }
      await page.waitForFunction(() => /đang chờ mạng \(3\)/.test(document.querySelector("#unsent").textContent), undefined, { timeout: 10_000 });
      await fits(page);
      await accessible(page);
      await photograph(page, "attach-waiting");
      const session = await context.newCDPSession(page);
      const dead = new Promise((done) => page.once("crash", done));
      void session.send("Page.crash").catch(() => {});
      await dead;
      const tab = await context.newPage();
      await tab.goto(base + "/ngoai-tuyen");
      await tab.waitForFunction(() => document.querySelectorAll("[data-items] li").length === 3);
      await fits(tab);
      await photograph(tab, "attach-unsent");
      await tab.goto(base + first);
      await kept(tab, measure, 2);
      const silent = cable.heard().length;
      cable.mend();
      await tell(tab);
      await sent(tab, measure);
      await arrived(tab);
      const asked = cable.heard().slice(silent).filter(({ method }) => method === "POST").map(({ name }) => name);
      assert.deepEqual(asked.filter((name, at) => asked.indexOf(name) === at), ["entries", "uploads"], "the value first");
      const fresh = (await proofs(tab)).filter((piece) => !before.includes(piece.id));
      assert.deepEqual(fresh.map((piece) => piece.name), ["mot.jpg", "hai.jpg"]);
      await tab.reload({ waitUntil: "networkidle" });
      assert.equal(await tab.inputValue(number), "42");
      assert.deepEqual(await photosIn(tab), []);
      assert.deepEqual((await section(tab, measure).locator(".pieces a").allInnerTexts()).slice(-2), ["mot.jpg", "hai.jpg"]);
    });

    await walk("attach: cut in the middle it goes on from there; answers that are lost double nothing", weak, async (page) => {
      cable.mend();
      await as(page, base, "commune_officer");
      await page.goto(base + first, { waitUntil: "networkidle" });
      const before = (await proofs(page)).length;
      const picture = await noise(page, 21, 1600, 1200);
      assert(picture.length > 700_000, `${picture.length} bytes`);
      cable.after(400_000);
      await choose(page, measure, "cau.jpg", picture);
      await kept(page, measure, 1);
      for (let n = 0; n < 100 && !((await photosIn(page))[0]?.sent > 0); n++) await page.waitForTimeout(100);
      assert.equal((await photosIn(page))[0].sent, 256 * 1024, "one part is there");
      await page.waitForFunction(() => !document.querySelector("#unsent").hidden);
      const silent = cable.heard().length;
      // Asked, taken, and no answer comes back: of the beginning and of parts alike.
      cable.lose();
      await tell(page);
      await page.waitForTimeout(1_500);
      cable.mend();
      await tell(page);
      await sent(page, measure);
      const offsets = cable.heard().slice(silent).filter(({ method }) => method === "PATCH").map(({ offset }) => offset);
      assert(offsets.length > 0 && offsets.every((offset) => offset >= 256 * 1024), `${offsets}: not from the beginning`);
      const pieces = await proofs(page);
      assert.deepEqual([pieces.length, pieces.at(-1).name, pieces.at(-1).bytes], [before + 1, "cau.jpg", picture.length]);
      // The answer to the very beginning.
      cable.lose();
      await choose(page, measure, "kenh.jpg", await noise(page, 22));
      await kept(page, measure, 2);
      await page.waitForTimeout(1_500);
      cable.mend();
      await tell(page);
      await sent(page, measure);
      assert.equal((await proofs(page)).length, before + 2);
    });

    await walk("attach: a phone without room says so before anything is taken, and the file goes by the button", weak, async (page) => {
      cable.mend();
      await as(page, base, "commune_officer");
      await page.goto(base + first, { waitUntil: "networkidle" });
      const before = (await proofs(page)).length;
      const picture = await noise(page, 31);
      // The debugger's own way to a small quota reaches no context of its own: the browser is made to estimate little.
      await page.evaluate(() => {
        navigator.storage.estimate = async () => ({ usage: 0, quota: 1_000_000 });
      });
      await choose(page, measure, "day.jpg", picture);
      const said = section(page, measure).locator("[data-photo-said]");
      await said.waitFor();
      assert.match(await said.innerText(), /day\.jpg: Máy không còn đủ chỗ.*CHƯA được giữ/);
      assert.equal(await rows(page, measure).count(), 0);
      assert.deepEqual(await photosIn(page), []);
      assert.equal(await section(page, measure).locator("input[type=file]").evaluate((input) => input.files.length), 1);
      await photograph(page, "attach-full");
      // Also where the estimate promised room and the disk has none.
      await page.evaluate(() => {
        delete navigator.storage.estimate;
        IDBObjectStore.prototype.add = () => {
          throw new DOMException("no room", "QuotaExceededError");
        };
      });
      await choose(page, measure, "day.jpg", picture);
      await page.waitForFunction((measure) => /CHƯA được giữ/.test(document.querySelector(`section[data-field="${measure}"] [data-photo-said]`).textContent), measure);
      assert.equal(await rows(page, measure).count(), 0);
      await page.locator(".savebar button").first().click();
      await page.waitForURL(/tep=1/);
      assert.deepEqual((await proofs(page)).slice(before).map((piece) => piece.name), ["day.jpg"]);
    });

    await walk("attach: a shared phone is wiped of photographs, too", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      const before = (await proofs(page)).length;
      const picture = await noise(page, 41);
      await page.goto(base + first);
      cable.cut();
      await choose(page, measure, "xoa.jpg", picture);
      await kept(page, measure, 1);
      await page.goto(base + "/ngoai-tuyen");
      await page.click("[data-wipe]");
      await page.waitForSelector("[data-ask-wipe]:not([hidden])");
      assert.match(await page.innerText("[data-ask-wipe]"), /Còn 1 giá trị, ảnh chưa gửi sẽ mất/);
      await page.click("[data-wipe-now]");
      await page.waitForFunction(() => /Đã xóa/.test(document.querySelector("[data-did]").textContent));
      assert.deepEqual(await photosIn(page), []);
      cable.mend();
      const anew = await page.context().newPage();
      await anew.goto(base + first, { waitUntil: "networkidle" });
      assert.equal(await rows(anew, measure).count(), 0);
      assert.equal((await proofs(anew)).length, before);
    });

    await walk("attach: whoever lost their right is refused at the door, is told, and keeps the photograph as a file", weak, async (page) => {
      cable.mend();
      await form(page, base, opened);
      await takeAlong(page);
      const before = (await proofs(page)).length;
      const picture = await noise(page, 51);
      await page.goto(base + first);
      cable.cut();
      await choose(page, measure, "cuoi.jpg", picture);
      await kept(page, measure, 1);
      for (const grant of ["1", "2"]) run("person", "end", grant, "thôi việc");
      cable.mend();
      await tell(page);
      await page.waitForFunction(() => /cần bạn xem/.test(document.querySelector("#unsent").textContent), undefined, { timeout: 40_000 });
      assert.match(await rows(page, measure).first().innerText(), /bị từ chối, giữ trên máy/);
      await page.goto(base + "/ngoai-tuyen");
      await page.waitForSelector("[data-items] li");
      assert.match(await page.innerText("[data-items]"), /cuoi\.jpg[\s\S]*bị từ chối, giữ trên máy/);
      await photograph(page, "attach-refused");
      const [file] = await Promise.all([page.waitForEvent("download"), page.click("[data-items] [data-file]")]);
      const chunks = [];
      for await (const chunk of await file.createReadStream()) chunks.push(chunk);
      assert(Buffer.concat(chunks).equals(picture), "other bytes than were chosen");
      assert.equal(file.suggestedFilename(), "cuoi.jpg");
      await as(page, demo.base, "coordination");
      assert.equal((await proofs(page)).length, before);
    });
  } finally {
    cable.close();
    await demo.stop();
  }
}
