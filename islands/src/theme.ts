// Light or dark: as the system says, until somebody chooses. Runs before the page is drawn (a plain script in the head),
// so that nothing flashes; the choice is this browser's alone.
{
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = (): string | null => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  const dark = (): boolean => (root.dataset["theme"] ?? (system.matches ? "dark" : "light")) === "dark";
  const tell = (): void => document.querySelector("button.theme")?.setAttribute("aria-pressed", String(dark()));

  root.dataset["script"] = "";
  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset["theme"] = chosen;

  document.addEventListener("DOMContentLoaded", tell);
  system.addEventListener("change", tell);
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("button.theme")) return;
    const wanted = dark() ? "light" : "dark";
    root.dataset["theme"] = wanted;
    try {
      localStorage.setItem("theme", wanted);
    } catch {
      // chosen for this page
    }
    tell();
  });
}
