// Evidence on the page of a unit: photographs are shown before they are sent, faces are covered by hand (finger, mouse or keys),
// and sent part by part. Without this island the form sends the files as they are.
import { type Box, type Ready, Refused, draw, ready, send } from "./upload";

/** The longer side of a picture on the page. */
const SHOWN = 720;
/** How far a key moves the frame, and its size at first, in shares of the picture. */
const STEP = 0.02;
const FIRST: Box = { x: 0.4, y: 0.3, width: 0.2, height: 0.2 };

class Photo {
  readonly boxes: Box[] = [];
  private frame: Box | null = null;
  private from: [number, number] | null = null;
  private readonly canvas: HTMLCanvasElement;
  private readonly count: HTMLElement | null;

  constructor(readonly file: File, readonly picture: ImageBitmap, readonly element: HTMLElement) {
    this.canvas = element.querySelector("canvas") as HTMLCanvasElement;
    this.count = element.querySelector("[data-count]");
    const name = element.querySelector("[data-name]");
    if (name) name.textContent = file.name;
    element.querySelector("[data-back]")?.addEventListener("click", () => this.back());
    element.querySelector("[data-frame]")?.addEventListener("click", () => {
      this.frame = { ...FIRST };
      this.canvas.focus();
      this.show();
    });
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", () => this.put());
    this.canvas.addEventListener("pointercancel", () => this.drop());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.show();
  }

  private at(event: PointerEvent): [number, number] {
    const around = this.canvas.getBoundingClientRect();
    const share = (value: number) => Math.min(1, Math.max(0, value));
    return [share((event.clientX - around.left) / around.width), share((event.clientY - around.top) / around.height)];
  }

  private down(event: PointerEvent) {
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.at(event);
  }

  private move(event: PointerEvent) {
    if (!this.from) return;
    const [[ax, ay], [bx, by]] = [this.from, this.at(event)];
    this.frame = { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
    this.show();
  }

  private drop() {
    [this.from, this.frame] = [null, null];
    this.show();
  }

  private put() {
    if (this.frame && this.frame.width > 0.005 && this.frame.height > 0.005) this.boxes.push(this.frame);
    this.drop();
  }

  private back() {
    if (this.frame) this.drop();
    else this.boxes.pop();
    this.show();
  }

  /** Arrows move the frame, with Shift they change its size; Enter covers, Backspace takes back. */
  private key(event: KeyboardEvent) {
    const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const arrow = arrows[event.key];
    if (arrow) {
      const frame = (this.frame ??= { ...FIRST });
      const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
      if (event.shiftKey) {
        frame.width = within(frame.width + arrow[0] * STEP, 1 - frame.x);
        frame.height = within(frame.height + arrow[1] * STEP, 1 - frame.y);
      } else {
        frame.x = within(frame.x + arrow[0] * STEP, 1 - frame.width);
        frame.y = within(frame.y + arrow[1] * STEP, 1 - frame.height);
      }
      this.show();
    } else if (event.key === "Enter" && this.frame) this.put();
    else if (event.key === "Backspace") this.back();
    else if (event.key === "Escape" && this.frame) this.drop();
    else return;
    event.preventDefault();
  }

  private show() {
    draw(this.canvas, this.picture, this.boxes, SHOWN);
    const pen = this.canvas.getContext("2d");
    if (pen && this.frame) {
      const { x, y, width, height } = this.frame;
      const place: [number, number, number, number] = [x * this.canvas.width, y * this.canvas.height, width * this.canvas.width, height * this.canvas.height];
      // Light on dark: seen on any picture.
      for (const [colour, line] of [["#000", 5], ["#fff", 2]] as const) {
        [pen.strokeStyle, pen.lineWidth] = [colour, line];
        pen.strokeRect(...place);
      }
    }
    if (this.count) this.count.textContent = String(this.boxes.length);
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-photo]")) {
  const files = form.querySelector<HTMLInputElement>("input[type=file]");
  const list = form.querySelector<HTMLElement>("[data-photos]");
  const editor = form.querySelector<HTMLTemplateElement>("template[data-editor]");
  const bar = form.querySelector<HTMLProgressElement>("progress");
  const said = form.querySelector<HTMLElement>("[data-said]");
  const waits = form.querySelector<HTMLElement>("[data-waits]");
  const button = form.querySelector<HTMLButtonElement>("button:not([type])");
  if (!files || !list || !editor || !bar || !button || typeof createImageBitmap !== "function") continue;
  let photos: Photo[] = [];

  const take = async () => {
    const chosen = [...(files.files ?? [])];
    const made: Photo[] = [];
    for (const file of chosen) {
      // What the browser cannot show goes as it is.
      const picture = file.type.startsWith("image/") ? await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null) : null;
      const element = (editor.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement | null;
      if (picture && element) made.push(new Photo(file, picture, element));
    }
    // Chosen anew meanwhile: the later choice counts.
    if (chosen.some((file, at) => files.files?.[at] !== file)) return;
    photos = made;
    list.replaceChildren(...made.map((photo) => photo.element));
  };
  files.addEventListener("change", take);
  if (files.files?.length) void take();

  const text = (name: string) => (form.elements.namedItem(name) as HTMLInputElement | null)?.value.trim() ?? "";

  form.addEventListener("submit", async (event) => {
    const chosen = [...(files.files ?? [])];
    if (!chosen.length) return;
    event.preventDefault();
    [button.disabled, bar.hidden] = [true, false];
    if (said) said.hidden = true;
    const measure = text("measure");
    const fields = { unit: form.dataset["unit"] ?? "", note: text("note"), figures: measure && `${measure}:${text("year")}` };
    let [sent, refused] = [0, ""];
    for (const [at, file] of chosen.entries()) {
      const photo = photos.find((one) => one.file === file);
      try {
        const piece: Ready = await ready(file, photo?.picture ?? null, photo?.boxes ?? []);
        await send(piece, fields, (share, waiting) => {
          bar.value = (at + share) / chosen.length;
          if (waits) waits.hidden = !waiting;
        });
        sent += 1;
      } catch (error) {
        refused += `${refused ? " · " : ""}${file.name}: ${error instanceof Refused ? error.message : String(error)}`;
      }
    }
    if (!refused) {
      location.assign(`${form.dataset["here"]}?da_gui=${sent}`);
      return;
    }
    [button.disabled, bar.hidden] = [false, true];
    if (said) {
      said.textContent = refused;
      said.hidden = false;
    }
  });
}
