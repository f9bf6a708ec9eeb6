// What a page that takes values needs of the queue: every keystroke stands in this browser before the next task, every value in
// the queue a moment later, everything is sent as soon as there is a line, and nothing is let go before the server has it.
import { line } from "./line";
import { keep, send, type Done, type Item, type Round, type Typed } from "./queue";
import { shelf } from "./shelf";

export type { Done, Item, Round, Typed };

/** The field into which somebody types. */
export interface Field {
  person: number;
  api: string;
  measure: string;
  page: string;
  label: string;
  /** The version that the page shows. */
  seen: number;
}

const draft = (field: Pick<Field, "person" | "api" | "measure">): string => `langso:${field.person}:${field.api}:${field.measure}`;

/** `full`: this phone has no room, what is typed stands in the page and nowhere else; `room`: there is some again. */
export const full = new EventTarget();

/** Whether a phone had no room for something. */
export function isFull(error: unknown): boolean {
  return error instanceof DOMException && (error.name === "QuotaExceededError" || error.name === "NS_ERROR_DOM_QUOTA_REACHED");
}

/** Keeps a keystroke, at once: the browser has it when this returns, whatever becomes of the tab. */
export function typed(field: Field, what: Typed): boolean {
  try {
    localStorage.setItem(draft(field), JSON.stringify({ ...field, ...what, at: Date.now() }));
    return true;
  } catch {
    // No room beside the database: what is typed goes into that at once.
    return false;
  }
}

/** Lets go of keystrokes that came back to what the server has. */
export function forget(field: Field): void {
  localStorage.removeItem(draft(field));
}

/** What stands in this browser of a page's fields and has not reached the queue. */
export function drafts(person: number, api?: string): (Field & Typed & { at: number })[] {
  const found = [];
  const start = api === undefined ? `langso:${person}:` : `langso:${person}:${api}:`;
  for (let n = 0; n < localStorage.length; n++) {
    const key = localStorage.key(n) ?? "";
    if (!key.startsWith(start)) continue;
    try {
      found.push(JSON.parse(localStorage.getItem(key) ?? ""));
    } catch {
      // Not of this program.
    }
  }
  return found;
}

/** Puts what was typed into the queue; the keystrokes are let go of when it is there. */
export async function queue(field: Field, what: Typed): Promise<Item | undefined> {
  const key = draft(field);
  const before = localStorage.getItem(key);
  try {
    const item = await keep(shelf, line, { ...field, ...what, at: Date.now() });
    // Typed on meanwhile: that stands, and comes next.
    if (localStorage.getItem(key) === before) localStorage.removeItem(key);
    full.dispatchEvent(new Event("room"));
    return item;
  } catch (error) {
    if (isFull(error)) full.dispatchEvent(new Event("full"));
    return undefined;
  }
}

/** Keystrokes of pages that died go into the queue, whichever page is open now. */
export async function gather(person: number): Promise<void> {
  for (const { at: _, value, numerator, denominator, note, ...field } of drafts(person)) await queue(field, { value, numerator, denominator, note });
}

/** Tells the page what became of a value. */
export const announce = (done: Done): void => void document.dispatchEvent(new CustomEvent("langso-done", { detail: done }));

/** Sends what waits of this person; one tab at a time, the others have nothing left to do. */
export async function flush(person: number, tell?: (done: Done) => void): Promise<Round | undefined> {
  const round = async (): Promise<Round> => {
    try {
      return await send(shelf, line, person, tell);
    } catch (error) {
      // Nothing is sent of which this phone could not note that it went out; what waits is tried again.
      if (isFull(error)) full.dispatchEvent(new Event("full"));
      return { done: [], stopped: "busy" };
    }
  };
  // Where the browser has no locks, keys and versions alone see to it that nothing is doubled.
  return "locks" in navigator ? navigator.locks.request("langso-send", round) : round();
}

/** How long to wait before the next try, in milliseconds: longer each time, up to a minute. */
export const pause = (tries: number): number => Math.min(60_000, 2_000 * 2 ** tries);

/** Asks the browser to wake the service worker when there is a line again, where it can. */
export async function wake(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration()) as (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } }) | undefined;
  await registration?.sync?.register("langso-send").catch(() => {});
}
