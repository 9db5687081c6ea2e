/**
 * Real packages, unmodified, each doing its real work: between simulated hosts, over a slow and lossy
 * link too, and between real processes. What the client sees must be the same in all three.
 */
import { readdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { badWire, goodWire, real, simulated, type Transcript } from "./arms.ts";

const folder = fileURLToPath(new URL("../../examples/packages/programs/", import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".mjs") && file !== "roles.mjs")
  .map((file) => file.slice(0, -".mjs".length))
  .sort();

describe.each(names)("%s", (name) => {
  const entry = `${folder}${name}.mjs`;
  // One program at a time, and for whichever test asks first.
  let once: Promise<Transcript> | undefined;
  const onRealSockets = (): Promise<Transcript> => (once ??= real(entry));

  it("does its work on real sockets", async () => {
    const { output, exitCode, aside } = await onRealSockets();
    expect({ exitCode, aside: exitCode === 0 ? "" : aside }).toEqual({ exitCode: 0, aside: "" });
    expect(output).not.toBe("");
  });

  it("sees the same on simulated hosts, twice with one fingerprint", async () => {
    const first = await simulated(entry, goodWire);
    expect(first.output, first.aside).toBe((await onRealSockets()).output);
    expect(first.exitCode, first.aside).toBe(0);
    const second = await simulated(entry, goodWire);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  it("sees the same over a slow and lossy link", async () => {
    const { output, exitCode, aside } = await simulated(entry, badWire, 7);
    expect(output, aside).toBe((await onRealSockets()).output);
    expect(exitCode, aside).toBe(0);
  });
});

it("docs/compatibility.md says what is tested here", () => {
  const tool = fileURLToPath(new URL("../../tools/compatibility.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [tool, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
