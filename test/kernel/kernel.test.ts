/** The kernel's promises: time never goes back, causes are those that callers name, the dead do not run. */
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/base/errors.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel, Kind, NO_HOST } from "../../src/sim/kernel.ts";

function nothing(): void {}

describe("the kernel", () => {
  it.each([Number.NaN, -1, Infinity, 0.5])("refuses to schedule after a delay of %s", (delayNs) => {
    const kernel = new Kernel({ seed: 1 });
    expect(() => kernel.schedule(delayNs, NO_HOST, Kind.internal, nothing, undefined)).toThrow(
      InvariantError,
    );
    expect(kernel.pending).toBe(0);
  });

  it("refuses to schedule for a time that has passed", () => {
    const kernel = new Kernel({ seed: 1 });
    kernel.run(1_000);
    expect(() => kernel.scheduleAt(999, NO_HOST, Kind.internal, nothing, undefined)).toThrow(
      /scheduled for 999 ns at 1000 ns/,
    );
    kernel.scheduleAt(1_000, NO_HOST, Kind.internal, nothing, undefined);
    expect(kernel.pending).toBe(1);
  });
});

describe("a process that was paused", () => {
  it("handles what had arrived as a continuation of its arrival, not of the end of the pause", () => {
    const seen: { id: number; kind: number; cause: number }[] = [];
    const kernel = new Kernel({
      seed: 1,
      observer: { onEvent: (id, _timeNs, _host, kind, cause) => seen.push({ id, kind, cause }) },
    });
    const host = new Host(kernel, { id: 1, name: "worker" });
    const process = host.spawn();
    const answers: number[] = [];
    const receive = (): void => {
      process.enter(() => answers.push(kernel.mark(host.id, Kind.send, 0)), undefined);
    };
    process.pause();
    kernel.schedule(10, host.id, Kind.receive, receive, undefined);
    kernel.schedule(20, host.id, Kind.receive, receive, undefined);
    kernel.schedule(30, NO_HOST, Kind.heal, () => process.resume(), undefined);
    kernel.run();
    const causeOf = (id: number | undefined) => seen.find((event) => event.id === id);
    const received = seen.filter(({ kind }) => kind === Kind.receive).map(({ id }) => id);
    const chains = answers.map((id) => causeOf(causeOf(id)?.cause));
    expect(chains.map((event) => event?.kind)).toEqual([Kind.resume, Kind.resume]);
    expect(chains.map((event) => event?.cause)).toEqual(received);
  });

  it("never runs after its end", () => {
    const kernel = new Kernel({ seed: 1 });
    const process = new Host(kernel, { id: 1, name: "worker" }).spawn();
    let calls = 0;
    process.schedule(5, Kind.timer, () => calls++, undefined);
    process.terminate({ code: 0, signal: null });
    kernel.run();
    process.enter(() => calls++, undefined);
    expect(calls).toBe(0);
  });
});
