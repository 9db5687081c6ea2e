/** Tools say in one line what they do not understand, and what they are for. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

function run(tool: string, ...args: string[]): { stdout: string; stderr: string; code: unknown } {
  const path = fileURLToPath(new URL(`../../tools/${tool}.mjs`, import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [path, ...args], {
    encoding: "utf8",
  });
  return { stdout, stderr, code: status };
}

describe.each([
  ["agreement", "agreement"],
  ["check", "check"],
  ["compatibility", "compatibility"],
  ["conformance/redis", "conformance:redis"],
  ["conformance/run", "conformance:node"],
  ["consistency-doc", "consistency-doc"],
  ["demo", "demo"],
  ["determinism", "determinism"],
  ["mutation", "mutation"],
])("tools/%s.mjs", (tool, name) => {
  it("refuses an option that it does not know", () => {
    const stderr = `${name}: Unknown option '--such'\n`;
    expect(run(tool, "--such")).toEqual({ stdout: "", stderr, code: 2 });
  });

  it("says what it is for", () => {
    const { stdout, stderr, code } = run(tool, "--help");
    expect(stdout).toMatch(/^[`A-Z]/);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });
});

it("a number that is none is refused, too", () => {
  expect(run("determinism", "--repeats", "many").stderr).toBe(
    'determinism: --repeats is a whole number above zero, not "many"\n',
  );
  expect(run("mutation", "0").code).toBe(2);
  expect(run("conformance/run", "--filter", "(").stderr).toMatch(
    / is no regular expression: \(\n$/,
  );
});
