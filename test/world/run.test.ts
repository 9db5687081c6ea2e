/** Runs in this process: what programs are given, what is recorded of them, and what is made of it. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as check from "../../src/check/index.ts";
import type { History } from "../../src/history/operation.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import { Kind } from "../../src/trace/kinds.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";

const load = (name: string): Promise<LoadedWorld> =>
  loadWorld(fileURLToPath(new URL(`./worlds/${name}.world.ts`, import.meta.url)), {
    "lightcone/check": check,
  });

/** Runs a world, and keeps the history that its checks were given. */
async function run(name: string, seed = 1): Promise<RunOutcome & { history: History }> {
  const world = await load(name);
  let history: History = { operations: [] };
  const spy = {
    name: "spy",
    judge: (record: { history: History }) => {
      history = record.history;
      return true;
    },
  };
  const plan = { ...world.plan, checks: [...world.plan.checks, spy] };
  const outcome = await runWorld({ ...world, plan }, { seed, timeline: true });
  return { ...outcome, history };
}

describe("a run", () => {
  it("is the same again in a process that has run others meanwhile", async () => {
    const [register, kept] = await Promise.all([load("register"), load("kept")]);
    const first = await runWorld(register, { seed: 4 });
    for (const seed of [1, 2, 3]) await runWorld(kept, { seed });
    const again = await runWorld(register, { seed: 4 });
    expect(again).toEqual(first);
    expect((await runWorld(register, { seed: 5 })).fingerprint).not.toBe(first.fingerprint);
  });

  it("is the same with the trace, the timeline and digests on", async () => {
    const world = await load("kept");
    const plain = await runWorld(world, { seed: 6 });
    const traced = await runWorld(world, { seed: 6, trace: true, timeline: true, digests: true });
    expect(traced.fingerprint).toBe(plain.fingerprint);
    expect(traced.trace?.length).toBe(plain.events);
    expect(traced.digests).toHaveLength(plain.events);
    expect(traced.timeline?.length).toBeGreaterThan(10);
  });

  it("branches: the same until a moment, another course from then on, itself repeatable", async () => {
    const world = await load("kept");
    const request = { seed: 6, trace: true, digests: true } as const;
    const whole = await runWorld(world, request);
    const { timeNs } = whole.trace as NonNullable<RunOutcome["trace"]>;
    const atNs = timeNs[whole.events >> 1] as number;
    const past = timeNs.filter((each) => each <= atNs).length;
    const branch = (salt: number): Promise<RunOutcome> =>
      runWorld(world, { ...request, branch: { atNs, salt } });
    const [one, other] = [await branch(1), await branch(2)];
    const digests = [whole, one, other].map((run) => run.digests?.slice(0, past));
    expect(digests[1]).toEqual(digests[0]);
    expect(digests[2]).toEqual(digests[0]);
    expect(new Set([whole, one, other].map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect((await branch(1)).fingerprint).toBe(one.fingerprint);
  });

  it("leaves out hosts that are not to be started, and nothing starts them later", async () => {
    const world = await load("kept");
    const { hosts } = world.plan;
    const absent = (hosts.at(-1) as (typeof hosts)[number]).name;
    const request = { seed: 6, trace: true, timeline: true } as const;
    const whole = await runWorld(world, request);
    const without = await runWorld(world, { ...request, unstarted: [absent] });
    const started = ({ trace }: RunOutcome): boolean => {
      const number = trace?.hosts.indexOf(absent) ?? 0;
      return (trace?.kind ?? []).some((kind, row) => {
        return trace?.host[row] === number && kind === Kind.internal;
      });
    };
    expect([started(whole), started(without)]).toEqual([true, false]);
    expect(without.unstarted).toEqual([absent]);
  });

  it("takes its faults from a schedule where one is given", async () => {
    const world = await load("kept");
    const drawn = await runWorld(world, { seed: 6 });
    const given = await runWorld(world, { seed: 6, schedule: drawn.schedule });
    expect(given.fingerprint).toBe(drawn.fingerprint);
    const none = await runWorld(world, { seed: 6, schedule: [] });
    expect(none.faultsBegun).toBe(0);
    expect(none.violations[0]?.evidence.summary).toBe("there was no crash at all");
  });

  it("beats while it starts its hosts and while they are busy: slow is not stuck", async () => {
    const world = await load("many");
    const names = world.plan.hosts.map(({ name }) => name);
    const params = { shape: "split", from: names.slice(0, 150), to: names.slice(150), both: true };
    const split = { kind: "partition", targets: params.from, startNs: 1, durationNs: 9e7, params };
    let beats = 0;
    const schedule = [split as Fault];
    const { faultsBegun } = await runWorld(world, { seed: 1, schedule }, () => beats++);
    expect(faultsBegun).toBe(1);
    // One for each host, one for each twentieth of a second, and more where it is crowded.
    expect(beats).toBeGreaterThan(names.length + 10);
  });

  it("tells each line that a program prints once, and of its death no more than what it died of", async () => {
    const { timeline } = await run("talks");
    const told = timeline?.map(({ atNs, text }) => `${atNs / 1e6} ${text}`);
    // What Node prints of an uncaught exception has a stack, and its version: no part of the run.
    expect(told).toEqual([
      "0 hello",
      "0 world",
      "0 !",
      "100 dies of Error: boom",
      "100 ends: exit code 1",
    ]);
  });

  it("refuses a schedule about hosts that there are not", async () => {
    const schedule = [
      { kind: "pause", targets: ["nobody"], startNs: 0, durationNs: 1, params: {} } as const,
    ];
    await expect(runWorld(await load("kept"), { seed: 1, schedule })).rejects.toThrow(
      /fault on "nobody"/,
    );
  });
});

describe("a crash", () => {
  it("takes a process's memory, timers and operations, and leaves its disk", async () => {
    for (const seed of [1, 2, 3]) {
      const { verdict, violations, faultsBegun } = await run("kept", seed);
      expect(violations).toEqual([]);
      expect(verdict).toBe("held");
      expect(faultsBegun).toBeGreaterThan(0);
    }
  });
});

describe("the probe", () => {
  it("records in children, cluster workers and threads, each a client of its own", async () => {
    const { violations, history } = await run("family");
    expect(violations).toEqual([]);
    const told = history.operations
      .filter(({ f }) => !f.startsWith("parent"))
      .map(({ f, outcome, output }) => `${f} ${outcome} ${JSON.stringify(output) ?? "-"}`);
    expect(told.toSorted()).toEqual(
      [
        "child ok -",
        'child ok "again"',
        "cluster worker ok -",
        'cluster worker ok "again"',
        "inline child ok -",
        'inline child ok "again"',
        "thread ok -",
        'thread ok "again"',
        "waits for ever info -",
      ].toSorted(),
    );
    // What is open at the same time is open in different processes of the history, all the host's. The
    // thread is done before the children begin.
    const lanes = new Set(
      history.operations
        .filter(({ f, process }) => f !== "parent" && `${process}`.startsWith("parent"))
        .map(({ process }) => process),
    );
    expect([...lanes].toSorted()).toEqual(["parent", "parent/2", "parent/3", "parent/4"]);
  });
});

describe("checks of a run", () => {
  it("find a register that goes back in time, and tell the reads and writes of it", async () => {
    const { violations } = await run("register");
    expect(violations[0]?.check).toBe("register is linearizable");
    const told = violations[0]?.story.lines.map(({ text }) => text).join("\n");
    expect(told).toMatch(/write x \d+ -> ok/);
    expect(told).toMatch(/read x -> \d+/);
  });

  it("find an operation that is never answered, through all of the calm", async () => {
    const { violations } = await run("hangs");
    expect(violations.map(({ check }) => check)).toEqual(["no hangs"]);
    expect(violations[0]?.evidence.summary).toBe(
      "client's request got no answer in 3s without faults",
    );
    expect(violations[0]?.story.lines.map(({ text }) => text)).toEqual([
      "request a -> no answer",
      "connection to server:80: stands at both ends, last word from server at 1.3ms",
    ]);
  });
});

describe("programs", () => {
  it("are files too, started with their arguments, environment and directory", async () => {
    const { history, timeline = [], violations } = await run("files");
    expect(violations).toEqual([]);
    const asked = history.operations.filter(({ f }) => f === "ask").map(({ output }) => output);
    expect(asked).toEqual(["api-1 is number 0", "api-2 is number 1"]);
    expect(timeline.filter(({ who }) => who === "api-2").map(({ text }) => text)).toContain(
      "api-2 is number 1 listens in /srv",
    );
    expect(history.operations.filter(({ f }) => f === "serve")).toHaveLength(2);
  });

  it("are started again by a supervisor where the world has one", async () => {
    const { history } = await run("files");
    const starts = history.operations.filter(({ f }) => f === "start");
    expect(starts.map(({ invokeNs }) => invokeNs / 1e6)).toEqual([0, 1_500, 3_000]);
  });

  it("leave an operation that throws open, unless the error is definite", async () => {
    const { history } = await run("files");
    const outcome = (f: string) => history.operations.find((op) => op.f === f)?.outcome;
    expect(outcome("refused")).toBe("fail");
    expect(outcome("unknown")).toBe("info");
  });
});
