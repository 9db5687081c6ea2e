/** What CI prints ends with one line that a program can read. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "lightcone-closing-"));
// Vite keeps files in the nearest such folder above, which may be somebody else's.
mkdirSync(join(project, "node_modules"));
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The lines that a run of these tests prints, as CI would see them, and its exit code. */
function runTests(source: string): { lines: string[]; code: number | null } {
  const config = { test: { reporters: ["default", join(root, "tools/closing-line.mjs")] } };
  writeFileSync(join(project, "vitest.config.mjs"), `export default ${JSON.stringify(config)};\n`);
  mkdirSync(join(project, "test"), { recursive: true });
  writeFileSync(
    join(project, "test/some.test.mjs"),
    `import { expect, it } from ${JSON.stringify(join(root, "node_modules/vitest/dist/index.js"))};\n${source}`,
  );
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { stdout, status } = spawnSync(process.execPath, [vitest, "run", "--root", project], {
    env: { PATH: process.env["PATH"], NO_COLOR: "1" },
    encoding: "utf8",
  });
  return { lines: stdout.trimEnd().split("\n"), code: status };
}

describe("the closing line", () => {
  it("is last, and says what passed and what failed", () => {
    const { lines, code } = runTests('it("a", () => {}); it("b", () => expect(1).toBe(2));');
    expect(lines.at(-1)).toBe("1 passed, 1 failed");
    expect(code).toBe(1);
  });

  it("leaves what was skipped to the line before it", () => {
    const { lines, code } = runTests('it("a", () => {}); it.skip("b", () => {});');
    expect(lines.slice(-2)).toEqual(["1 skipped", "1 passed, 0 failed"]);
    expect(code).toBe(0);
  });

  it("counts what fails outside of a test", () => {
    const stray = runTests('it("a", () => void Promise.reject(new Error("stray")));');
    expect(stray.lines.at(-1)).toBe("1 passed, 1 failed");
    const unread = runTests('throw new Error("cannot be read");');
    expect(unread.lines.at(-1)).toBe("0 passed, 1 failed");
    expect([stray.code, unread.code]).toEqual([1, 1]);
  });
});
