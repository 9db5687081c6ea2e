/** The causes in the trace of a run: what led to an answer, through waiting, joined writes and losses. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { causesOf, eventAt, futureCone, Kind, type Trace } from "../../src/trace/index.ts";
import type { PacketDetail } from "../../src/trace/packet.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
let world: LoadedWorld;
beforeAll(async () => {
  world = await loadWorld(fileURLToPath(new URL("worlds/questions.world.ts", import.meta.url)), {});
});

async function traceOf(schedule: readonly Fault[]): Promise<Trace> {
  const { trace } = await runWorld(world, { seed: 1, schedule, trace: true });
  return trace as Trace;
}

function idsOf(trace: Trace, kind: number, host?: string): number[] {
  const ids = Array.from({ length: trace.length }, (_, row) => row + 1);
  return ids.filter((id) => {
    const event = eventAt(trace, id);
    return event?.kind === kind && (host === undefined || trace.hosts[event.host] === host);
  });
}

function sent(trace: Trace, id: number): PacketDetail {
  return eventAt(trace, id)?.detail as PacketDetail;
}

describe("in a trace", () => {
  it("what arrives is caused by what was sent, and both name the same message", async () => {
    const trace = await traceOf([]);
    const received = idsOf(trace, Kind.receive);
    expect(received.length).toBeGreaterThan(100);
    for (const id of received) {
      const cause = eventAt(trace, eventAt(trace, id)?.cause ?? 0);
      expect(cause?.kind).toBe(Kind.send);
      expect(trace.hosts[eventAt(trace, id)?.host ?? 0]).toBe(sent(trace, cause?.id ?? 0).to);
    }
  });

  it("writes of one turn that travel together are a message each, and arrive each", async () => {
    const trace = await traceOf([]);
    const second = idsOf(trace, Kind.send, "client").filter((id) => {
      return Buffer.from(sent(trace, id).payload ?? [])
        .toString()
        .startsWith("second");
    });
    expect(second.length).toBeGreaterThan(5);
    for (const id of second.slice(0, -1)) {
      const arrivals = idsOf(trace, Kind.receive, "server").filter((arrival) => {
        return eventAt(trace, arrival)?.cause === id;
      });
      expect(arrivals).toHaveLength(1);
    }
  });

  it("the answer of a process that was paused leads back to its question, through the pause", async () => {
    const pause = { kind: "pause", targets: ["server"], startNs: 2 * SECOND, durationNs: SECOND };
    const trace = await traceOf([{ ...pause, params: {} }]);
    const [resumed] = idsOf(trace, Kind.resume, "server");
    const answer = idsOf(trace, Kind.send, "server").find((id) => id > (resumed ?? Infinity));
    const chain = causesOf(trace, answer ?? 0)
      .map((id) => eventAt(trace, id))
      .filter((event) => event?.kind !== Kind.internal);
    const kinds = chain.slice(-4).map((event) => event?.kind);
    expect(kinds).toEqual([Kind.send, Kind.receive, Kind.resume, Kind.send]);
    expect(chain.at(-4)?.timeNs).toBeLessThan(3 * SECOND);
    expect(trace.hosts[chain.at(-4)?.host ?? 0]).toBe("client");
    const [question] = chain.slice(-4);
    expect(futureCone(trace, question?.id ?? 0).has(answer ?? 0)).toBe(true);
  });

  it("what a timer does is caused by whoever armed it, not by those that share its list or its turn", async () => {
    const timers = fileURLToPath(new URL("worlds/timers.world.ts", import.meta.url));
    const { trace, fingerprint } = await runWorld(await loadWorld(timers, {}), {
      seed: 1,
      trace: true,
    });
    const recorded = trace as Trace;
    const text = (id: number): string => Buffer.from(sent(recorded, id).payload ?? []).toString();
    const answers = idsOf(recorded, Kind.send, "server").filter((id) =>
      text(id).startsWith("answer"),
    );
    expect(answers.map((id) => text(id)).toSorted()).toEqual([
      "answer to client-1",
      "answer to client-2",
      "answer to client-3",
    ]);
    for (const id of answers) {
      const asked = causesOf(recorded, id).filter((cause) => {
        return eventAt(recorded, cause)?.kind === Kind.send && text(cause).startsWith("client-");
      });
      expect(asked.map((cause) => `answer to ${text(cause)}`)).toEqual([text(id)]);
    }
    const turns = answers.map((id) => eventAt(recorded, id)?.timeNs);
    expect(new Set(turns).size).toBe(2);
    const unseen = await runWorld(await loadWorld(timers, {}), { seed: 1 });
    expect(unseen.fingerprint).toBe(fingerprint);
  });

  it("what is lost is caused by its sending, and sent again under its first id", async () => {
    const links = { from: ["client"], to: ["server"], both: true };
    const trace = await traceOf([
      {
        kind: "loss",
        targets: ["client"],
        startNs: SECOND,
        durationNs: 5 * SECOND,
        params: { ...links, probability: 0.3 },
      },
    ]);
    const drops = idsOf(trace, Kind.drop);
    expect(drops.length).toBeGreaterThan(0);
    for (const id of drops) {
      expect(eventAt(trace, eventAt(trace, id)?.cause ?? 0)?.kind).toBe(Kind.send);
    }
    const repeated = idsOf(trace, Kind.send, "client").filter((id) => sent(trace, id).repeats);
    expect(repeated.length).toBeGreaterThan(0);
    for (const id of repeated) {
      const first = sent(trace, sent(trace, id).repeats ?? 0);
      expect(first.payload).toEqual(sent(trace, id).payload);
    }
  });

  it("a message that a fault singles out is the only one that is lost, and is sent again", async () => {
    const trace = await traceOf([
      {
        kind: "message",
        targets: ["client"],
        startNs: 2 * SECOND,
        durationNs: SECOND,
        params: { from: "client", to: "server", nth: 3, how: "lose", addNs: 0 },
      },
    ]);
    const drops = idsOf(trace, Kind.drop);
    const lost = drops.map((id) => eventAt(trace, id)?.cause ?? 0);
    expect(lost.length).toBeGreaterThan(0);
    // All of them were written in one turn, and so travelled in one segment.
    expect(new Set(lost.map((id) => eventAt(trace, id)?.timeNs)).size).toBe(1);
    const again = idsOf(trace, Kind.send).filter((id) =>
      lost.includes(sent(trace, id).repeats ?? 0),
    );
    expect(again).toHaveLength(1);
  });

  it("the machine is told as well: disks, names, connections, power, clocks", async () => {
    const at = { startNs: 2 * SECOND, durationNs: SECOND, targets: ["server"] };
    const trace = await traceOf([
      { kind: "clock-step", ...at, params: { stepNs: SECOND } },
      { kind: "crash", ...at, startNs: 4 * SECOND, params: { how: "machine" } },
    ]);
    const told = (kind: number) => idsOf(trace, kind).map((id) => eventAt(trace, id)?.detail);
    expect(told(Kind.disk)).toContainEqual({ operation: "create", path: "/log" });
    expect(told(Kind.disk)).toContainEqual({ operation: "sync", path: "/log" });
    expect(told(Kind.lookup)).toContainEqual({ name: "server", answer: ["10.0.0.1"] });
    expect(told(Kind.socket)).toContainEqual(expect.objectContaining({ state: "accepted" }));
    expect(told(Kind.power)).toEqual([
      { on: false, lost: ["/log is gone: its name was not synced"] },
      { on: true },
    ]);
    expect(told(Kind.clock)[0]).toEqual({ errorNs: SECOND, ppm: 0, frozen: false });
  });
});
