// What every page of whoever is logged in does about a line that may be cut: sends what waits, says what has not been sent,
// takes pages along, asks before leaving, wipes. Without this island pages work as ever, with a line.
import { album, clearAlbum, photosOf, saveAs } from "./album";
import { COMMON, forget, keepPage, pagesOf } from "./kept";
import { behind, line } from "./line";
import type { News, Photo } from "./photos";
import { counts, exported, mine, theirs, type Item } from "./queue";
import { clear, person, shelf } from "./shelf";
import { announce, drafts, flush, full, gather, isFull as isNoRoom, pause, wake, type Done, type Round } from "./unsent";

const find = <E extends HTMLElement>(place: ParentNode, name: string): E => place.querySelector<E>(name) as E;
/** A sentence of the server with its places filled. */
const say = (text: string | undefined, ...values: unknown[]): string => ["#", "@"].reduce((said, mark, at) => said.replace(mark, String(values[at] ?? "")), text ?? "");
const clock = (at: number): string => new Date(at).toLocaleString("vi-VN", { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric" });

const bar = document.querySelector<HTMLElement>("#unsent");
let whose = Number(document.querySelector<HTMLMetaElement>("meta[name=langso-person]")?.content ?? 0);

/** Everything of a person on this phone that the server does not have. */
async function left(): Promise<Item[]> {
  return (await shelf.all()).filter((item) => item.person === whose && item.state !== "done");
}

let isFull = false;
async function show(): Promise<void> {
  if (bar) {
    const { waiting, going, conflict, wrong, refused } = counts(await shelf.all(), whose);
    const photos = await photosOf(whose);
    const onWay = waiting + going + photos.filter((photo) => photo.state === "waiting").length;
    const asks = conflict + wrong + refused + photos.filter((photo) => photo.state !== "waiting").length;
    const said = [isFull ? bar.dataset["full"] : (await nearly()) ? bar.dataset["nearly"] : "", onWay ? say(bar.dataset["waiting"], onWay) : "", asks ? say(bar.dataset["asks"], asks) : ""];
    const text = said.filter(Boolean).join(" · ");
    const link = find(bar, "a");
    if (link.textContent !== text) link.textContent = text;
    bar.hidden = text === "";
    bar.classList.toggle("bad", isFull || asks > 0);
  }
  await list();
}
for (const [kind, now] of [["full", true], ["room", false]] as const) {
  full.addEventListener(kind, () => {
    const turned = isFull !== now;
    isFull = now;
    if (turned) void show();
  });
}

/** Whether the space for this site is nearly used up: said while there is time. */
async function nearly(): Promise<boolean> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return quota > 0 && quota - usage < Math.min(20_000_000, quota / 5);
}

let tries = 0;
let timer = 0;
let last: Round | undefined;
/** Sends what waits, and again later where it did not get through. */
async function round(): Promise<Round | undefined> {
  clearTimeout(timer);
  if (!whose) return undefined;
  await gather(whose);
  last = await flush(whose, announce);
  await show();
  // Photographs come behind the values that they prove; what sends them is loaded where one waits.
  if (last && !last.stopped && (await photosOf(whose)).some((photo) => photo.state === "waiting")) {
    const stopped = await import("./carry").then(({ flushPhotos }) => flushPhotos(whose, hear)).catch(() => "line" as const);
    if (stopped) last = { ...last, stopped };
    await show();
  }
  if (last?.stopped === "line" || last?.stopped === "busy") {
    void wake();
    timer = window.setTimeout(() => void round(), pause(tries++));
  } else tries = 0;
  return last;
}

/** What became of a photograph, for the page that shows it. */
function hear(news: News): void {
  document.dispatchEvent(new CustomEvent("langso-photo", { detail: news }));
  if (news.evidence || news.refused) void show();
}

/** All that is on this phone of this site goes; whoever else was logged in here, too. */
async function wipe(): Promise<void> {
  await forget();
  await clear();
  await clearAlbum();
  for (const key of Object.keys(localStorage)) if (key.startsWith("langso:")) localStorage.removeItem(key);
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? []) await registration.unregister();
  isFull = false;
}

// The page that tells what has not been sent.
const place = document.querySelector<HTMLElement>("[data-unsent-list]");

/** A row of what is here, with what values and photographs both have. */
function filled(template: string, one: Item | Photo, value: string): HTMLElement {
  const copy = find<HTMLTemplateElement>(place as HTMLElement, template).content.cloneNode(true) as DocumentFragment;
  const row = find(copy, "li");
  const link = find<HTMLAnchorElement>(row, "[data-label]");
  link.textContent = one.label || one.measure;
  link.href = one.page;
  find(row, "[data-value]").textContent = value;
  // The phone's clock, set right by as much as it was behind at the last answer.
  find(row, "[data-at]").textContent = clock(one.at + behind);
  find(row, "[data-state]").textContent = one.state === "done" ? "" : (place?.dataset[one.state] ?? "");
  if (one.said?.length) {
    find(row, "[data-said]").textContent = one.said.join(" ");
    find(row, "[data-said]").hidden = false;
  }
  return row;
}

function told(item: Item): HTMLElement {
  const value = item.value || [item.numerator, item.denominator].filter(Boolean).join(" / ");
  const row = filled("template[data-item]", item, [value, item.note].filter(Boolean).join(" · ") || "–");
  if (item.state === "conflict" && item.now) {
    const box = find(row, "[data-conflict]");
    box.hidden = false;
    find(box, "[data-now]").textContent = item.now.shown || "–";
    find(box, "[data-by]").textContent = [item.now.by, item.now.clock].filter(Boolean).join(" · ");
    find(box, "[data-mine]").addEventListener("click", () => void mine(shelf, line, item.ordinal).then(round));
    find(box, "[data-theirs]").addEventListener("click", () => void theirs(shelf, item.ordinal).then(show));
  }
  return row;
}

/** A photograph that has not reached the server: seen, saved as a file of the phone's own, let go of. */
function toldPhoto(photo: Photo): HTMLElement {
  const row = filled("template[data-photo]", photo, `${photo.name} (${Math.ceil(photo.size / 1000)} KB)`);
  const picture = find<HTMLImageElement>(row, "img");
  picture.hidden = photo.small === "";
  if (photo.small) picture.src = photo.small;
  find(row, "[data-file]").addEventListener("click", () => void saveAs(photo));
  let sure = false;
  find(row, "[data-drop]").addEventListener("click", ({ currentTarget }) => {
    // Asked twice: nobody gets it back.
    if (sure) return void album.change(photo.ordinal, () => null).then(show);
    sure = true;
    (currentTarget as HTMLElement).textContent = place?.dataset["dropSure"] ?? "";
  });
  return row;
}

async function list(): Promise<void> {
  if (!place) return;
  const [items, photos] = [await left(), await photosOf(whose)];
  const count = items.length + photos.length;
  find(place, "[data-items]").replaceChildren(...items.map(told), ...photos.map(toldPhoto));
  const why = last?.stopped && count ? say(place.dataset[last.stopped]) : "";
  find(place, "[data-count]").textContent = count ? why : say(place.dataset["none"]);
  find<HTMLButtonElement>(place, "[data-send]").hidden = count === 0;
  find<HTMLButtonElement>(place, "[data-export]").hidden = items.length === 0;
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const space = say(place.dataset["space"], (usage / 1e6).toFixed(1), Math.round(quota / 1e6));
  find(place, "[data-space-said]").textContent = [space, (await nearly()) ? place.dataset["nearly"] : ""].filter(Boolean).join(" ");
}

function wire(place: HTMLElement): void {
  place.hidden = false;
  find(place, "[data-send]").addEventListener("click", () => void round());
  find(place, "[data-export]").addEventListener("click", async () => {
    const file = new Blob([exported(await shelf.all(), whose)], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "lang-so-chua-gui.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
  const ask = find(place, "[data-ask-wipe]");
  find(place, "[data-wipe]").addEventListener("click", async () => {
    // Everybody's, not only of whoever is logged in.
    const count = (await shelf.all()).filter((item) => item.state !== "done").length + (await album.all().catch(() => [])).length;
    if (count === 0) return void gone();
    find(ask, "[data-asked]").textContent = say(place.dataset["sure"], count);
    ask.hidden = false;
    find(ask, "[data-wipe-not]").focus();
  });
  const gone = async (): Promise<void> => {
    await wipe();
    ask.hidden = true;
    find(place, "[data-did]").textContent = place.dataset["wiped"] ?? "";
    await show();
  };
  find(ask, "[data-wipe-now]").addEventListener("click", () => void gone());
  find(ask, "[data-wipe-not]").addEventListener("click", () => (ask.hidden = true));
}

/** The service worker, until it is at work; fails where it cannot be. */
async function working(): Promise<void> {
  const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  const worker = registration.installing;
  if (!worker) return void (await navigator.serviceWorker.ready);
  await new Promise<void>((done, failed) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") done();
      if (worker.state === "redundant") failed(new Error("the worker was not installed"));
    });
  });
}

/** Keeps this page and all that lies beneath its address, and the page above. */
function carry(place: HTMLElement): void {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  const said = find(place, "[data-said]");
  const button = find<HTMLButtonElement>(place, "button");
  const mark = `langso:carried:${whose}:${location.pathname}`;
  place.hidden = false;
  const before = localStorage.getItem(mark)?.split(" ");
  if (before) said.textContent = say(place.dataset["done"], clock(Number(before[0])), before[1]);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      // Asked for first: the browser may throw away what is not persistent when space runs out.
      await navigator.storage?.persist?.().catch(() => false);
      const pages = await caches.open(pagesOf(whose));
      // This page first: where there is no room, it is found before anything is promised.
      await keepPage(pages, new URL(location.pathname, location.origin).href);
      await working();
      const beneath = [...document.querySelectorAll<HTMLAnchorElement>("main a[href]")].map((a) => new URL(a.href));
      const inside = beneath.filter((to) => to.origin === location.origin && to.pathname.startsWith(`${location.pathname}/`));
      const start = new URL(document.querySelector<HTMLLinkElement>("link[rel=manifest]")?.href.replace("manifest.webmanifest", "bao-cao") ?? location.href);
      const all = [...new Set([location.href, start.href, ...inside.map((to) => to.href)].map((to) => new URL(new URL(to).pathname, location.origin).href))];
      let done = 0;
      for (const address of all) {
        said.textContent = say(place.dataset["progress"], done, all.length);
        if (await keepPage(pages, address)) done += 1;
      }
      localStorage.setItem(mark, `${Date.now()} ${done}`);
      said.textContent = say(place.dataset["done"], clock(Date.now()), done);
    } catch (error) {
      said.textContent = place.dataset[isNoRoom(error) ? "full" : "failed"] ?? "";
    }
    button.disabled = false;
  });
}

/** What the shelf says, or nothing where it does not answer in time: some browsers neither open it nor say that they will not. */
const inTime = <T>(asked: Promise<T>, otherwise: T): Promise<T> => Promise.race([asked.catch(() => otherwise), new Promise<T>((done) => setTimeout(done, 4_000, otherwise))]);

/**
 * Whoever leaves with values that are not sent is asked; what is kept is shown to nobody until they are back. Hears the button
 * from the first moment on: `ready` says that what waits can be counted, which a slow phone takes its time for.
 */
function leaving(form: HTMLFormElement, ready: Promise<void>): void {
  const ask = document.querySelector<HTMLElement>("[data-leave]");
  const go = async (): Promise<void> => {
    await inTime(person.set(0), undefined);
    form.submit();
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await inTime(ready, undefined);
    const waits = (await inTime(left(), [])).length + drafts(whose).length + (await inTime(photosOf(whose), [])).length;
    if (!waits || !ask) return void go();
    find(ask, "[data-asked]").textContent = say(ask.dataset["count"], waits);
    ask.hidden = false;
    find(ask, "[data-send]").focus();
  });
  if (!ask) return;
  find(ask, "[data-keep]").addEventListener("click", () => void go());
  find(ask, "[data-stay]").addEventListener("click", () => (ask.hidden = true));
  find(ask, "[data-wipe]").addEventListener("click", () => void wipe().then(go));
  find(ask, "[data-send]").addEventListener("click", async () => {
    await round();
    if ((await left()).length + (await photosOf(whose)).length === 0) return void go();
    find(ask, "[data-asked]").textContent = ask.dataset["still"] ?? "";
  });
}

/** Whose phone this is, as far as the page or the shelf knows. */
async function known(): Promise<void> {
  await shelf.all();
  if (whose) await person.set(whose).catch(() => {});
  else whose = await person.get();
}

async function begin(): Promise<void> {
  const opened = known();
  const ready = opened.catch(() => {});
  for (const form of document.querySelectorAll<HTMLFormElement>('form[action$="/dang-xuat"]')) leaving(form, ready);
  try {
    await opened;
  } catch {
    // Nothing is kept here: the page says so where somebody looks, and values go the way of the form.
    if (place) {
      place.hidden = false;
      place.textContent = place.dataset["failed"] ?? "";
    }
    return;
  }
  if (place) wire(place);
  const shown = document.querySelector<HTMLElement>("[data-carry]");
  if (shown && whose) carry(shown);
  await show();
  addEventListener("online", () => void round());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void round());
  document.addEventListener("langso-kept", () => void show());
  document.addEventListener("langso-photos", () => void show().then(round));
  // What the worker sent, where a page of it is open.
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ done?: Done[]; news?: News }>) => {
    for (const done of data.done ?? []) announce(done);
    if (data.news) hear(data.news);
    void show();
  });
  // A page that was taken along and shown without a line has nothing to send to.
  if (await caches?.has?.(COMMON).catch(() => false)) void navigator.serviceWorker?.getRegistration().then((one) => one?.update().catch(() => {}));
  await round();
}

void begin();
