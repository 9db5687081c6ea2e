/** What a trace knows beyond the events: places in the code, states that programs tell, bytes that were changed, losses. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import {
  decodeTrace,
  encodeTrace,
  eventAt,
  Kind,
  stackOf,
  type Trace,
  TraceRecorder,
} from "../../src/trace/index.ts";
import { CHANGED, type PacketDetail } from "../../src/trace/packet.ts";
import { describeEvent } from "../../src/viewer/model/describe.ts";
import { Fate } from "../../src/viewer/model/messages.ts";
import { indexRun } from "../../src/viewer/model/run.ts";
import { toldState } from "../../src/viewer/model/state.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
let world: LoadedWorld;
beforeAll(async () => {
  world = await loadWorld(fileURLToPath(new URL("worlds/told.world.ts", import.meta.url)), {});
});

const damaged: Fault = {
  kind: "scramble",
  targets: ["client"],
  startNs: 0,
  durationNs: SECOND,
  params: { from: ["client"], to: ["server"], how: "corrupt", probability: 1 },
};
const crash: Fault = {
  kind: "crash",
  targets: ["server"],
  startNs: 1.5 * SECOND,
  durationNs: 0.5 * SECOND,
  params: { how: "machine" },
};

async function traceOf(schedule: readonly Fault[]): Promise<Trace> {
  const { trace, fingerprint } = await runWorld(world, { seed: 1, schedule, trace: true });
  // Looking on changes nothing.
  expect((await runWorld(world, { seed: 1, schedule })).fingerprint).toBe(fingerprint);
  return trace as Trace;
}

function idsOf(trace: Trace, kind: number): number[] {
  return Array.from({ length: trace.length }, (_, row) => row + 1).filter((id) => {
    return trace.kind[id - 1] === kind;
  });
}

describe("a trace", () => {
  it("says where in the user's code an operation, a line of output, a file and a state come from", async () => {
    const trace = await traceOf([]);
    const first = (kind: number): string => stackOf(trace, idsOf(trace, kind)[0] ?? 0)[0] ?? "";
    expect(first(Kind.invoke)).toMatch(/told\.world\.ts:23:\d+/);
    expect(first(Kind.log)).toMatch(/told\.world\.ts:24:\d+/);
    expect(first(Kind.send)).toMatch(/told\.world\.ts:25:\d+/);
    expect(first(Kind.disk)).toMatch(/told\.world\.ts:13:\d+/);
    expect(first(Kind.state)).toMatch(/told\.world\.ts:9:\d+/);
    // What nobody called has no place.
    expect(stackOf(trace, idsOf(trace, Kind.receive)[0] ?? 0)).toEqual([]);
    const read = decodeTrace(encodeTrace(trace));
    for (let id = 1; id <= trace.length; id++)
      expect(stackOf(read, id)).toEqual(stackOf(trace, id));
  });

  it("has the bytes that were sent and those that arrived in their place", async () => {
    const trace = await traceOf([damaged]);
    const run = indexRun(decodeTrace(encodeTrace(trace)));
    const changed = idsOf(trace, Kind.receive).find((id) => eventAt(trace, id)?.detail);
    const arrived = eventAt(run.trace, changed ?? 0)?.detail as PacketDetail;
    expect(arrived.reason).toBe(CHANGED);
    expect(Buffer.from(arrived.payload ?? []).toString("latin1")).not.toBe("hello");
    const index = (run.messages.ofRow[(changed ?? 0) - 1] as number) - 1;
    expect(run.messages.fate[index]).toBe(Fate.corrupted);
    const sent = eventAt(run.trace, run.messages.send[index] as number)?.detail as PacketDetail;
    expect(Buffer.from(sent.payload ?? []).toString()).toBe("hello");
    expect(describeEvent(run, changed ?? 0)).toContain("changed in flight");
  });

  it("has what programs told of their state, until their process ends", async () => {
    const trace = await traceOf([crash]);
    const run = indexRun(trace);
    const server = trace.hosts.indexOf("server");
    const [off] = idsOf(trace, Kind.power);
    const last = idsOf(trace, Kind.state).findLast((id) => id < (off ?? 0)) ?? 0;
    const values = (id: number): unknown[] => toldState(run, server, id).map(({ value }) => value);
    expect(values(last)).toEqual([15, "leader"]);
    expect(describeEvent(run, last)).toBe("count: 15");
    // It starts again, and counts from the beginning.
    expect(values(trace.length)).toEqual([10, "leader"]);
    const exit = idsOf(trace, Kind.exit)[0] ?? 0;
    expect(values(exit)).toEqual([]);
  });

  it("has what a power loss took from the disk", async () => {
    const trace = await traceOf([crash]);
    const [off] = idsOf(trace, Kind.power);
    expect(describeEvent(indexRun(trace), off ?? 0)).toMatch(/^loses power; \/log/);
  });

  it("of the format before is read, without places", async () => {
    const recorder = new TraceRecorder();
    recorder.onEvent(1, 5, 1, Kind.log, 0, { stream: "stdout", text: "hello" });
    const text = Buffer.from(encodeTrace(recorder.finish(["", "a"]))).toString("latin1");
    const before = text
      .replace('"lightconeTrace":3', '"lightconeTrace":2')
      .replace('"places":0,"stacks":0,', "");
    expect(before.length).toBeLessThan(text.length);
    const read = decodeTrace(Buffer.from(before, "latin1"));
    expect(eventAt(read, 1)?.detail).toEqual({ stream: "stdout", text: "hello" });
    expect(stackOf(read, 1)).toEqual([]);
  });
});
