// Pieces of evidence sent part by part (tus 1.0.0): a cut line goes on from the last part that is on the server's disk, a send
// whose answer was lost makes nothing twice. Photographs are drawn anew: smaller, with parts covered.
import { type Told, told } from "./exif";

/** A part of a picture that is covered, in shares of its width and height. */
export type Box = { x: number; y: number; width: number; height: number };

/** The longer side of what is sent. */
const MOST_SIDE = 2048;
const QUALITY = 0.86;
/** Bytes of one part: what a weak line carries in some seconds. */
const PART = 256 * 1024;
const ADDRESS = "/api/v1/uploads";
const VERSION = { "Tus-Resumable": "1.0.0" };

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

/** A file as it is sent, with what it no longer tells itself. */
export type Ready = { file: Blob; name: string; said: Told; covered: number };

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

/** Why a piece was not taken, in the server's words. */
export class Refused extends Error {}

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Whether it may work a moment later: another client is at it, the server is busy, the line is cut. */
const later = (status: number) => status === 409 || status === 423 || status === 429 || status >= 500 || status === 400;

async function words(answer: Response): Promise<string> {
  return (await answer.json().catch(() => null))?.title ?? String(answer.status);
}

/**
 * Sends a piece, however often the line is cut; its number. `fields`: unit, figures ("measure:year"), note. `progress` is told
 * the share that is on the server, and whether it waits for the line.
 */
export async function send(piece: Ready, fields: Record<string, string>, progress: (share: number, waits: boolean) => void): Promise<string> {
  const { said, covered } = piece;
  const all: Record<string, string> = { ...fields, filename: piece.name };
  if (said.taken) all["taken"] = said.taken;
  if (said.lat !== undefined && said.lon !== undefined) [all["lat"], all["lon"]] = [String(said.lat), String(said.lon)];
  if (covered) all["covered"] = String(covered);
  const metadata = Object.entries(all).filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`).join(",");
  const size = piece.file.size;
  let [there, offset, tries, asks] = ["", 0, 0, false];
  for (;;) {
    try {
      let answer: Response;
      if (!there) {
        answer = await fetch(ADDRESS, { method: "POST", headers: { ...VERSION, "Upload-Length": String(size), "Upload-Metadata": metadata } });
      } else if (asks) {
        answer = await fetch(there, { method: "HEAD", headers: VERSION });
        // Forgotten meanwhile: from the beginning.
        if (answer.status === 404) [there, offset] = ["", 0];
      } else {
        const headers = { ...VERSION, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
        answer = await fetch(there, { method: "PATCH", headers, body: piece.file.slice(offset, offset + PART) });
      }
      if (answer.ok) {
        there ||= answer.headers.get("Location") ?? "";
        offset = Number(answer.headers.get("Upload-Offset") ?? 0);
        [tries, asks] = [0, false];
        progress(size ? offset / size : 1, false);
        const became = answer.headers.get("Langso-Evidence");
        if (became) return became;
        continue;
      }
      if (!later(answer.status) && answer.status !== 404) throw new Refused(await words(answer));
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    progress(size ? offset / size : 0, true);
    asks = there !== "";
    tries += 1;
    await pause(Math.min(15_000, 500 * 2 ** Math.min(tries, 5)));
  }
}
