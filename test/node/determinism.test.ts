/**
 * Determinism is sacred: a world that uses every module gives one fingerprint a seed, in a process that has
 * run others before and in a fresh one. `npm run determinism` does the same a hundred times, on as many
 * versions of Node as it is given.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runEverything } from "./everything.ts";

describe("a world that uses every module", () => {
  it("does its work", async () => {
    const { output, exitCode } = await runEverything(1);
    expect(exitCode, output).toBe(3);
    const words = output.split("\n").map((line) => /^\w+: (\w+)/.exec(line)?.[1]);
    for (const word of [
      "net",
      "http",
      "https",
      "tls",
      "http2",
      "dgram",
      "fs",
      "zlib",
      "worker",
      "fork",
    ]) {
      expect(words).toContain(word);
    }
    expect(output).toContain("client: https 200 secret");
    expect(output).toContain("client: http2 /over-http2");
    expect(output).toContain("server: terminated");
  });

  it("gives the same fingerprint again and again, and another for another seed", async () => {
    const first = await runEverything(1);
    const other = await runEverything(2);
    expect(other.fingerprint).not.toBe(first.fingerprint);
    for (let i = 0; i < 3; i++) expect(await runEverything(1)).toEqual(first);
    expect((await runEverything(2)).fingerprint).toBe(other.fingerprint);
  });

  it("gives the same fingerprint in a fresh process", async () => {
    const tool = fileURLToPath(new URL("../../tools/determinism.mjs", import.meta.url));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [tool, "--repeats", "2", "--json", "--seed", "1"],
      { encoding: "utf8" },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { fingerprints } = JSON.parse(stdout) as { fingerprints: string[] };
    expect(fingerprints).toEqual([(await runEverything(1)).fingerprint]);
  });
});
