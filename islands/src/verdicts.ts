// The verdict beside each field of a criterion, as it is typed; and what a value in another unit comes to.
import { said, verdict, type Requirement, type Unit, type Verdict } from "./compare";

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
  const units = JSON.parse(section.dataset["units"] || "[]") as Unit[];
  const asked: Requirement = { kind, op, limit, confirmed: confirmed === "1", condition: condition === "1", units };
  convert(section, asked, part(form, `v.${field}`));
  const judged = verdict(asked, { value: part(form, `v.${field}`), numerator: part(form, `n.${field}`), denominator: part(form, `d.${field}`) });
  const state = section.querySelector<HTMLElement>("[data-verdict]");
  if (!state) return;
  state.className = `s ${judged === "unread" ? "failed" : judged}`;
  state.textContent = form.dataset[words[judged]] ?? "";
}

/** Says what was typed in another unit, its rule, and what that is in the measure's own: before it is saved. */
function convert(section: HTMLElement, asked: Requirement, value: string): void {
  const place = section.querySelector<HTMLElement>("[data-converted]");
  if (!place) return;
  place.dataset["hint"] ??= place.textContent ?? "";
  const found = said(asked, value);
  const own = asked.units?.[0]?.unit ?? "";
  const comma = (text: string): string => (document.documentElement.lang === "vi" ? text.replace(".", ",") : text);
  place.textContent = found ? `${found.number} ${found.unit} × ${comma(found.times)} = ${comma(found.own)} ${own}` : place.dataset["hint"];
}

/** How many fields of the form hold something. */
function count(form: HTMLFormElement): void {
  const sections = [...form.querySelectorAll<HTMLElement>("[data-field]")];
  const filled = sections.filter(({ dataset: { field } }) => ["v", "n", "d"].some((name) => part(form, `${name}.${field}`).trim() !== "")).length;
  const bar = form.ownerDocument.querySelector<HTMLProgressElement>("[data-filled-bar]");
  if (bar) bar.value = filled;
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
}
