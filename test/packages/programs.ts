/**
 * The tests of a folder of programs (`examples/packages/programs` says what such a program is): on real sockets, on
 * simulated hosts, and there over a slow and lossy link. What the client sees must be the same in all three.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { badWire, goodWire, real, simulated, type Transcript } from "./arms.ts";

/** Declares the tests of all programs in `folder`, which ends with a slash. */
export function testPrograms(folder: string): void {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".mjs") && file !== "roles.mjs")
    .map((file) => file.slice(0, -".mjs".length))
    .sort();

  describe.each(names)("%s", (name) => {
    const entry = `${folder}${name}.mjs`;
    // Some packages cannot be loaded by every Node that Lightcone runs on.
    const [, needed = 0] = /^\/\/ Needs Node ([0-9]+)\.$/m.exec(readFileSync(entry, "utf8")) ?? [];
    if (Number(process.versions.node.split(".")[0]) < Number(needed)) {
      it.skip(`needs Node ${needed}`, () => {});
      return;
    }
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
}
