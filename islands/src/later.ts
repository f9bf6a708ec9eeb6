// What enriches a page and weighs much comes after the page, when its place is in view: `data-later` names the script.
const idle = (then: () => void): void => void ("requestIdleCallback" in window ? requestIdleCallback(then) : setTimeout(then));

function watch(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-later]")) {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      idle(() => void import(/* @vite-ignore */ place.dataset["later"] ?? ""));
    });
    seen.observe(place);
  }
}

if (document.readyState === "complete") watch();
else addEventListener("load", watch);

export {};
