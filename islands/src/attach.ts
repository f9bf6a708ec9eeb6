// Photographs and files at the fields of an entry form: shrunk on the phone, faces covered where somebody wants to, kept in this
// browser before they are shown as kept, and sent when there is a line. Loaded when a file is chosen, or one waits.
import { album, photosOf, saveAs } from "./album";
import { Editor } from "./cover";
import { pictured, ready, small } from "./draw";
import { PERSON, language, line } from "./line";
import type { News, Photo } from "./photos";
import { isFull } from "./unsent";

/** Room that is left for values and pages beside a photograph, in bytes. */
const MARGIN = 2_000_000;

const find = <E extends HTMLElement>(place: ParentNode, name: string): E => place.querySelector<E>(name) as E;
const megabytes = (bytes: number): string => Math.max(0, bytes / 1e6).toLocaleString("vi-VN", { maximumFractionDigits: 1 });

/** One photograph as the page shows it. */
class Row {
  readonly element: HTMLElement;
  private editor: Editor | undefined;
  private sure = 0;

  constructor(
    private photo: Photo,
    private readonly form: Attached,
  ) {
    const template = document.querySelector<HTMLTemplateElement>("template[data-photo]") as HTMLTemplateElement;
    this.element = find((template.content.cloneNode(true) as DocumentFragment), "li");
    const wire = (name: string, then: () => Promise<unknown>): void => find(this.element, name).addEventListener("click", () => void then());
    wire("[data-drop]", () => this.drop());
    wire("[data-cover]", () => this.open());
    wire("[data-go]", () => this.go());
    wire("[data-file]", () => saveAs(this.photo));
    this.show(photo);
  }

  private change(how: (now: Photo) => Photo | null, bytes?: Blob): Promise<Photo | null | undefined> {
    return album.change(this.photo.ordinal, (now) => (now ? how(now) : undefined), bytes);
  }

  show(photo: Photo): void {
    this.photo = photo;
    const { state, name, said, sent, size, there } = photo;
    find(this.element, "[data-name]").textContent = name;
    const picture = find<HTMLImageElement>(this.element, "img");
    picture.hidden = photo.small === "";
    if (photo.small && picture.src !== photo.small) picture.src = photo.small;
    this.say(this.form.word(state));
    this.progress(state === "waiting" && sent > 0 ? sent / size : 0);
    const why = find(this.element, "[data-why]");
    why.textContent = (said ?? []).join(" ");
    why.hidden = why.textContent === "";
    find(this.element, "[data-go]").hidden = state !== "chosen";
    // What is on its way already shows what it shows.
    find(this.element, "[data-cover]").hidden = photo.small === "" || this.editor !== undefined || state === "refused" || there !== "";
    find(this.element, "[data-file]").hidden = state !== "refused";
    if (state === "chosen" && photo.small && !this.editor) void this.open();
  }

  private say(text: string): void {
    find(this.element, "[data-state]").textContent = text;
  }

  private progress(share: number): void {
    const bar = find<HTMLProgressElement>(this.element, "progress");
    bar.hidden = share === 0;
    bar.value = share;
  }

  /** What became of it, as it is told while it is sent. */
  hear(news: News): void {
    if (news.evidence) {
      for (const name of ["progress", "[data-go]", "[data-cover]", "[data-drop]", "[data-file]", "[data-editor]"]) find(this.element, name).hidden = true;
      const link = document.createElement("a");
      link.href = `${document.documentElement.lang === "en" ? "/en" : ""}/tep-minh-chung/${news.evidence}`;
      link.textContent = this.photo.name;
      find(this.element, "[data-name]").replaceChildren(link);
      this.say(this.form.word("sent"));
    } else if (!news.refused) {
      this.say(this.form.word("sending"));
      find(this.element, "[data-cover]").hidden = true;
      this.progress(news.share);
    }
  }

  /** It was sent by another tab. */
  gone(): void {
    if (!find(this.element, "[data-drop]").hidden) this.element.remove();
  }

  /** Asked twice: nobody gets it back. */
  private async drop(): Promise<void> {
    const button = find(this.element, "[data-drop]");
    if (!this.sure) {
      const word = button.textContent;
      button.textContent = this.form.word("sure");
      this.sure = window.setTimeout(() => ([button.textContent, this.sure] = [word, 0]), 5_000);
      return;
    }
    await this.change(() => null);
    this.element.remove();
    this.form.changed();
  }

  /** Its picture, to be covered; until that is done it is not sent. */
  private async open(): Promise<void> {
    if (this.editor) return;
    const kept = await this.change((now) => (now.there === "" && now.state !== "refused" ? { ...now, state: "chosen" } : now));
    if (kept?.state !== "chosen") return;
    const bytes = await album.bytes(kept.ordinal);
    const picture = bytes && (await pictured(new Blob([bytes], { type: kept.type })));
    if (!picture || this.editor) return;
    const place = find(this.element, "[data-editor]");
    place.hidden = false;
    this.editor = new Editor(picture, place);
    this.show(kept);
    this.form.changed();
  }

  private async go(): Promise<void> {
    const { editor, photo } = this;
    let made: { bytes: Blob; what: Partial<Photo> } | undefined;
    if (editor?.boxes.length) {
      const bytes = await album.bytes(photo.ordinal);
      if (!bytes) return;
      const piece = await ready(new File([bytes], photo.name, { type: photo.type }), editor.picture, editor.boxes);
      const picture = await pictured(piece.file);
      made = { bytes: piece.file, what: { ...piece.said, name: piece.name, type: piece.file.type, size: piece.file.size, covered: photo.covered + piece.covered, small: picture ? small(picture) : "" } };
    }
    try {
      const kept = await this.change((now) => ({ ...now, ...made?.what, state: "waiting" }), made?.bytes);
      this.editor = undefined;
      find(this.element, "[data-editor]").hidden = true;
      if (kept) this.show(kept);
    } catch {
      this.form.fail(this.photo.measure, this.form.word("failed"));
    }
    this.form.changed();
  }
}

/** The places for files of one form. */
export class Attached {
  private readonly person: number;
  private readonly api: string;
  private readonly rows = new Map<number, Row>();

  constructor(readonly at: HTMLFormElement) {
    this.person = Number(at.dataset["person"] ?? 0);
    this.api = at.dataset["entry"] ?? "";
    document.addEventListener("langso-photo", (event) => {
      const news = (event as CustomEvent<News>).detail;
      this.rows.get(news.ordinal)?.hear(news);
      if (news.refused) void this.show();
    });
    // Another tab may have sent what waited here.
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.show());
  }

  word(name: string): string {
    return this.at.dataset[`photo${name[0]?.toUpperCase()}${name.slice(1)}`] ?? "";
  }

  private place(measure: string): HTMLElement | null {
    return this.at.querySelector(`[data-field="${CSS.escape(measure)}"]`);
  }

  fail(measure: string, text: string): void {
    const place = this.place(measure);
    const said = place && find(place, "[data-photo-said]");
    if (!said) return;
    said.textContent = text;
    said.hidden = text === "";
  }

  /** Whoever sends what waits, and counts it, hears of it. */
  changed(): void {
    document.dispatchEvent(new Event("langso-photos"));
  }

  /** What waits of this form stands at its fields. */
  async show(): Promise<void> {
    const all = (await photosOf(this.person)).filter((photo) => photo.api === this.api);
    for (const photo of all) {
      const row = this.rows.get(photo.ordinal);
      if (row) row.show(photo);
      else {
        const made = new Row(photo, this);
        this.rows.set(photo.ordinal, made);
        const place = this.place(photo.measure);
        if (place) find(place, "[data-photos]").append(made.element);
      }
    }
    for (const [ordinal, row] of this.rows) {
      if (all.some((photo) => photo.ordinal === ordinal)) continue;
      row.gone();
      this.rows.delete(ordinal);
    }
  }

  /** Takes what was chosen; what could not be kept stays in its field, for the button of the form. */
  async take(input: HTMLInputElement): Promise<void> {
    const section = input.closest<HTMLElement>("[data-field]");
    const measure = section?.dataset["field"];
    if (!section || !measure || !input.files?.length) return;
    const cover = find<HTMLInputElement>(section, "[data-cover-first] input").checked;
    const [left, why]: [DataTransfer, string[]] = [new DataTransfer(), []];
    this.fail(measure, "");
    // Asked for first: the browser may throw away what is not persistent when space runs out.
    await navigator.storage?.persist?.().catch(() => false);
    for (const file of [...input.files]) {
      const not = await this.keep(file, measure, section.querySelector("h2")?.textContent?.trim() ?? "", cover);
      if (not === undefined) continue;
      left.items.add(file);
      why.push(`${file.name}: ${not}`);
    }
    this.fail(measure, why.join(" "));
    input.files = left.files;
    await this.show();
    this.changed();
  }

  /** Keeps a file, on the disk when this returns nothing; else why it is not kept. */
  private async keep(file: File, measure: string, label: string, cover: boolean): Promise<string | undefined> {
    const picture = await pictured(file);
    // Faces that cannot be shown cannot be covered either: whoever wanted to decides anew.
    if (cover && !picture && file.type.startsWith("image/")) return this.word("failed");
    const piece = await ready(file, picture, []).catch(() => undefined);
    if (!piece) return this.word("failed");
    const { size } = piece.file;
    if (size > Number(this.at.dataset["most"] ?? 0)) return this.word("large");
    const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.()) ?? {};
    const room = quota - usage - MARGIN;
    const full = (): string => this.word("full").replace("#", megabytes(size)).replace("@", megabytes(room));
    if (room < size) return full();
    const { dataset } = this.at;
    const photo = {
      ...piece.said, person: this.person, api: this.api, measure, unit: Number(dataset["unit"]), year: Number(dataset["year"]), page: location.pathname, label,
      name: piece.name, type: piece.file.type || file.type, size, small: picture ? small(picture) : "", covered: 0, at: Date.now(), key: line.key(), there: "", sent: 0,
      state: cover && picture ? ("chosen" as const) : ("waiting" as const),
    };
    try {
      await album.add(photo, piece.file);
      return undefined;
    } catch (error) {
      return isFull(error) ? full() : this.word("failed");
    }
  }

  /** A piece that the unit has already proves this figure, too; that needs a line. */
  async use(select: HTMLSelectElement): Promise<void> {
    const measure = select.closest<HTMLElement>("[data-field]")?.dataset["field"] ?? "";
    const option = select.selectedOptions[0];
    if (!option?.value) return;
    const headers = { "content-type": "application/json", accept: "application/json", [PERSON]: String(this.person), ...language() };
    const body = JSON.stringify({ measure, year: Number(this.at.dataset["year"]) });
    const answer = await fetch(`/api/v1/evidence/${option.value}/uses`, { method: "POST", headers, body }).catch(() => undefined);
    if (answer?.ok) {
      const row = document.createElement("li");
      row.textContent = option.textContent;
      const place = this.place(measure);
      if (place) find(place, "[data-photos]").append(row);
      option.remove();
      this.fail(measure, "");
    } else this.fail(measure, answer ? ((await answer.json().catch(() => ({}))) as { title?: string }).title || this.word("line") : this.word("line"));
    select.value = "";
  }
}
