// Evidence on the page of a unit: photographs are shown before they are sent, faces are covered, and they are sent part by part.
// Without this island the form sends the files as they are.
import { Editor } from "./cover";
import { pictured, ready } from "./draw";
import { carry } from "./photos";
import { carrier } from "./tus";

type Shown = { file: File; editor: Editor };

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Sends a piece, however often the line is cut; why it was not taken, in the server's words. `progress` is told the share that is there. */
async function send(fields: Record<string, string>, bytes: Blob, progress: (share: number, waits: boolean) => void): Promise<string | undefined> {
  let [upload, share] = [{ person: 0, key: carrier.key(), there: "", size: bytes.size, fields }, 0];
  for (let tries = 0; ; tries++) {
    const became = await carry(carrier, upload, bytes, async (now, offset) => {
      if (offset / now.size > share) tries = 0;
      [upload, share] = [now, offset / now.size];
      progress(share, false);
      return true;
    });
    if (became === "unwanted" || "evidence" in became) return undefined;
    if ("refused" in became) return became.refused[0] ?? "";
    if (became.stopped === "login") return became.said[0] ?? "";
    progress(share, true);
    await pause(Math.min(15_000, 1_000 * 2 ** Math.min(tries, 4)));
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
  let photos: Shown[] = [];

  const take = async () => {
    const chosen = [...(files.files ?? [])];
    const made: Shown[] = [];
    for (const file of chosen) {
      // What the browser cannot show goes as it is.
      const picture = await pictured(file);
      const element = (editor.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement | null;
      if (!picture || !element) continue;
      const name = element.querySelector("[data-name]");
      if (name) name.textContent = file.name;
      made.push({ file, editor: new Editor(picture, element) });
    }
    // Chosen anew meanwhile: the later choice counts.
    if (chosen.some((file, at) => files.files?.[at] !== file)) return;
    photos = made;
    list.replaceChildren(...made.map((photo) => photo.editor.element));
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
      let why: string | undefined;
      try {
        const piece = await ready(file, photo?.editor.picture ?? null, photo?.editor.boxes ?? []);
        const { taken = "", lat, lon } = piece.said;
        const place: Record<string, string> = lat === undefined || lon === undefined ? {} : { lat: String(lat), lon: String(lon) };
        const told = { ...fields, filename: piece.name, taken, ...place, covered: piece.covered ? String(piece.covered) : "" };
        why = await send(told, piece.file, (share, waiting) => {
          bar.value = (at + share) / chosen.length;
          if (waits) waits.hidden = !waiting;
        });
      } catch (error) {
        why = String(error);
      }
      if (why === undefined) sent += 1;
      else refused += `${refused ? " · " : ""}${file.name}: ${why}`;
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
