import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import subsetFont from "subset-font";
import { Resvg } from "@resvg/resvg-js";
import { build, defineConfig } from "vite";

/** Letters of a range of code points. */
const range = (from, to) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, n) => from + n));

// What pages of this product can contain: ASCII, the letters of Latin-1 that Vietnamese uses, signs of units and of
// typography. The other letters with marks are in the font's own file for Vietnamese. Anything else, a foreign name
// say, is drawn in the system's font.
const latin = range(0x20, 0x7e) + "\u00a0ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý§©«»°±²³·×" + "–—‘’“”•…‰′″€₂₃−≤≥≠≈→↑↓";
const vietnamese = "ĂăĐđĨĩŨũƠơƯư" + range(0x1ea0, 0x1ef9) + "₫" + "\u0300\u0301\u0303\u0309\u0323";
// The bundler names a font by its whole content, before letters are left out: the choice of letters joins the name.
const letters = createHash("sha256").update(latin + vietnamese).digest("hex").slice(0, 6);

/** Fonts with the letters that are used, and no more. */
const fonts = {
  name: "langso-fonts",
  async generateBundle(_, bundle) {
    let bytes = 0;
    for (const file of Object.values(bundle)) {
      if (!file.fileName.endsWith(".woff2")) continue;
      const wanted = file.fileName.includes("vietnamese") ? vietnamese : latin;
      file.source = await subsetFont(Buffer.from(file.source), wanted, { targetFormat: "woff2" });
      bytes += file.source.length;
    }
    if (bytes > 60_000) throw new Error(`fonts weigh ${bytes} bytes; 60,000 is the budget of a page`);
  },
};

/** The same letters for papers (PDF), which take no woff2; whole, for names from anywhere. Never sent to a browser. */
const papers = {
  name: "langso-papers",
  async closeBundle() {
    for (const [weight, name] of [["400Regular", "400"], ["600SemiBold", "600"]]) {
      copyFileSync(`node_modules/@expo-google-fonts/be-vietnam-pro/${weight}/BeVietnamPro_${weight}.ttf`, `dist/be-vietnam-pro-${name}.ttf`);
    }
    // The letters of official documents, as wide as Times New Roman's: Latin with all its marks, punctuation, signs.
    const official = [[0x20, 0x24f], [0x2b0, 0x36f], [0x1e00, 0x1eff], [0x2000, 0x22ff], [0x25a0, 0x25ff]].map(([a, b]) => range(a, b)).join("");
    for (const [face, name] of [["400Regular", "400"], ["400Regular_Italic", "400-italic"], ["700Bold", "700"], ["700Bold_Italic", "700-italic"]]) {
      const whole = readFileSync(`node_modules/@expo-google-fonts/tinos/${face}/Tinos_${face}.ttf`);
      writeFileSync(`dist/tinos-${name}.ttf`, await subsetFont(whole, official, { targetFormat: "truetype" }));
    }
  },
};

/** The service worker, whole in one classic script: no browser has to know modules in workers. */
const worker = {
  name: "langso-worker",
  async closeBundle() {
    const input = { sw: "src/sw.ts" };
    const output = { format: "iife", entryFileNames: "[name].js" };
    await build({ configFile: false, logLevel: "warn", build: { outDir: "dist", emptyOutDir: false, copyPublicDir: false, rollupOptions: { input, output } } });
  },
};

/** Icons of the installed program, from our own drawing. */
const icons = {
  name: "langso-icons",
  closeBundle() {
    const drawing = readFileSync("src/icon.svg", "utf8");
    for (const size of [180, 192, 512]) {
      writeFileSync(`dist/icon-${size}.png`, new Resvg(drawing, { fitTo: { mode: "width", value: size }, font: { loadSystemFonts: false } }).render().asPng());
    }
  },
};

/** Every text beside itself in brotli and gzip, so that the server compresses nothing that never changes. */
const compressed = {
  name: "langso-compressed",
  closeBundle() {
    for (const name of readdirSync("dist").filter((n) => /\.(js|css|svg|json)$/.test(n))) {
      const text = readFileSync(`dist/${name}`);
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
      const packed = brotliCompressSync(text, { params });
      if (name === "style.css" && packed.length > 14_000) throw new Error(`style.css weighs ${packed.length} bytes packed; 14,000 is its budget`);
      writeFileSync(`dist/${name}.br`, packed);
      writeFileSync(`dist/${name}.gz`, gzipSync(text, { level: 9 }));
    }
  },
};

// Scripts and styles have fixed names: the server adds the hash of their content to the address. What a style names
// itself (fonts) carries its hash in its name. Either may be kept for ever and is never stale.
export default defineConfig({
  plugins: [fonts, papers, icons, worker, compressed],
  // Bootstrap 5 is written in the Sass of its day; what Sass has to say of it is not ours to mend.
  css: { preprocessorOptions: { scss: { quietDeps: true, silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"] } } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    // MapLibre, loaded by the map's page alone.
    chunkSizeWarningLimit: 1200,
    rollupOptions: {
      input: { style: "src/style.scss", theme: "src/theme.ts", later: "src/later.ts", map: "src/map.ts", search: "src/search.ts", api: "src/api.ts", explore: "src/explore.ts", proof: "src/proof.ts", passkey: "src/passkey.ts", offline: "src/offline.ts", entry: "src/entry.ts", photo: "src/photo.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: ({ names }) => (names.some((n) => n.endsWith(".css")) ? "[name][extname]" : `[name]-[hash]-${letters}[extname]`),
      },
    },
  },
  base: "/assets/",
});
