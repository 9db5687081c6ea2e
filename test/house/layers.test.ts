/** The walls between folders stand: a planted violation is caught, by the same rules that `npm run check` uses. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { writeLintConfig } from "../../tools/check.mjs";
import { layers } from "../../tools/layers.mjs";

const oxlint = fileURLToPath(new URL("../../node_modules/oxlint/bin/oxlint", import.meta.url));
const house = mkdtempSync(join(tmpdir(), "lightcone-house-"));
// The rules lie elsewhere, as those of `npm run check` do.
const config = writeLintConfig();
afterAll(() => {
  rmSync(house, { recursive: true, force: true });
  rmSync(dirname(config), { recursive: true, force: true });
});

/** What the linter says of a house that holds this one file. */
function lint(path: string, source: string): { ok: boolean; text: string } {
  rmSync(join(house, "src"), { recursive: true, force: true });
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), source);
  const { status, stdout } = spawnSync(process.execPath, [oxlint, "-c", config, "src"], {
    cwd: house,
    encoding: "utf8",
  });
  return { ok: status === 0, text: stdout };
}

describe("the walls of the house", () => {
  it("let a folder import what its row names", () => {
    const { ok, text } = lint(
      "src/check/fine.ts",
      'import { assert } from "../base/errors.ts";\nassert(true, "x");\n',
    );
    expect(ok, text).toBe(true);
  });

  it.each([
    ["a pure folder that reaches for Node", "src/sim/planted.ts", "node:fs"],
    [
      "a block that reaches into the simulator",
      "src/blocks/redis/planted.ts",
      "../../sim/kernel.ts",
    ],
    ["a checker that knows the world", "src/check/planted.ts", "../world/index.ts"],
    ["the simulator that knows Node's side", "src/sim/planted.ts", "../node/index.ts"],
    ["a codec that knows a block", "src/wire/planted.ts", "../blocks/index.ts"],
    ["a block that knows another one", "src/blocks/amqp/planted.ts", "../redis/errors.ts"],
    ["a room of a block that does", "src/blocks/amqp/rooms/planted.ts", "../../redis/errors.ts"],
    ["a pure folder that names Node's module the short way", "src/sim/planted.ts", "child_process"],
    ["a part of Node's module", "src/check/planted.ts", "fs/promises"],
  ])("stop %s", (_what, path, wanted) => {
    const { ok, text } = lint(path, `import * as planted from "${wanted}";\nplanted.x();\n`);
    expect(ok).toBe(false);
    expect(text).toContain("tools/layers.mjs");
  });

  it("let a block import what lies in it, and what all blocks share", () => {
    for (const wanted of ["./errors.ts", "../block.ts", "../../base/errors.ts", "node:net"]) {
      const { ok, text } = lint(
        "src/blocks/redis/fine.ts",
        `import * as fine from "${wanted}";\nfine.x();\n`,
      );
      expect(ok, text).toBe(true);
    }
  });

  it.each([
    ["Date.now()", "src/sim/planted.ts"],
    ["new Date().getTime()", "src/trace/planted.ts"],
    ["Math.random()", "src/check/planted.ts"],
    ["performance.now()", "src/history/planted.ts"],
    ["process.hrtime.bigint()", "src/wire/planted.ts"],
    ["globalThis.process.pid", "src/base/planted.ts"],
    ["setTimeout(() => {}, 1)", "src/sim/network/planted.ts"],
    ["crypto.randomUUID()", "src/base/planted.ts"],
    ['require("fs").x', "src/sim/planted.ts"],
  ])("keep %s out of a pure folder", (expression, path) => {
    const { ok, text } = lint(path, `export const planted: unknown = ${expression};\n`);
    expect(ok).toBe(false);
    expect(text).toContain("tools/layers.mjs");
  });

  it("let the sides that touch the machine have a clock", () => {
    const { ok, text } = lint("src/explore/fine.ts", "export const now: number = Date.now();\n");
    expect(ok, text).toBe(true);
  });

  it("do not let types through", () => {
    const source = 'import type { Kernel } from "../sim/kernel.ts";\nexport type K = Kernel;\n';
    expect(lint("src/history/planted.ts", source).ok).toBe(false);
  });

  it("are drawn for every folder of src", () => {
    for (const { may } of Object.values(layers)) {
      for (const name of may) expect(Object.keys(layers)).toContain(name);
    }
  });
});
