// Pages of the server that are kept on the phone, a cache a person; what they need (styles, scripts, letters) in one more.
// Nothing here draws a page: it is the server's own, as it was when there was a line.

/** Pages of a person. */
export const pagesOf = (person: number): string => `langso-pages-${person}`;
/** Styles, scripts, letters, and the page that says what works without a line: nobody's. */
export const COMMON = "langso-common";

/** What says what works without a line, in both languages; the second of each also says that something was not sent. */
export const OFFLINE = ["/ngoai-tuyen", "/ngoai-tuyen?dut=1", "/en/ngoai-tuyen", "/en/ngoai-tuyen?dut=1"];

/** A page is kept under its path: what a redirect adds to its address says nothing of its content. */
export const name = (address: string): string => new URL(address).pathname;

/** Addresses of assets in a page, a style or a script. */
function assetsIn(text: string, base: string): string[] {
  const found = new Set<string>();
  // Templates write a slash in an attribute as its entity.
  for (const [, address] of text.replaceAll("&#x2f;", "/").matchAll(/["'`(=]\s*((?:\/assets\/|\.\/)[\w.-]+\.(?:js|css|woff2|svg|png)(?:\?v=[0-9a-f]+)?)/g)) {
    if (address) found.add(new URL(address, base).href);
  }
  return [...found];
}

/** Keeps assets, and what they name themselves. Those that are there already are not asked for again. */
async function keepAssets(addresses: string[], seen = new Set<string>()): Promise<void> {
  const common = await caches.open(COMMON);
  for (const address of addresses) {
    if (seen.has(address)) continue;
    seen.add(address);
    let answer = await common.match(address);
    if (!answer) {
      const came = await fetch(address);
      if (!came.ok) continue;
      // Read whole first: a put of a body still on its way never ends where there is no room for it.
      answer = new Response(await came.arrayBuffer(), { headers: { "content-type": came.headers.get("content-type") ?? "" } });
      await common.put(address, answer.clone());
    }
    if (/\.(js|css)(\?|$)/.test(address)) await keepAssets(assetsIn(await answer.text(), address), seen);
  }
}

/** Keeps an answer under an address, with all that its page needs. */
export async function keepAnswer(cache: Cache, address: string, answer: Response): Promise<void> {
  // Read whole before anything is kept: a page that was cut in the middle is none.
  const text = await answer.text();
  await keepAssets(assetsIn(text, answer.url));
  const policy = answer.headers.get("content-security-policy") ?? "default-src 'self'";
  await cache.put(address, new Response(text, { headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": policy } }));
}

/** Asks for a page and keeps it. `whose`: `omit` asks as nobody. False where the server refuses it. */
export async function keepPage(cache: Cache, address: string, whose: RequestCredentials = "same-origin"): Promise<boolean> {
  const answer = await fetch(address, { credentials: whose, redirect: "follow", headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return false;
  await keepAnswer(cache, address, answer);
  return true;
}

/** Forgets all that is kept of everybody on this phone. */
export async function forget(): Promise<void> {
  for (const one of await caches.keys()) if (one.startsWith("langso-")) await caches.delete(one);
}
