/**
 * Real packages, unmodified, each doing its real work. Those of `examples/more-packages` are tested the same way by
 * `npm run compatibility`, since they take long to install and to load.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { testPrograms } from "./programs.ts";

testPrograms(fileURLToPath(new URL("../../examples/packages/programs/", import.meta.url)));

it("docs/compatibility.md says what is tested here", () => {
  const tool = fileURLToPath(new URL("../../tools/compatibility.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [tool, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
