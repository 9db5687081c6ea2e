/** Programs find the files that they and their packages read beside themselves. */
import { describe, expect, it } from "vitest";
import { both } from "./arms.ts";

const wasmPackage = {
  "node_modules/wasm-data/package.json": '{ "name": "wasm-data", "version": "1.2.3" }',
  "node_modules/wasm-data/dist/data.wasm": "not imported by any JavaScript",
};

describe("a package none of whose JavaScript is imported", () => {
  it("is found by createRequire and read", async () => {
    const { stdout } = await both(
      `import { createRequire } from "node:module";
       import { readFileSync } from "node:fs";
       const path = createRequire(import.meta.url).resolve("wasm-data/dist/data.wasm");
       console.log(path);
       console.log(readFileSync(path, "utf8"));`,
      { files: wasmPackage },
    );
    expect(stdout).toContain("not imported by any JavaScript");
  });
});
