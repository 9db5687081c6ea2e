/** A world as a test: one line when it holds, the story when it does not. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { ended, Lightcone } from "./lightcone.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lightcone = new Lightcone();
const project = mkdtempSync(join(tmpdir(), "lightcone-vitest-"));
// Vite keeps files in the nearest such folder above, which may be somebody else's.
mkdirSync(join(project, "node_modules"));
writeFileSync(
  join(project, "vitest.config.mjs"),
  'export default { test: { include: ["*.test.ts"] } };\n',
);
afterAll(() => rmSync(project, { recursive: true, force: true }));

function runTest(options: string) {
  return runTests(`explore(${JSON.stringify(lightcone.world("lock"))}, ${options});`);
}

async function runTests(statements: string) {
  const index = lightcone.module("vitest/index.js");
  writeFileSync(
    join(project, "lock.test.ts"),
    `import { explore } from ${JSON.stringify(index)};\n${statements}\n`,
  );
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--root", project, "--reporter", "verbose"];
  const env = { PATH: process.env["PATH"], NO_COLOR: "1" };
  return ended(spawn(process.execPath, args, { cwd: project, env, stdio: "pipe" }));
}

describe("explore, in a test", () => {
  it("passes with one line while the world holds", async () => {
    const { code, stdout } = await runTest('{ runs: 5, faults: false, jobs: 1, for: "1h" }');
    expect(stdout).toMatch(/✓ .*lock\.world\.ts/);
    expect(code).toBe(0);
  });

  it("fails with the story and the command that replays it", async () => {
    const { code, stdout, stderr } = await runTest('{ runs: 50, jobs: 2, for: "1h" }');
    expect(stdout + stderr).toMatch(/two holders of job from/);
    // Before it is shrunk, for whoever does not wait for that.
    expect(stdout + stderr).toMatch(
      /lightcone: seed 0x\w+ is violated: npx lightcone replay \.lightcone\/lock-\w+\.json --world \S+; shrinking \d+ faults?\n/,
    );
    expect(stdout + stderr).toMatch(/does not show it.*: all run to the end/);
    expect(stdout + stderr).toMatch(/replay {2}npx lightcone replay \.lightcone\/lock-/);
    expect(code).toBe(1);
  });

  it("prints what was not judged, and fails with it where it is strict", async () => {
    const world = JSON.stringify(lightcone.world("unreached"));
    const { code, stdout, stderr } = await runTests(
      `explore(${world}, { runs: 2, jobs: 1 }); explore(${world}, { runs: 2, jobs: 1, strict: true });`,
    );
    const sentence = "never reached in any run: always time goes on";
    expect(stdout + stderr).toContain(`nothing goes wrong: ${sentence}`);
    expect(stdout + stderr).toMatch(
      new RegExp(`Error: nothing goes wrong: not all was judged\n +${sentence}`),
    );
    expect(stdout).toMatch(/1 failed \| 1 passed/);
    expect(code).toBe(1);
  });

  it("refuses an option that there is not", async () => {
    const { code, stdout, stderr } = await runTest("{ rusn: 5 }");
    expect(stdout + stderr).toMatch(/explore\(".*lock\.world\.ts", \.\.\.\): no option "rusn"/);
    expect(code).toBe(1);
  });
});
