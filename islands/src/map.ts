// The map of communes: our own data only, no tiles from anywhere. The page works without it: a table stands below.
import "maplibre-gl/dist/maplibre-gl.css";
import { Map as LibreMap, NavigationControl, Popup } from "maplibre-gl";
import type { GeoJSONSource, MapGeoJSONFeature } from "maplibre-gl";

const place = document.getElementById("map");

// ColorBrewer-safe fills; the words stand in the legend and the popup.
const colours: Record<string, string> = {
  passed: "#1b6b3a",
  unconfirmed: "#7bb98f",
  failed: "#c9614b",
  incomplete: "#d9ae4f",
  to_be_confirmed: "#7ea4dc",
  not_applicable: "#b8bec8",
  without: "#dedbd0",
};

function text(feature: MapGeoJSONFeature): HTMLElement {
  const box = document.createElement("div");
  const link = document.createElement("a");
  link.href = String(feature.properties["href"] ?? "#");
  link.textContent = String(feature.properties["name"] ?? "");
  const state = document.createElement("p");
  state.textContent = `${feature.properties["word"] ?? ""} · ${feature.properties["passed"] ?? 0}/${feature.properties["total"] ?? 0}`;
  const note = document.createElement("p");
  note.textContent = String(place?.dataset["approximate"] ?? "");
  box.append(link, state, note);
  return box;
}

async function start(element: HTMLElement): Promise<void> {
  const answer = await fetch(element.dataset["source"] ?? "");
  if (!answer.ok) throw new Error(`${answer.status}`);
  const data = (await answer.json()) as { bbox: [number, number, number, number] };
  const [west, south, east, north] = data.bbox;
  const map = new LibreMap({
    container: element,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#f3f0e6" } }] },
    bounds: [[west, south], [east, north]],
    fitBoundsOptions: { padding: 16 },
    attributionControl: false,
  });
  map.addControl(new NavigationControl({ showCompass: false }));
  map.on("load", () => {
    map.addSource("units", { type: "geojson", data: data as never });
    const fill: unknown[] = ["match", ["get", "state"]];
    for (const [state, colour] of Object.entries(colours)) fill.push(state, colour);
    fill.push("#dedbd0");
    map.addLayer({ id: "fill", type: "fill", source: "units", paint: { "fill-color": fill as never, "fill-opacity": 0.9 } });
    // Dashed: these edges are no boundaries.
    map.addLayer({ id: "edge", type: "line", source: "units", paint: { "line-color": "#4b524d", "line-width": 0.8, "line-dasharray": [2, 2] } });
    element.dataset["ready"] = String((map.getSource("units") as GeoJSONSource | undefined) !== undefined);
  });
  map.on("click", "fill", (event) => {
    const feature = event.features?.[0];
    if (feature) new Popup().setLngLat(event.lngLat).setDOMContent(text(feature)).addTo(map);
  });
}

if (place) start(place).catch(() => place.removeAttribute("hidden"));
