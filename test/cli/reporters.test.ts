/** `explore --reporter`: the result for another tool as well, in a file or on the standard output. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ended, Lightcone } from "./lightcone.ts";

const lightcone = new Lightcone();
const lock = lightcone.world("lock");

it("writes every report that is asked for, beside the story", async () => {
  const summary = join(lightcone.cwd, "summary.md");
  const reports = ["junit=report.xml", "github", "markdown"].flatMap((each) => [
    "--reporter",
    each,
  ]);
  const args = ["explore", lock, "--seed", "1", "--runs", "50", "--no-shrink", ...reports];
  const { code, stdout } = await ended(lightcone.start(args, { GITHUB_STEP_SUMMARY: summary }));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ /);
  expect(stdout).toMatch(/^::error file=\S+lock\.world\.ts,title=.*::two holders of job from/m);
  expect(readFileSync(join(lightcone.cwd, "report.xml"), "utf8")).toMatch(
    /<failure type="mutex" message="two holders of job from/,
  );
  expect(readFileSync(summary, "utf8")).toMatch(/^### ❌ [^]*```text\n✗ /);
});

it("says which reporters there are, and keeps the verdict where a file cannot be written", async () => {
  const unknown = await lightcone.run("explore", lock, "--reporter", "xunit");
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toContain('no reporter "xunit"; there are: junit, github, markdown, json');
  const args = ["explore", lock, "--seed", "1", "--no-shrink", "--reporter", "json=none/out.json"];
  const held = await lightcone.run(...args, "--runs", "1", "--no-faults");
  expect(held).toMatchObject({ code: 2 });
  expect(held.stderr).toMatch(/none\/out\.json/);
  const violated = await lightcone.run(...args, "--runs", "50");
  expect(violated).toMatchObject({ code: 1 });
  expect(violated.stderr).toMatch(/none\/out\.json/);
});
