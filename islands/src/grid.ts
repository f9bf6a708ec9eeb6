// Values as a sheet has them: blocks pasted from a spreadsheet, and keys that go from cell to cell. Every cell is an input of the
// page: Tab, and whatever reads the page aloud, know them as ever.

const PARTS = ["v", "n", "d", "g"] as const;
type Cell = HTMLInputElement | HTMLTextAreaElement;

/** The cells of each row, by column; a column that a row does not have stays empty. */
function table(form: HTMLFormElement): (Cell | null)[][] {
  const rows = [...form.querySelectorAll<HTMLElement>("[data-field]")];
  return rows.map((row) =>
    PARTS.map((part) => {
      const found = form.elements.namedItem(`${part}.${row.dataset["field"]}`);
      return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement ? found : null;
    }),
  );
}

/** A block as a spreadsheet copies it: rows of cells; a cell in quotes may hold line ends and tabs. */
export function block(text: string): string[][] {
  const rows: string[][] = [[]];
  let [cell, quoted, began] = ["", false, true];
  const end = (): void => void (rows.at(-1)?.push(cell.trim()), (cell = ""), (began = true));
  const all = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < all.length; at++) {
    const sign = all[at] ?? "";
    if (quoted && sign === '"' && all[at + 1] === '"') (cell += '"'), at++;
    else if (quoted && sign === '"') quoted = false;
    else if (quoted) cell += sign === "\n" ? " " : sign;
    else if (began && sign === '"' && all.includes('"', at + 1)) (quoted = true), (began = false);
    else if (sign === "\t") end();
    else if (sign === "\n") end(), rows.push([]);
    else (cell += sign), (began = false);
  }
  end();
  return rows;
}

/** A row of the page by what names it: its measure, its set with its number, its number alone where only one row has it. */
function codes(form: HTMLFormElement): Map<string, number> {
  const found = new Map<string, number>();
  const rows = [...form.querySelectorAll<HTMLElement>("[data-field]")];
  const numbers = rows.map((row) => row.dataset["no"] ?? "");
  for (const [at, { dataset }] of rows.entries()) {
    const no = numbers[at] ?? "";
    if (no && numbers.filter((other) => other === no).length === 1) found.set(no, at);
    if (no) found.set(`${dataset["set"]}/${no}`, at);
    found.set(dataset["field"] ?? "", at);
  }
  return found;
}

/** Puts a text into a cell as if it had been typed: kept, sent, judged. */
function put(cell: Cell, text: string): void {
  cell.value = text;
  cell.dispatchEvent(new Event("input", { bubbles: true }));
  cell.dispatchEvent(new Event("change", { bubbles: true }));
}

/**
 * A block goes into the cell that has the focus, those below it and those right of it; or, where more than half of its first
 * column are codes of this page's rows, each row's values to the row of its code. What has no row is told, nothing is guessed.
 */
function paste(form: HTMLFormElement, event: ClipboardEvent): void {
  const rows = block(event.clipboardData?.getData("text/plain") ?? "");
  const cells = table(form);
  const from = cells.findIndex((row) => row.includes(event.target as Cell));
  const column = cells[from]?.indexOf(event.target as Cell) ?? -1;
  const wide = rows.some((row) => row.length > 1);
  if (column < 0 || (rows.length < 2 && !wide)) return;
  event.preventDefault();
  const known = codes(form);
  const coded = wide && column === 0 && rows.filter(([code = ""]) => known.has(code)).length * 2 > rows.length;
  const before: [Cell, string][] = [];
  const lost: string[] = [];
  for (const [at, row] of rows.entries()) {
    const [code = "", ...rest] = row;
    const to = coded ? cells[known.get(code) ?? -1] : cells[from + at];
    const texts = coded ? rest : row;
    if (!to) {
      if (row.some(Boolean)) lost.push(coded ? code : texts.join(" "));
      continue;
    }
    for (const [n, text] of texts.entries()) {
      const cell = to[column + n];
      // An empty cell of a block says nothing of the value that stands there.
      if (!cell || !text) {
        if (text) lost.push(text);
        continue;
      }
      before.push([cell, cell.value]);
      put(cell, text);
    }
  }
  tell(form, before, lost);
}

/** Says how much was pasted and what had no place; a button takes all of it back. */
function tell(form: HTMLFormElement, before: [Cell, string][], lost: string[]): void {
  const said = form.querySelector("[data-pasted-said]") ?? document.createElement("p");
  (said as HTMLElement).dataset["pastedSaid"] = "";
  said.setAttribute("role", "status");
  const count = (form.dataset["pasted"] ?? "").replace("{count}", String(before.length));
  said.textContent = [count, lost.length ? (form.dataset["unmatched"] ?? "").replace("{codes}", lost.join(", ")) : ""].filter(Boolean).join(" ");
  form.querySelector(".savebar")?.prepend(said);
  const undo = form.querySelector<HTMLButtonElement>("[data-undo-paste]");
  if (!undo) return;
  undo.hidden = before.length === 0;
  undo.onclick = () => {
    for (const [cell, text] of before.reverse()) put(cell, text);
    undo.hidden = true;
    said.textContent = "";
    before[0]?.[0].focus();
  };
}

/** Up, down and Enter go from row to row, left and right from cell to cell at the ends of the text, Escape takes back. */
function step(form: HTMLFormElement, event: KeyboardEvent): void {
  const cell = event.target;
  if (!(cell instanceof HTMLInputElement) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const cells = table(form);
  const at = cells.findIndex((row) => row.includes(cell));
  const column = cells[at]?.indexOf(cell) ?? -1;
  if (column < 0) return;
  const down = (way: number): Cell | undefined => {
    for (let row = at + way; row >= 0 && row < cells.length; row += way) {
      const found = cells[row]?.[column];
      if (found) return found;
    }
    return undefined;
  };
  const beside = (way: number): Cell | undefined => {
    for (let n = column + way; n >= 0 && n < PARTS.length; n += way) {
      const found = cells[at]?.[n];
      if (found) return found;
    }
    return undefined;
  };
  const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
  const atStart = cell.selectionEnd === 0 || (whole && cell.value !== "");
  const atEnd = cell.selectionStart === cell.value.length || whole;
  const to: Record<string, () => Cell | undefined> = {
    Enter: () => down(event.shiftKey ? -1 : 1),
    ArrowDown: () => (event.shiftKey ? undefined : down(1)),
    ArrowUp: () => (event.shiftKey ? undefined : down(-1)),
    ArrowLeft: () => (!event.shiftKey && atStart ? beside(-1) : undefined),
    ArrowRight: () => (!event.shiftKey && atEnd ? beside(1) : undefined),
  };
  if (event.key === "Escape") {
    const was = cell.dataset["was"];
    if (was !== undefined && was !== cell.value) event.preventDefault(), put(cell, was), cell.select();
    return;
  }
  const next = to[event.key]?.();
  // On the last row Enter sends nothing: whoever wants that presses the button.
  if (next || event.key === "Enter") event.preventDefault();
  if (next) next.focus(), next.select();
}

/** Pasting into any form of values; keys from cell to cell where the page is a sheet. */
export function sheet(form: HTMLFormElement): void {
  form.addEventListener("paste", (event) => paste(form, event));
  if (form.dataset["grid"] === undefined) return;
  form.addEventListener("keydown", (event) => step(form, event));
  form.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name) target.dataset["was"] = target.value;
  });
}
