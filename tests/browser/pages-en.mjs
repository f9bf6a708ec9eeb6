// Every page in English; what is asked of each: pages.mjs.
import { every } from "./pages.mjs";

export default (site) => every(site, "en");
