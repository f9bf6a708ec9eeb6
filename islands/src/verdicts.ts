// The verdict beside each field of a criterion, as it is typed; and values pasted from a spreadsheet, one below the other.
import { verdict, type Requirement, type Verdict } from "./compare";

const words: Record<Verdict, string> = {
  passed: "passed",
  unconfirmed: "unconfirmed",
  failed: "failed",
  incomplete: "incomplete",
  "not-applicable": "notapplicable",
  "to-be-confirmed": "tobeconfirmed",
  unread: "unread",
};

function part(form: HTMLFormElement, name: string): string {
  const field = form.elements.namedItem(name) as HTMLInputElement | RadioNodeList | null;
  return field?.value ?? "";
}

/** Says beside a field what its value is against the requirement. */
function judge(form: HTMLFormElement, section: HTMLElement): void {
  const { field = "", kind = "", op = "", limit = "", confirmed = "", condition = "" } = section.dataset;
  const asked: Requirement = { kind, op, limit, confirmed: confirmed === "1", condition: condition === "1" };
  const said = verdict(asked, { value: part(form, `v.${field}`), numerator: part(form, `n.${field}`), denominator: part(form, `d.${field}`) });
  const state = section.querySelector<HTMLElement>("[data-verdict]");
  if (!state) return;
  state.className = `s ${said === "unread" ? "failed" : said}`;
  state.textContent = form.dataset[words[said]] ?? "";
}

/** How many fields of the form hold something. */
function count(form: HTMLFormElement): void {
  const sections = [...form.querySelectorAll<HTMLElement>("[data-field]")];
  const filled = sections.filter(({ dataset: { field } }) => ["v", "n", "d"].some((name) => part(form, `${name}.${field}`).trim() !== "")).length;
  const bar = form.ownerDocument.querySelector<HTMLProgressElement>("[data-filled-bar]");
  if (bar) bar.value = filled;
}

/** A column copied from a spreadsheet goes into this field and those after it, one line each. */
function paste(form: HTMLFormElement, event: ClipboardEvent): void {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
  const first = event.target;
  if (lines.length < 2 || !(first instanceof HTMLInputElement) || !first.name.startsWith("v.")) return;
  event.preventDefault();
  const all = [...form.querySelectorAll<HTMLInputElement>('input[name^="v."]:not([type="radio"])')];
  const from = all.indexOf(first);
  for (const [at, line] of lines.entries()) {
    const field = all[from + at];
    if (!field) break;
    field.value = (line.split("\t")[0] ?? "").trim();
    // As if it had been typed: kept, sent, judged.
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

export function judgeForm(form: HTMLFormElement): void {
  const again = (event: Event): void => {
    const section = (event.target as Element | null)?.closest<HTMLElement>("[data-field]");
    if (section) judge(form, section);
    count(form);
  };
  form.addEventListener("input", again);
  form.addEventListener("change", again);
  form.addEventListener("langso-set", again);
  form.addEventListener("paste", (event) => paste(form, event));
}
