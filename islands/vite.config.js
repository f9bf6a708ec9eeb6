import { defineConfig } from "vite";

// Fixed names: the server adds the content's hash to the address, so assets are cached for ever and never stale.
export default defineConfig({
  build: {
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    rollupOptions: {
      input: { style: "src/style.css", map: "src/map.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  base: "/assets/",
});
