// Evidence: sent without a script, sent by the island over a line that is cut, faces covered by hand and by keys, used for
// another figure, taken away; and a tus client of others (tus-js-client), stopped in the middle.
import { accessible, desktop, drawFrame, fits, phone } from "./harness.mjs";
import { randomBytes } from "node:crypto";
import { Upload } from "tus-js-client";
import assert from "node:assert/strict";

const UNIT = 250;

/** A JPEG of a house, drawn by the browser itself. */
export async function photograph(page, width, height, hue) {
  const url = await page.evaluate(
    ([width, height, hue]) => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width, height];
      const pen = canvas.getContext("2d");
      for (let n = 0; n < 24; n++) {
        pen.fillStyle = `hsl(${hue + n * 37} 70% ${20 + ((n * 29) % 60)}%)`;
        pen.fillRect(((n * 7) % 6) * (width / 6), Math.floor(n / 6) * (height / 4), width / 6, height / 4);
      }
      return canvas.toDataURL("image/jpeg", 0.9);
    },
    [width, height, hue],
  );
  return Buffer.from(url.split(",")[1], "base64");
}

export default async function ({ base, walk, photograph: shoot }) {
  const list = `${base}/xa/${UNIT}/minh-chung`;
  const pieces = async (page) => (await (await page.request.get(`${base}/api/v1/units/${UNIT}/evidence`)).json()).evidence;
  const bytes = async (page, piece) => (await page.request.get(base + piece.file)).body();
  /** The job makes the small picture a moment later. */
  const looked = async (page, name) => {
    for (let n = 0; n < 100; n++) {
      const piece = (await pieces(page)).find((one) => one.name === name);
      if (piece?.scan === "unscanned") return piece;
      await new Promise((later) => setTimeout(later, 200));
    }
    throw new Error(`nobody looked at ${name}`);
  };

  await walk("evidence is sent, used for another year and no longer used without JavaScript", { ...phone, as: "coordination", javaScriptEnabled: false }, async (page) => {
    const scan = Buffer.concat([Buffer.from("%PDF-1.7\n<</Type /Page>>\n"), randomBytes(5000)]);
    await page.goto(list);
    await page.setInputFiles("#files", [
      { name: "bien-ban.pdf", mimeType: "application/pdf", buffer: scan },
      { name: "ve.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg><script>alert(1)</script></svg>") },
    ]);
    await page.fill("#note", "Biên bản họp thôn");
    await page.getByRole("button", { name: "Gửi" }).click();
    assert.match(await page.innerText("#w-files"), /ve\.svg.*không phải JPEG/);
    assert.equal(await page.inputValue("#note"), "Biên bản họp thôn", "what was typed stays");
    await page.getByRole("link", { name: "bien-ban.pdf" }).click();
    await page.waitForURL(/tep-minh-chung/);
    await page.selectOption("#measure", "income.per_person");
    await page.fill("#year", "2023");
    await page.getByRole("button", { name: "Dùng", exact: true }).click();
    await page.waitForURL(/da_luu/);
    assert.match(await page.innerText("main .card.ok"), /Đã lưu/);
    await page.locator("summary", { hasText: "Thôi dùng" }).click();
    await page.getByRole("button", { name: "Thôi dùng cho số liệu này" }).click();
    // The demo's figures are public: somebody relied on it.
    assert.match(await page.innerText("#w-why"), /hãy ghi lý do/);
    await page.fill("details[open] input[name=why]", "nhầm năm");
    await page.getByRole("button", { name: "Thôi dùng cho số liệu này" }).click();
    assert.match(await page.innerText("main"), /nhầm năm/);
    await fits(page);
    await page.goto(list);
    await fits(page);
  });

  await walk("a photograph is shrunk, a face covered by finger and by keys, and sent over a line that is cut", { ...phone, as: "coordination", cut: true }, async (page) => {
    await page.goto(list);
    const picture = await photograph(page, 3000, 2000, 10);
    await page.setInputFiles("#files", { name: "duong.jpg", mimeType: "image/jpeg", buffer: picture });
    const canvas = page.locator(".photo canvas");
    await canvas.waitFor();
    await drawFrame(page, canvas);
    assert.equal(await page.innerText("[data-count]"), "1");
    await page.getByRole("button", { name: "Đặt khung che" }).press("Enter");
    for (const key of ["ArrowRight", "ArrowDown", "Shift+ArrowRight", "Enter"]) await canvas.press(key);
    assert.equal(await page.innerText("[data-count]"), "2");
    await canvas.press("Backspace");
    assert.equal(await page.innerText("[data-count]"), "1");
    await accessible(page);
    await shoot(page, "evidence-cover");
    // It is begun, then there is no line for a while.
    let parts = 0;
    await page.route("**/api/v1/uploads/*", async (route) => {
      if (route.request().method() !== "PATCH" || ++parts !== 1) return route.continue();
      await route.abort("internetdisconnected");
    });
    await page.getByRole("button", { name: "Gửi" }).click();
    await page.waitForURL(/da_gui=1/);
    assert(parts >= 2, `${parts} parts: nothing was cut`);
    const piece = await looked(page, "duong.jpg");
    assert.deepEqual([piece.width, piece.covered], [2048, 1], JSON.stringify(piece));
    const kept = await bytes(page, piece);
    assert.equal(kept.includes("Exif"), false);
    await page.goto(`${base}/tep-minh-chung/${piece.id}`);
    assert.match(await page.innerText("main"), /1 chỗ, do người gửi che/);
    assert.equal(await page.locator("figure img").evaluate((img) => img.complete && img.naturalWidth), 640);
    await accessible(page);
    await fits(page);
    await shoot(page, "evidence-piece");
    // Shrunk by somebody else and sent again: told to whoever reviews.
    const again = await photograph(page, 1500, 1000, 10);
    await page.goto(list);
    await page.setInputFiles("#files", { name: "duong-2.jpg", mimeType: "image/jpeg", buffer: again });
    await page.getByRole("button", { name: "Gửi" }).click();
    await page.waitForURL(/da_gui=1/);
    await looked(page, "duong-2.jpg");
  });

  await walk("a tus client of others is stopped in the middle and goes on", { ...desktop, as: "coordination" }, async (page) => {
    const scan = Buffer.concat([Buffer.from("%PDF-1.7\n"), randomBytes(1_500_000)]);
    const before = (await pieces(page)).length;
    // As a program shows a session: the cookie, and from where it comes.
    const cookies = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const headers = { Cookie: cookies, Origin: base };
    const options = { headers, endpoint: `${base}/api/v1/uploads`, chunkSize: 200_000, retryDelays: [100, 300, 1000], metadata: { unit: String(UNIT), filename: "quet.pdf" } };
    const url = await new Promise((done, fail) => {
      const first = new Upload(scan, {
        ...options,
        onError: fail,
        onProgress: (sent) => {
          // Within the third part.
          if (sent > 450_000 && first.url) void first.abort().then(() => done(first.url));
        },
      });
      first.start();
    });
    assert.equal((await pieces(page)).length, before, "it is not whole yet");
    await new Promise((done, fail) => {
      new Upload(scan, { ...options, uploadUrl: url, onError: fail, onSuccess: done }).start();
    });
    const [piece] = await pieces(page);
    assert.equal(piece.name, "quet.pdf");
    assert.equal((await pieces(page)).length, before + 1);
    const kept = await bytes(page, piece);
    assert(kept.equals(scan), "other bytes than were sent");
    // A part's hash is held against it, and an upload can be given up.
    const gone = new Upload(scan.subarray(0, 900_000), { ...options, onProgress: (sent) => sent > 300_000 && void gone.abort(true) });
    const place = await new Promise((done) => {
      gone.options.onUploadUrlAvailable = () => done(gone.url);
      gone.start();
    });
    for (let n = 0; n < 50; n++) {
      const { status } = await fetch(place, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
      if (status === 404) return;
      await new Promise((later) => setTimeout(later, 100));
    }
    throw new Error("what was given up is still there");
  });
}
