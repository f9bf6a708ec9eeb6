// Faces are covered by hand (finger, mouse or keys) on a picture of the page, before it is sent.
import { type Box, draw } from "./draw";

/** The longer side of a picture on the page. */
const SHOWN = 720;
/** How far a key moves the frame, and its size at first, in shares of the picture. */
const STEP = 0.02;
const FIRST: Box = { x: 0.4, y: 0.3, width: 0.2, height: 0.2 };

/** `element` has a canvas, `[data-count]`, and the buttons `[data-frame]` and `[data-back]`. */
export class Editor {
  readonly boxes: Box[] = [];
  private frame: Box | null = null;
  private from: [number, number] | null = null;
  private readonly canvas: HTMLCanvasElement;
  private readonly count: HTMLElement | null;

  constructor(readonly picture: ImageBitmap, readonly element: HTMLElement) {
    this.canvas = element.querySelector("canvas") as HTMLCanvasElement;
    this.count = element.querySelector("[data-count]");
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
