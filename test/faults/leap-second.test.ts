/** A leap second moves the wall clock for good, and nothing that sets clocks right takes it back. */
import { expect, it } from "vitest";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";

const SECOND = 1_000_000_000;

it("is smeared evenly, and stays", () => {
  const kernel = new Kernel({ seed: 1 });
  const { clock } = new Host(kernel, { id: 1, name: "machine" });
  const startMs = clock.wallMs();
  const readings: [wallMs: number, monotonicMs: number][] = [];
  const read = (): void => {
    readings.push([clock.wallMs() - startMs, clock.monotonicNs() / 1_000_000]);
  };
  clock.leap(10 * SECOND);
  const at = (seconds: number, action: () => void): void => {
    kernel.scheduleAt(seconds * SECOND, 0, 0 as never, action, undefined);
  };
  at(5, read);
  at(12, () => {
    read();
    clock.endSmear();
    read();
    // A time daemon corrects errors; a leap second is none.
    expect(clock.wallErrorNs()).toBe(0);
    clock.leap(0);
    read();
  });
  kernel.run(20 * SECOND);
  expect(readings).toEqual([
    [4_500, 5_000],
    [11_000, 12_000],
    [11_000, 12_000],
    [10_000, 12_000],
  ]);
});
