// A form of values that keeps itself: each keystroke stands in this browser before the next task, each value is sent by itself,
// what somebody else wrote meanwhile is shown beside it, and nothing is let go before the server has it.
import { line } from "./line";
import { mine, newest, theirs, type Done, type Item, type Standing, type Typed } from "./queue";
import { shelf } from "./shelf";
import { announce, drafts, flush, forget, gather, queue, typed, type Field, type Round } from "./unsent";

/** So long after a keystroke a value is sent by itself, in milliseconds; at once when its field is left. */
const CALM = 900;

type Told = { measure: string; shown?: string; clock?: string; now?: { word?: string; class?: string; declared?: { version: number } | null } };
/** The answer to one value. */
const entryOf = (body: unknown, measure: string): Told | undefined => (body as { entries?: Told[] } | null)?.entries?.find((one) => one.measure === measure);

class Section {
  readonly measure: string;
  private timer = 0;
  /** What the server is known to have: by its page, whatever was typed before this island was there. */
  private known: string;

  constructor(
    readonly at: HTMLElement,
    private readonly form: Kept,
  ) {
    this.measure = at.dataset["field"] ?? "";
    this.known = JSON.stringify(this.parts((one) => one.defaultValue, (one) => one.defaultChecked));
    // Files have a way of their own (`attach.ts`).
    const typed = (event: Event): boolean => !(event.target as Element).closest("[data-attach], [data-photos]");
    at.addEventListener("input", (event) => typed(event) && this.keystroke());
    at.addEventListener("change", (event) => typed(event) && this.soon(0));
  }

  private named(part: string): HTMLInputElement | HTMLTextAreaElement | RadioNodeList | null {
    return this.form.at.elements.namedItem(`${part}.${this.measure}`) as HTMLInputElement | RadioNodeList | null;
  }

  what(): Typed {
    return this.parts((one) => one.value, (one) => one.checked);
  }

  /** The parts of a value, read from its fields in one way. */
  private parts(of: (one: HTMLInputElement | HTMLTextAreaElement) => string, chosen: (one: HTMLInputElement) => boolean): Typed {
    const text = (part: string): string => {
      const named = this.named(part);
      if (!(named instanceof RadioNodeList)) return named ? of(named) : "";
      return ([...named] as HTMLInputElement[]).find(chosen)?.value ?? "";
    };
    return { value: text("v"), numerator: text("n"), denominator: text("d"), note: text("g") };
  }

  /** Whether something else stands here than the server is known to have. */
  private get differs(): boolean {
    return JSON.stringify(this.what()) !== this.known;
  }

  /** What was typed before this island was there is kept as if it were typed now. */
  caught(): void {
    if (this.differs) this.keystroke();
  }

  set(what: Typed): void {
    const said = this.words(what.value);
    for (const [part, value] of [["v", said], ["n", what.numerator], ["d", what.denominator], ["g", what.note]] as const) {
      const field = this.named(part);
      if (!field || field.value === value) continue;
      field.value = value;
      // What hangs on the field (its verdict) hears of it as of something typed.
      const one = field instanceof RadioNodeList ? undefined : field;
      one?.closest("details")?.setAttribute("open", "");
    }
    this.at.dispatchEvent(new CustomEvent("langso-set", { bubbles: true }));
  }

  /** A sheet writes yes and no as words, where a criterion's page has buttons. */
  private words(value: string): string {
    const { kind = "" } = this.at.dataset;
    const box = this.named("v");
    if (!(box instanceof HTMLInputElement) || !["boolean", "document"].includes(kind)) return value;
    return value === "true" ? this.form.word("yes") || value : value === "false" ? this.form.word("no") || value : value;
  }

  get seen(): number {
    return Number(this.named("s")?.value ?? 0);
  }

  private field(): Field {
    const label = this.at.querySelector("h2, [data-label-text]")?.textContent?.trim() ?? "";
    return { person: this.form.person, api: this.form.api, measure: this.measure, page: location.pathname, label, seen: this.seen };
  }

  /** Nothing is waited for here: this is the task of the keystroke. */
  private keystroke(): void {
    this.soon(typed(this.field(), this.what()) ? CALM : 0);
  }

  private soon(wait: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), wait);
  }

  /** Puts what stands in the field into the queue, where the server does not have it. */
  async keep(): Promise<void> {
    clearTimeout(this.timer);
    if (!this.differs && !(await this.waits())) return forget(this.field());
    await queue(this.field(), this.what());
    document.dispatchEvent(new CustomEvent("langso-kept"));
  }

  private async waits(): Promise<boolean> {
    return newest(await shelf.all(), this.form.person, this.form.api, this.measure) !== undefined;
  }

  private async send(): Promise<void> {
    // What the server has already is not said to be on its way: no answer would ever end that.
    if (this.differs) this.say(this.form.word("saving"));
    await this.keep();
    await this.form.flush();
  }

  say(text: string): void {
    const said = this.at.querySelector("[data-said]");
    if (said && said.textContent !== text) said.textContent = text;
  }

  /** What was typed here and is not at the server: by an item of the queue. */
  show(item: Item): void {
    this.set(item);
    this.state(item);
  }

  private state(item: Item): void {
    this.box()?.remove();
    this.mark(item.state === "wrong");
    if (item.state === "conflict" && item.now) this.ask(item, item.now);
    else if (item.state === "wrong" || item.state === "refused") this.say([this.form.word("refused"), ...(item.said ?? [])].join(" "));
    else this.say(this.form.word("waiting"));
  }

  /** What is wrong is wrong at its cell: said to whoever listens, too. */
  private mark(wrong: boolean): void {
    const cell = this.named("v");
    if (!(cell instanceof HTMLInputElement)) return;
    if (wrong) cell.setAttribute("aria-invalid", "true");
    else cell.removeAttribute("aria-invalid");
  }

  private box(): Element | null {
    return this.at.querySelector("[data-ask]");
  }

  /** Both values with their times: theirs in words, mine in the field. */
  private ask(item: Item, now: Standing): void {
    const box = document.createElement("div");
    box.className = "card bad";
    box.dataset["ask"] = "";
    box.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = this.form.word("changed").replace("{by}", now.by || "–").replace("{value}", now.shown || "–").replace("{clock}", now.clock || "–");
    const own = document.createElement("p");
    own.className = "small";
    own.textContent = `${[item.value, [item.numerator, item.denominator].filter(Boolean).join(" / ")].filter(Boolean).join(" · ")} – ${new Date(item.at).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" })}`;
    const button = (word: string, quiet: boolean, then: () => Promise<void>): HTMLButtonElement => {
      const one = document.createElement("button");
      one.type = "button";
      one.textContent = this.form.word(word);
      if (quiet) one.className = "quiet";
      one.addEventListener("click", () => void then().then(() => box.remove()));
      return one;
    };
    const keepMine = button("mine", false, async () => {
      await this.keep();
      await mine(shelf, line, item.ordinal);
      this.saw(now.version);
      await this.form.flush();
    });
    const keepTheirs = button("theirs", true, async () => {
      await theirs(shelf, item.ordinal);
      this.saw(now.version);
      this.set(now.typed);
      this.known = JSON.stringify(this.what());
      this.say(this.form.word("saved").replace("{clock}", now.clock));
      document.dispatchEvent(new CustomEvent("langso-kept"));
    });
    box.append(text, own, keepMine, " ", keepTheirs);
    this.at.querySelector("[data-said]")?.before(box);
    this.say("");
  }

  private saw(version: number): void {
    const seen = this.named("s");
    if (seen) seen.value = String(version);
  }

  /** What waited here was sent by another tab. */
  elsewhere(done: Item | undefined): void {
    const waited = this.at.querySelector("[data-said]")?.textContent === this.form.word("waiting");
    if (!waited || done?.version === undefined) return;
    this.saw(done.version);
    this.say(this.form.word("saved").replace("{clock}", "").trim());
  }

  /** The server answered. */
  answered(done: Done): void {
    const entry = entryOf(done.body, this.measure);
    if (done.answer !== "saved" && done.answer !== "nothing") return this.state(done.item);
    this.box()?.remove();
    this.mark(false);
    const version = entry?.now?.declared?.version;
    if (version !== undefined) this.saw(version);
    const clock = (done.body as { clock?: string } | null)?.clock ?? "";
    const { value, numerator, denominator, note } = done.item;
    this.known = JSON.stringify({ value, numerator, denominator, note });
    this.say(done.answer === "saved" ? this.form.word("saved").replace("{clock}", clock) : "");
    const verdict = this.at.querySelector<HTMLElement>("[data-verdict]");
    if (verdict && entry?.now?.word) {
      verdict.textContent = entry.now.word;
      verdict.className = `s ${entry.now.class ?? ""}`;
    }
  }
}

class Kept {
  readonly person: number;
  readonly api: string;
  private readonly sections: Section[];

  constructor(readonly at: HTMLFormElement) {
    this.person = Number(at.dataset["person"] ?? 0);
    this.api = at.dataset["entry"] ?? "";
    this.sections = [...at.querySelectorAll<HTMLElement>("[data-field]")].map((one) => new Section(one, this));
    document.addEventListener("langso-done", (event) => this.hear((event as CustomEvent<Done>).detail));
    at.addEventListener("submit", (event) => void this.submit(event as SubmitEvent));
  }

  word(name: string): string {
    return this.at.dataset[name] ?? "";
  }

  private hear(done: Done): void {
    if (done.item.person !== this.person || done.item.api !== this.api) return;
    this.sections.find((one) => one.measure === done.item.measure)?.answered(done);
  }

  private status(text: string): void {
    const status = this.at.querySelector("[data-status]");
    if (status) status.textContent = text;
  }

  async flush(): Promise<Round | undefined> {
    const round = await flush(this.person, announce);
    document.dispatchEvent(new CustomEvent("langso-kept"));
    await this.wait();
    this.status(round?.stopped ? this.word("waiting") : "");
    return round;
  }

  /** Fields whose value waits say so; another tab may have sent what waited here. */
  private async wait(): Promise<void> {
    const all = await shelf.all();
    for (const section of this.sections) {
      const item = newest(all, this.person, this.api, section.measure);
      if (item?.state === "waiting" || item?.state === "going") section.say(this.word("waiting"));
      else if (!item) section.elsewhere(all.find((one) => one.state === "done" && one.person === this.person && one.api === this.api && one.measure === section.measure));
    }
  }

  /** What was typed here before and never reached the server stands in its fields again, the newest of it. */
  async restore(): Promise<void> {
    const found = drafts(this.person, this.api);
    await gather(this.person);
    const all = await shelf.all();
    for (const section of this.sections) {
      const item = newest(all, this.person, this.api, section.measure);
      // Where the queue took nothing (a phone that is full) the keystrokes themselves are still there.
      const draft = found.find((one) => one.measure === section.measure);
      if (item) section.show(item);
      else if (draft) section.set(draft);
      else section.caught();
    }
    if (found.length) this.status(this.word("kept"));
    await this.flush();
  }

  /** The button: everything is sent before anybody goes on. Without this island the form goes its own way. */
  private async submit(event: SubmitEvent): Promise<void> {
    // A file that could not be kept here goes with the form itself.
    if ([...this.at.querySelectorAll<HTMLInputElement>("input[type=file]")].some((field) => field.files?.length)) return;
    event.preventDefault();
    const to = event.submitter instanceof HTMLButtonElement && event.submitter.name === "tiep" ? (this.at.elements.namedItem("sau") as HTMLInputElement | null)?.value : undefined;
    for (const section of this.sections) await section.keep();
    const round = await this.flush();
    const asks = round?.done.some((done) => done.answer !== "saved" && done.answer !== "nothing");
    if (asks) this.at.querySelector<HTMLElement>("[data-ask] button, [aria-invalid]")?.focus();
    // What waits for a line does not keep anybody from the next criterion.
    else if (to) location.assign(to);
  }
}

/** Keeps a form; `undefined` where this browser keeps nothing, and the form goes by its button. */
export async function keepForm(form: HTMLFormElement): Promise<void> {
  if (!Number(form.dataset["person"])) return;
  try {
    await shelf.all();
  } catch {
    return;
  }
  await new Kept(form).restore();
}
