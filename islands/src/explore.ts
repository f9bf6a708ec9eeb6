// Explore: what is chosen shows at once, and the address follows; the button stays for whoever has no script. Only choices
// do so: what is typed waits for its end.
const wait = 250;
let asked: AbortController | undefined;
let timer = 0;

/** The address of a form: fields that are empty ask for nothing. */
function address(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value !== "") query.append(name, value);
  return `${location.pathname}?${query}`;
}

/** Takes the page at an address in place of this one's main part; who was in a field stays in it. */
async function show(to: string, keep: boolean): Promise<void> {
  asked?.abort();
  asked = new AbortController();
  const main = document.querySelector("main");
  main?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(to, { signal: asked.signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (!main || !fresh) throw new Error("no page");
    const field = document.activeElement?.id;
    const open = [...main.querySelectorAll<HTMLDetailsElement>("details[open] > summary")].map((s) => s.textContent);
    main.replaceChildren(...fresh.childNodes);
    for (const summary of main.querySelectorAll("details > summary")) {
      if (open.includes(summary.textContent)) summary.parentElement?.setAttribute("open", "");
    }
    document.title = page.title;
    if (field) document.getElementById(field)?.focus();
    if (keep) history.pushState(null, "", to);
    main.removeAttribute("aria-busy");
  } catch (error) {
    // A later choice took its place; else the browser goes there itself, and says what is wrong.
    if (!(error instanceof DOMException && error.name === "AbortError")) location.assign(to);
  }
}

document.addEventListener("change", (event) => {
  const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("main .choose form") : null;
  if (!form) return;
  clearTimeout(timer);
  timer = window.setTimeout(() => void show(address(form), true), wait);
});
addEventListener("popstate", () => void show(location.href, false));

export {};
