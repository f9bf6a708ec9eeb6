// The service worker: with a line the server answers, always; without one, its own pages as they were kept. Values that wait go
// out when there is a line again, also where no page is open.
import { photosOf } from "./album";
import { flushPhotos } from "./carry";
import { COMMON, OFFLINE, keepAnswer, keepPage, name, pagesOf } from "./kept";
import { line } from "./line";
import { counts, send } from "./queue";
import { person, shelf } from "./shelf";

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked extends Waiting {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Worker extends EventTarget {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(options: { includeUncontrolled: boolean }): Promise<{ postMessage(message: unknown): void }[]> };
}
const worker = self as unknown as Worker;
const on = <E extends Event>(kind: string, then: (event: E) => void): void => worker.addEventListener(kind, then as (event: Event) => void);

/** Longer than this a page that is kept is not waited for: on a weak line an officer goes on with what there is. */
const PATIENCE = 8_000;

on<Waiting>("install", (event) => {
  const install = async (): Promise<void> => {
    const common = await caches.open(COMMON);
    // As nobody: these pages are shown whoever is logged in.
    for (const address of OFFLINE) await keepPage(common, new URL(address, location.origin).href, "omit");
    await worker.skipWaiting();
  };
  event.waitUntil(install());
});

on<Waiting>("activate", (event) => event.waitUntil(worker.clients.claim()));

on<Asked>("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request, url));
  else if (request.method === "GET" && url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

/** What says that there is no line; of something sent, that it may not have arrived. */
async function without(url: URL, sent: boolean): Promise<Response> {
  const root = url.pathname === "/en" || url.pathname.startsWith("/en/") ? "/en" : "";
  const kept = await caches.match(new URL(`${root}/ngoai-tuyen${sent ? "?dut=1" : ""}`, location.origin).href, { cacheName: COMMON });
  return kept ? new Response(kept.body, { status: 503, headers: kept.headers }) : Response.error();
}

async function page(request: Request, url: URL): Promise<Response> {
  if (request.method !== "GET") return fetch(request).catch(() => without(url, true));
  const whose = await person.get().catch(() => 0);
  // Kept pages are shown to whom they were kept for, and to nobody when nobody is logged in.
  const pages = whose ? await caches.open(pagesOf(whose)) : undefined;
  const address = new URL(name(request.url), location.origin).href;
  const kept = await pages?.match(address);
  try {
    const answer = await (kept ? Promise.race([fetch(request), late()]) : fetch(request));
    if (kept && pages) {
      if (answer.ok && !answer.redirected) {
        void keepAnswer(pages, address, answer.clone()).catch(() => {});
      } else if (answer.status === 403) {
        // No longer theirs: what the server refuses is not kept either.
        await pages.delete(address);
      }
    }
    return answer;
  } catch {
    return kept ?? (await caches.match(request.url, { cacheName: COMMON })) ?? without(url, false);
  }
}

const late = (): Promise<never> => new Promise((_, failed) => setTimeout(failed, PATIENCE));

/** An asset under the hash of its content never changes; all others are asked for while there is a line. */
async function asset(request: Request): Promise<Response> {
  const hashed = request.url.includes("?v=") || request.url.endsWith(".woff2");
  const kept = await caches.match(request, { cacheName: COMMON });
  if (kept && hashed) return kept;
  try {
    return await fetch(request);
  } catch (error) {
    // A page of an older program asks by another hash: the same script of another hash would not fit it, none is better.
    if (kept) return kept;
    throw error;
  }
}

async function flush(): Promise<void> {
  const whose = await person.get();
  if (!whose) return;
  const { done, stopped } = await navigator.locks.request("langso-send", () => send(shelf, line, whose));
  const tell = async (message: unknown): Promise<void> => {
    for (const client of await worker.clients.matchAll({ includeUncontrolled: true })) client.postMessage(message);
  };
  await tell({ done });
  if (!stopped) await flushPhotos(whose, (news) => void tell({ news }));
  const left = counts(await shelf.all(), whose);
  const photos = (await photosOf(whose)).filter((photo) => photo.state === "waiting").length;
  // The browser tries again later where a try failed.
  if (left.waiting + left.going + photos > 0) throw new Error("values wait");
}

on<Waiting & { tag: string }>("sync", (event) => {
  if (event.tag === "langso-send") event.waitUntil(flush());
});
