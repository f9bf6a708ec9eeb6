// The API's page: a request is tried where it is described. Without this island each form opens its answer as a page.
const most = 20_000;
const told = ["content-type", "etag", "link", "last-modified", "ratelimit", "ratelimit-policy", "retry-after"];

function address(form: HTMLFormElement): string {
  let path = form.dataset["path"] ?? "";
  const query = new URLSearchParams();
  for (const field of form.querySelectorAll<HTMLInputElement>("input")) {
    const value = field.value.trim();
    const part = field.dataset["pathPart"];
    if (part) path = path.replace(`{${part}}`, encodeURIComponent(value));
    else if (value) query.append(field.name, value);
  }
  return query.size ? `${path}?${query}` : path;
}

async function attempt(form: HTMLFormElement): Promise<void> {
  const url = address(form);
  let box = form.nextElementSibling;
  if (!(box instanceof HTMLPreElement)) {
    box = document.createElement("pre");
    box.setAttribute("tabindex", "0");
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", form.dataset["answer"] ?? "");
    box.setAttribute("aria-live", "polite");
    form.after(box);
  }
  box.textContent = `GET ${url}`;
  try {
    const answer = await fetch(url, { headers: { "accept-language": document.documentElement.lang } });
    const text = await answer.text();
    const head = told.flatMap((name) => (answer.headers.has(name) ? [`${name}: ${answer.headers.get(name)}`] : []));
    const json = answer.headers.get("content-type")?.includes("json") && text;
    const body = json ? JSON.stringify(JSON.parse(text), null, 2) : text;
    const cut = body.length > most ? `${body.slice(0, most)}\n…` : body;
    box.textContent = [`GET ${url}`, `${answer.status} ${answer.statusText}`, ...head, "", cut].join("\n");
  } catch (error) {
    box.textContent = `GET ${url}\n${error}`;
  }
}

document.querySelectorAll<HTMLFormElement>("form.explore").forEach((form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(form);
  });
});
