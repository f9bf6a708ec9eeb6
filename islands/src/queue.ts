// What was typed and not sent yet: in the order in which it was typed, each under a key of its own, of one person. Knows no
// browser: where it is kept comes in as a `Shelf`, the line as a `Line`, so that a plain test drives it.
//
// The clock of a phone decides nothing: an ordinal orders, the server says what stands, and a time is only told.

/** What somebody typed into the field of a measure. */
export interface Typed {
  value: string;
  numerator: string;
  denominator: string;
  note: string;
}

/**
 * What became of an item: it waits; it went out and no answer came; somebody else wrote; it is wrong; it is refused. One that is
 * done stays, until the next of its field is, to tell what has been seen by whoever typed it.
 */
export type State = "waiting" | "going" | "conflict" | "wrong" | "refused" | "done";

/** A value that is to be sent. */
export interface Item extends Typed {
  /** The order of typing; given by the shelf, never by a clock. */
  ordinal: number;
  /** Whose it is: it is sent under no other login. */
  person: number;
  /** Where values of the unit are sent. */
  api: string;
  measure: string;
  /** The page on which it was typed, and the words of its field. */
  page: string;
  label: string;
  /** The version that was seen. */
  seen: number;
  /** The idempotency key: the same until an answer came. */
  key: string;
  /** The phone's time, in milliseconds; told, never trusted. */
  at: number;
  state: State;
  /** Of a conflict, what stands there now; of a refusal, why. */
  now?: Standing;
  said?: string[];
  /** Of one that is done, its version, and the versions over which it and those before it were typed. */
  version?: number;
  over?: number[];
}

/** What stands at the server. */
export interface Standing {
  version: number;
  /** In words. */
  shown: string;
  typed: Typed;
  by: string;
  clock: string;
}

/** Where items are kept. Every change is kept before its promise is; tabs and the service worker share it. */
export interface Shelf {
  /** All items, by ordinal. */
  all(): Promise<Item[]>;
  /** Keeps a new item and gives its ordinal, higher than any before. */
  add(item: Omit<Item, "ordinal">): Promise<number>;
  /** Changes an item in one step that nobody comes between: what `how` gives is kept, `null` drops it, `undefined` leaves it. */
  change(ordinal: number, how: (now: Item | undefined) => Item | null | undefined): Promise<Item | null | undefined>;
}

/** An answer of the server; `null` where the line is cut. */
export type Reply = { status: number; body: unknown } | null;

/** The line. */
export interface Line {
  send(api: string, key: string, person: number, body: string): Promise<Reply>;
  /** A new idempotency key. */
  key(): string;
}

/** How a round of sending ended. */
export interface Round {
  /** Answers in the order in which they came. */
  done: Done[];
  /** Why it stopped before the end: no line, nobody logged in, the server is busy or failed. */
  stopped?: "line" | "login" | "busy";
}

/** What became of one item. */
export interface Done {
  item: Item;
  answer: "saved" | "nothing" | "conflict" | "wrong" | "refused";
  /** The answer as the server gave it, for whoever shows it. */
  body: unknown;
}

type Entry = { measure: string; answer: string; problems?: { field: string; text: string }[]; now?: { declared?: { version: number; note?: string } | null }; shown?: string; typed?: Partial<Typed>; by?: string | null; clock?: string };

const same = (a: Typed, b: Typed): boolean => a.value === b.value && a.numerator === b.numerator && a.denominator === b.denominator && a.note === b.note;
const place = (item: { person: number; api: string; measure: string }): string => `${item.person} ${item.api} ${item.measure}`;

/**
 * Keeps what was typed. Of a field that waits already the newest stands in its place; what went out without an answer is left as
 * it went, for the server may have it, and what is newer comes after it.
 */
export async function keep(shelf: Shelf, line: Pick<Line, "key">, typed: Omit<Item, "ordinal" | "key" | "state" | "now" | "said">): Promise<Item> {
  const last = (await shelf.all()).filter((item) => place(item) === place(typed) && item.state !== "done").at(-1);
  if (last) {
    const kept = await shelf.change(last.ordinal, (now) => {
      if (!now || now.state === "done") return undefined;
      if (now.state === "going") return same(now, typed) ? now : undefined;
      // A conflict is decided by whoever is asked, not by typing on; what is typed meanwhile is kept with it.
      const asks = now.state === "conflict";
      const { now: stands, said, ...rest } = now;
      const key = same(now, typed) ? now.key : line.key();
      const item: Item = { ...rest, ...typed, seen: now.seen, key, state: asks ? "conflict" : "waiting" };
      return asks && stands ? { ...item, now: stands } : item;
    });
    if (kept) return kept;
  }
  const item: Omit<Item, "ordinal"> = { ...typed, key: line.key(), state: "waiting" };
  return { ...item, ordinal: await shelf.add(item) };
}

/** What is sent of an item. */
export function body(item: Item): string {
  const { measure, value, numerator, denominator, note, seen } = item;
  return JSON.stringify({ entries: [{ measure, value, numerator, denominator, note, seen }] });
}

function standing(entry: Entry): Standing {
  const { value = "", numerator = "", denominator = "" } = entry.typed ?? {};
  const note = entry.now?.declared?.note ?? "";
  return { version: entry.now?.declared?.version ?? 0, shown: entry.shown ?? "", typed: { value, numerator, denominator, note }, by: entry.by ?? "", clock: entry.clock ?? "" };
}

/** The problem of an answer in words, as the API says it. */
function told(reply: unknown): string[] {
  const { title, detail } = (reply ?? {}) as { title?: unknown; detail?: unknown };
  return [title, detail].filter((text): text is string => typeof text === "string");
}

/**
 * Sends what waits of this person, in the order of typing, one after the other, and stops where the line or the login ends:
 * what comes later never overtakes. What is refused, wrong or in conflict stays, and keeps later values of the same field back.
 */
export async function send(shelf: Shelf, line: Line, person: number, tell: (done: Done) => void = () => {}): Promise<Round> {
  const round: Round = { done: [] };
  const held = new Set<string>();
  const tried = new Set<number>();
  const note = (item: Item, answer: Done["answer"], said: unknown): void => {
    const done: Done = { item, answer, body: said };
    round.done.push(done);
    tell(done);
  };
  for (;;) {
    // Asked again each time: what is typed while a value is on its way joins the line.
    const all = (await shelf.all()).filter((item) => item.person === person);
    for (const item of all) if (item.state === "conflict" || item.state === "wrong" || item.state === "refused") held.add(place(item));
    const item = all.find((one) => (one.state === "waiting" || one.state === "going") && !held.has(place(one)) && !tried.has(one.ordinal));
    if (!item) return round;
    tried.add(item.ordinal);
    const before = all.filter((one) => one.state === "done" && place(one) === place(item)).at(-1);
    const going = await shelf.change(item.ordinal, (now) => {
      // Under its key a request stays what it was.
      if (now?.state === "going") return now;
      if (now?.state !== "waiting") return undefined;
      // Typed over what this person saved before, whether or not their page had heard of it.
      const seen = before?.over?.includes(now.seen) ? (before.version ?? now.seen) : now.seen;
      return { ...now, seen, state: "going" };
    });
    if (!going) continue;
    // What became of it, unless another tab was told first.
    const turn = (to: (now: Item) => Item | null) => shelf.change(going.ordinal, (now) => (now && now.key === going.key ? to(now) : undefined));
    const stay = async (state: Done["answer"] & State, also: Partial<Item>, said: unknown): Promise<void> => {
      held.add(place(going));
      const kept = await turn((now) => ({ ...now, ...also, state }));
      if (kept) note(kept, state, said);
    };
    const reply = await line.send(going.api, going.key, person, body(going));
    if (reply === null) return { ...round, stopped: "line" };
    const { status } = reply;
    if (status === 401) {
      await turn((now) => ({ ...now, state: "waiting" }));
      return { ...round, stopped: "login" };
    }
    if (status === 429 || status >= 500) return { ...round, stopped: "busy" };
    const entries = status === 200 ? ((reply.body as { entries?: Entry[] } | null)?.entries ?? []) : [];
    const entry = entries.find((one) => one.measure === going.measure);
    if (!entry) {
      // Not theirs any more, not open any more, or nothing that a page of this age can read: it stays here and is shown.
      await stay("refused", { said: told(reply.body) }, reply.body);
    } else if (entry.answer === "wrong") {
      await stay("wrong", { said: (entry.problems ?? []).map((one) => one.text) }, reply.body);
    } else if (entry.answer === "changed" && !same(standing(entry).typed, going)) {
      await stay("conflict", { now: standing(entry) }, reply.body);
    } else {
      // Also where somebody wrote the same meanwhile: there is nothing to ask.
      const over = before && before.version === going.seen ? [...(before.over ?? []), going.seen] : [going.seen];
      const settled = await turn((now) => ({ ...now, state: "done", version: standing(entry).version, over }));
      if (before && settled) await shelf.change(before.ordinal, () => null);
      note(going, entry.answer === "nothing" ? "nothing" : "saved", reply.body);
    }
  }
}

/** Whoever was asked keeps their own value over what stands there now: sent anew, against that version. */
export async function mine(shelf: Shelf, line: Pick<Line, "key">, ordinal: number): Promise<void> {
  await shelf.change(ordinal, (item) => {
    if (!item || item.state === "going" || item.state === "done") return undefined;
    const { now, said: _, ...rest } = item;
    return { ...rest, seen: now?.version ?? item.seen, key: line.key(), state: "waiting" };
  });
}

/** Whoever was asked lets stand what stands there now. */
export async function theirs(shelf: Shelf, ordinal: number): Promise<void> {
  await shelf.change(ordinal, (item) => (item && item.state !== "done" ? null : undefined));
}

/** How many of a person's items have not reached the server, by state. */
export function counts(all: readonly Item[], person: number): Record<State, number> {
  const found: Record<State, number> = { waiting: 0, going: 0, conflict: 0, wrong: 0, refused: 0, done: 0 };
  for (const item of all) if (item.person === person) found[item.state] += 1;
  return found;
}

/** The newest of a field that has not reached the server: what its page shows. */
export function newest(all: readonly Item[], person: number, api: string, measure: string): Item | undefined {
  return all.filter((item) => item.state !== "done" && place(item) === place({ person, api, measure })).at(-1);
}

/** Everything of a person that has not reached the server, as a file to be handed over by other means. */
export function exported(all: readonly Item[], person: number): string {
  const own = all.filter((item) => item.person === person && item.state !== "done");
  const line = (item: Item) => ({ page: item.page, measure: item.measure, label: item.label, value: item.value, numerator: item.numerator, denominator: item.denominator, note: item.note, seen: item.seen, typed_at: new Date(item.at).toISOString(), order: item.ordinal, state: item.state, said: item.said ?? [] });
  return JSON.stringify({ format: "langso-unsent", version: 1, person, values: own.map(line) }, null, 1);
}
