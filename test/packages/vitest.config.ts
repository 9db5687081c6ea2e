/** The tests of packages, and nothing else: those that `npm test` runs, and those of `examples/more-packages`. */
import { defineConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ["test/packages/packages.test.ts", "test/packages/more.suite.ts"],
  },
});
