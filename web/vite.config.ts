// Builds the page into the package. Names without digests: the server sends "no-cache" with an ETag, and a change
// of the page changes the contents of files, not their names.

import { defineConfig, type Plugin } from "vite";
import { facts } from "./build-facts";

// KaTeX offers each font in three forms; every browser that runs the page reads the smallest.
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("katex.min.css")) return null;
    return code.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, "");
  },
};

export default defineConfig({
  base: "/static/",
  plugins: [onlyWoff2, facts()],
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: "../src/glaswerk/serve/static",
    emptyOutDir: true,
    target: "es2022",
    // Data URLs of fonts and scripts are refused by the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        entryFileNames: "assets/page.js",
        chunkFileNames: "assets/[name].js",
        assetFileNames: "assets/[name][extname]",
      },
    },
  },
});
