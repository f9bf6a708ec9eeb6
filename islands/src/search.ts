// Suggestions while typing, over every form that leads to the page of search (the combobox pattern of WAI-ARIA APG, list
// autocomplete with manual selection). Without this island the form works as it stands.

interface Found { results: Hit[]; said: string }
interface Hit { title: string; kind: string; place: string; note: string | null; href: string }

const pause = 120;

function enrich(form: HTMLFormElement, input: HTMLInputElement, number: number): void {
  const list = document.createElement("ul");
  const status = document.createElement("span");
  list.id = `suggestions-${number}`;
  list.className = "suggestions";
  list.role = "listbox";
  list.ariaLabel = input.labels?.[0]?.textContent ?? "";
  list.hidden = true;
  status.className = "visually-hidden";
  status.role = "status";
  input.role = "combobox";
  input.autocomplete = "off";
  input.ariaAutoComplete = "list";
  input.ariaExpanded = "false";
  input.setAttribute("aria-controls", list.id);
  const box = document.createElement("span");
  box.className = "suggest";
  input.replaceWith(box);
  box.append(input, list, status);

  let at = -1;
  let timer = 0;
  let asking: AbortController | undefined;

  const choose = (to: number): void => {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = to;
    const option = list.children[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const open = (yes: boolean): void => {
    list.hidden = !yes;
    input.ariaExpanded = String(yes);
    choose(-1);
  };
  const shut = (): void => {
    clearTimeout(timer);
    asking?.abort();
    open(false);
  };
  const show = ({ results, said }: Found): void => {
    list.replaceChildren(...results.map((hit, n) => {
      const option = document.createElement("li");
      const name = document.createElement("b");
      const about = document.createElement("span");
      option.id = `${list.id}-${n}`;
      option.role = "option";
      option.ariaSelected = "false";
      option.dataset["href"] = hit.href;
      name.textContent = hit.title;
      about.textContent = [hit.kind, hit.place, hit.note].filter(Boolean).join(" · ");
      option.append(name, about);
      return option;
    }));
    status.textContent = said;
    open(results.length > 0);
  };
  const ask = async (): Promise<void> => {
    asking?.abort();
    const q = input.value.trim();
    if (!q) return shut();
    const { signal } = (asking = new AbortController());
    try {
      const headers = { "accept-language": document.documentElement.lang };
      const answer = await fetch(`/api/v1/search?per=8&q=${encodeURIComponent(q)}`, { signal, headers });
      if (answer.ok) show((await answer.json()) as Found);
    } catch {
      // Typed on, or no network: the form still works.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.isComposing) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      shut();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      event.preventDefault();
      const next = list.hidden ? (event.key === "ArrowDown" ? 0 : count - 1) : at + (event.key === "ArrowDown" ? 1 : -1);
      if (list.hidden) open(true);
      // Past either end stands the field itself.
      choose(next < -1 ? count - 1 : next >= count ? -1 : next);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      location.assign((list.children[at] as HTMLElement).dataset["href"] ?? "");
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const href = (event.target as Element).closest<HTMLElement>("[role=option]")?.dataset["href"];
    if (href) location.assign(href);
  });
  input.addEventListener("blur", shut);
  form.addEventListener("submit", shut);
}

document.querySelectorAll<HTMLFormElement>("form[role=search][action$='/tim-kiem']").forEach((form, number) => {
  const input = form.querySelector<HTMLInputElement>("input[name=q]");
  if (input) enrich(form, input, number);
});
