// What the build says about itself: from which sources it was made, and how large the first view is.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

// Kilobytes of 1,000 bytes, compressed, that may be loaded before one can type.
const MOST_KB = 350;
const SOURCES = [
  "index.html",
  "package.json",
  "package-lock.json",
  "vite.config.ts",
  "build-facts.ts",
  "src",
  "public",
];

function files(path: string): string[] {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [path];
  }
}

// The digest of every source; tests/web/test_build.py computes the same, so that no build is needed to see that the
// shipped files are old.
export function digest(): string {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(files).sort()) {
    hash
      .update(`${file.replaceAll("\\", "/")}\0`)
      .update(readFileSync(file))
      .update("\0");
  }
  return hash.digest("hex");
}

export function firstView(folder: string): number {
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const named = [...html.matchAll(/(?:src|href)="\/static\/([^"#]+)"/g)].map((found) => found[1]!);
  const sizes = ["index.html", ...new Set(named)].map(
    (name) => gzipSync(readFileSync(join(folder, name))).length,
  );
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

export function facts(): Plugin {
  let folder = "";
  return {
    name: "facts",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith("/")) folder = config.build.outDir;
    },
    closeBundle() {
      writeFileSync(join(folder, "built-from.txt"), `${digest()}\n`);
      const size = firstView(folder);
      console.log(`first view: ${size.toFixed(1)} kB gzipped, at most ${MOST_KB}`);
      if (size > MOST_KB) throw new Error(`the first view is larger than ${MOST_KB} kB`);
    },
  };
}
