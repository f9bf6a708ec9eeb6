// The map of communes: our own data only, no tiles from anywhere. It takes the place of the picture that the page brings,
// with the picture's own paints, and keeps the table below to what is in view.
import "maplibre-gl/dist/maplibre-gl.css";
import { Map as LibreMap, NavigationControl, Popup } from "maplibre-gl";
import type { GeoJSONSource, MapGeoJSONFeature } from "maplibre-gl";

type Properties = { name: string; word: string; class: string; approximate: boolean; href: string; passed: number | null; total: number | null };
type Feature = { id: number; properties: Properties };
type Data = { bbox: [number, number, number, number]; features: Feature[] };
type Paint = [red: number, green: number, blue: number];

const place = document.getElementById("map");
const table = document.querySelectorAll<HTMLTableRowElement>("#map-table tr[data-unit]");

/** A colour of the style sheet in numbers, whatever way it is written. */
function numbers(colour: string): Paint {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) return [222, 219, 208];
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** What a class of the style sheet paints a shape with. */
function paint(name: string): Paint {
  const probe = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = probe.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  shape.setAttribute("class", `f-${name} ${name}`);
  document.body.append(probe);
  const colour = numbers(getComputedStyle(shape).fill);
  probe.remove();
  return colour;
}

const css = ([red, green, blue]: Paint): string => `rgb(${red},${green},${blue})`;

// Which stripes a class has, as in the legend: every how many pixels, how wide, in which direction.
const stripes: Record<string, [every: number, wide: number, way: (x: number, y: number) => number]> = {
  "k-unconfirmed": [8, 3, (x, y) => x + y],
  "k-failed": [8, 2, (_, y) => y],
  "k-incomplete": [8, 4, (x) => x],
  "k-confirm": [8, 4, (x, y) => x - y],
};

/** A square of a class: its paint, and stripes of the ground (of a pass where the pass is not confirmed). */
function tile(name: string): ImageData {
  const size = 16;
  const image = new ImageData(size, size);
  const [colour, ground] = [paint(name), paint(name === "k-unconfirmed" ? "k-passed" : "ground")];
  const [every, wide, way] = stripes[name] ?? [1, 0, () => 0];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const at = (((way(x, y) % every) + every) % every) < wide;
      image.data.set([...(at ? ground : colour), 255], (y * size + x) * 4);
    }
  }
  return image;
}

function popup(properties: Properties, note: string | undefined): HTMLElement {
  const box = document.createElement("div");
  const link = box.appendChild(document.createElement("a"));
  link.href = properties.href;
  link.textContent = properties.name;
  const lines = [properties.word];
  if (properties.total) lines.push(`${properties.passed}/${properties.total}`);
  if (properties.approximate && note) lines.push(note);
  for (const line of lines) box.appendChild(document.createElement("p")).textContent = line;
  return box;
}

/** Rows of the table whose communes are not in view are left out; the line above says how many there are. */
function inView(map: LibreMap, words: DOMStringMap, count: number): void {
  const seen = new Set(map.queryRenderedFeatures({ layers: ["fill"] }).map((feature) => String(feature.id)));
  for (const row of table) row.hidden = !seen.has(row.dataset["unit"] ?? "");
  const line = document.getElementById("map-count");
  const text = seen.size < count ? words["some"] : words["all"];
  if (line) line.textContent = (text ?? "").replace("(shown)", String(seen.size)).replace("(count)", String(count));
}

/** The map's own style, which the page does not wait for. */
function style(address: string): Promise<void> {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.append(link);
  return new Promise((done, failed) => {
    link.onload = () => done();
    link.onerror = () => failed(new Error(address));
  });
}

async function start(element: HTMLElement): Promise<void> {
  const [answer] = await Promise.all([fetch(element.dataset["source"] ?? ""), style(element.dataset["style"] ?? "")]);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const data = (await answer.json()) as Data;
  const [west, south, east, north] = data.bbox;
  const words = element.dataset;
  const ground = document.createElement("div");
  ground.className = "map-ground";
  element.append(ground);
  const map = new LibreMap({
    container: ground,
    style: { version: 8, sources: {}, layers: [] },
    bounds: [[west, south], [east, north]],
    fitBoundsOptions: { padding: 12 },
    attributionControl: false,
    // Where one looked is part of the address.
    hash: "o",
    maxZoom: 13,
    fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 100,
    // Scrolling a page stays scrolling a page.
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
    locale: {
      "NavigationControl.ZoomIn": words["in"] ?? "",
      "NavigationControl.ZoomOut": words["out"] ?? "",
      "Popup.Close": words["close"] ?? "",
      "Map.Title": words["label"] ?? "",
    },
  });
  map.addControl(new NavigationControl({ showCompass: false }));
  await new Promise((ready) => map.once("load", ready));

  const classes = [...new Set(data.features.map((feature) => feature.properties.class))];
  const fill = ["get", "class"];
  const repaint = (): void => {
    for (const name of classes) {
      if (map.hasImage(name)) map.updateImage(name, tile(name));
      else map.addImage(name, tile(name), { pixelRatio: 2 });
    }
    if (map.getLayer("edge")) map.setPaintProperty("edge", "line-color", css(paint("edge")));
    if (map.getLayer("exact")) map.setPaintProperty("exact", "line-color", css(paint("edge")));
    if (map.getLayer("chosen")) map.setPaintProperty("chosen", "line-color", css(paint("chosen")));
  };
  repaint();
  map.addSource("units", { type: "geojson", data: data as never });
  map.addLayer({ id: "fill", type: "fill", source: "units", paint: { "fill-pattern": fill as never } });
  const edge = css(paint("edge"));
  // Dashed: these edges are no boundaries.
  map.addLayer({ id: "edge", type: "line", source: "units", filter: ["get", "approximate"], paint: { "line-color": edge, "line-width": 0.8, "line-dasharray": [2, 2] } });
  map.addLayer({ id: "exact", type: "line", source: "units", filter: ["!", ["get", "approximate"]], paint: { "line-color": edge, "line-width": 0.8 } });
  map.addLayer({ id: "chosen", type: "line", source: "units", filter: ["==", ["id"], -1], paint: { "line-color": css(paint("chosen")), "line-width": 3 } });

  const choose = (id: number): void => void map.setFilter("chosen", ["==", ["id"], id]);
  const hint = new Popup({ closeButton: false, closeOnClick: false, className: "map-hint" });
  const told = new Popup({ maxWidth: "18rem" });
  const open = (feature: MapGeoJSONFeature, at: { lng: number; lat: number }): void => {
    choose(Number(feature.id));
    hint.remove();
    told.setLngLat(at).setDOMContent(popup(feature.properties as Properties, words["approximate"])).addTo(map);
  };
  map.on("mousemove", "fill", (event) => {
    const feature = event.features?.[0];
    if (!feature || told.isOpen()) return;
    map.getCanvas().style.cursor = "pointer";
    choose(Number(feature.id));
    hint.setLngLat(event.lngLat).setText(`${feature.properties["name"]}: ${feature.properties["word"]}`).addTo(map);
  });
  map.on("mouseleave", "fill", () => {
    map.getCanvas().style.cursor = "";
    hint.remove();
    if (!told.isOpen()) choose(-1);
  });
  map.on("click", "fill", (event) => {
    const feature = event.features?.[0];
    if (feature) open(feature, event.lngLat);
  });
  told.on("close", () => choose(-1));
  map.getCanvas().addEventListener("keydown", (event) => {
    if (event.key === "Escape") told.remove();
    if (event.key !== "Enter") return;
    const feature = map.queryRenderedFeatures(map.project(map.getCenter()), { layers: ["fill"] })[0];
    if (feature) open(feature, map.getCenter());
  });
  for (const row of table) {
    for (const what of ["focusin", "mouseenter"]) row.addEventListener(what, () => choose(Number(row.dataset["unit"])));
    for (const what of ["focusout", "mouseleave"]) row.addEventListener(what, () => choose(-1));
  }
  const help = document.getElementById("map-help");
  if (help) {
    help.textContent = words["help"] ?? "";
    help.hidden = false;
  }
  // Another paint when the page turns dark or light.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  new MutationObserver(repaint).observe(document.documentElement, { attributes: true });
  map.on("moveend", () => inView(map, words, data.features.length));
  await new Promise((still) => map.once("idle", still));
  inView(map, words, data.features.length);
  element.dataset["ready"] = String((map.getSource("units") as GeoJSONSource | undefined) !== undefined);
}

// Without a map the picture stays.
if (place) start(place).catch(() => place.querySelector(".map-ground")?.remove());
