// The form of a criterion, or of all of them, keeps itself, says its verdicts as it is typed, takes blocks of a spreadsheet, and
// photographs at its fields.
import { photosOf } from "./album";
import type { Attached } from "./attach";
import { sheet } from "./grid";
import { keepForm } from "./keeping";
import { judgeForm } from "./verdicts";

/** Files are taken at their fields; what that needs is loaded when a place for them is opened, or one waits. */
async function attachments(form: HTMLFormElement): Promise<void> {
  const person = Number(form.dataset["person"]);
  const places = form.querySelectorAll<HTMLElement>("details[data-attach]");
  if (!person || !places.length || !("indexedDB" in window)) return;
  let attached: Promise<Attached> | undefined;
  const load = (): Promise<Attached> => (attached ??= import("./attach").then(({ Attached }) => new Attached(form)));
  const hear = async (field: EventTarget | null): Promise<void> => {
    try {
      if (field instanceof HTMLInputElement && field.type === "file" && field.files?.length) await (await load()).take(field);
      else if (field instanceof HTMLSelectElement && field.value) await (await load()).use(field);
    } catch {
      // Not loaded, or nothing can be kept: the file stays in its field, and goes by the button.
      attached = undefined;
      const said = (field as Element).closest("details")?.querySelector<HTMLElement>("[data-photo-said]");
      if (said) [said.hidden, said.textContent] = [false, form.dataset["photoFailed"] ?? ""];
    }
  };
  for (const place of places) {
    for (const [name, hidden] of [["[data-plain]", true], ["[data-cover-first]", false]] as const) {
      const part = place.querySelector<HTMLElement>(name);
      if (part) part.hidden = hidden;
    }
    // Somebody is about to choose: without a line a moment later, what takes the file is there all the same.
    place.addEventListener("toggle", () => place instanceof HTMLDetailsElement && place.open && void load().catch(() => (attached = undefined)));
    place.addEventListener("change", (event) => void hear(event.target));
    // Chosen before this island was there.
    void hear(place.querySelector("input[type=file]"));
  }
  if ((await photosOf(person)).some((photo) => photo.api === form.dataset["entry"])) await (await load()).show();
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-entry]")) {
  judgeForm(form);
  sheet(form);
  void keepForm(form);
  void attachments(form);
}
