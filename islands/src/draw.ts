// Photographs are drawn anew before they are sent: smaller, with parts covered.
import { type Told, told } from "./exif";

/** A part of a picture that is covered, in shares of its width and height. */
export type Box = { x: number; y: number; width: number; height: number };

/** The longer side of what is sent. */
const MOST_SIDE = 2048;
const QUALITY = 0.86;

/** Draws a picture with its parts covered. */
export function draw(canvas: HTMLCanvasElement, picture: ImageBitmap, boxes: Box[], most = MOST_SIDE) {
  const scale = Math.min(1, most / Math.max(picture.width, picture.height));
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const box of boxes) cover(pen, canvas, box);
}

/** Six fields across and no more of what stood there: nobody makes a face of them again. */
function cover(pen: CanvasRenderingContext2D, canvas: HTMLCanvasElement, box: Box) {
  const [x, y] = [Math.floor(box.x * canvas.width), Math.floor(box.y * canvas.height)];
  const [width, height] = [Math.ceil(box.width * canvas.width), Math.ceil(box.height * canvas.height)];
  if (width < 1 || height < 1) return;
  const fields = 6;
  const small = document.createElement("canvas");
  [small.width, small.height] = [fields, Math.max(1, Math.round((fields * height) / width))];
  small.getContext("2d")?.drawImage(canvas, x, y, width, height, 0, 0, small.width, small.height);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, 0, 0, small.width, small.height, x, y, width, height);
  pen.imageSmoothingEnabled = true;
}

/** The picture of a file, turned as its camera says; `null` where the browser can draw none. */
export async function pictured(file: Blob): Promise<ImageBitmap | null> {
  return file.type.startsWith("image/") ? createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null) : null;
}

/** A file as it is sent, with what it no longer tells itself. */
export type Ready = { file: Blob; name: string; said: Told; covered: number };

/** The longer side of a little picture. */
const SMALL = 144;

/** A little picture as an address of data: some thousand bytes. */
export function small(picture: ImageBitmap): string {
  const canvas = document.createElement("canvas");
  draw(canvas, picture, [], SMALL);
  return canvas.toDataURL("image/jpeg", 0.7);
}

/** Makes a photograph ready: one that is small and has nothing covered goes as it is. */
export async function ready(file: File, picture: ImageBitmap | null, boxes: Box[]): Promise<Ready> {
  const whole = { file, name: file.name, said: {}, covered: 0 };
  if (!picture || (!boxes.length && Math.max(picture.width, picture.height) <= MOST_SIDE)) return whole;
  const canvas = document.createElement("canvas");
  draw(canvas, picture, boxes);
  const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!drawn) throw new Error("the picture could not be drawn");
  return { file: drawn, name: file.name.replace(/\.[^.]*$/, "") + ".jpg", said: told(await file.arrayBuffer()), covered: boxes.length };
}
