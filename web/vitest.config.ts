// Unit tests of the page's logic; what needs a browser is in tests/serve, in Chromium.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/browser.ts"],
    pool: "threads",
    maxWorkers: 1,
    minWorkers: 1,
  },
});
