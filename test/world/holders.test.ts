/** Mutual exclusion: who holds a lock, from when to when, and what a death means for it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { consistent } from "../../src/check/checks.ts";
import { judgeHolders, mutex } from "../../src/check/holders.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { OperationRecorder } from "../../src/world/recorder.ts";

type Line = readonly [process: string, f: string, outcome?: "ok" | "fail" | "info"];

/** Operations one after the other; without an outcome, one that stays open until its process goes on. */
function history(...lines: readonly Line[]): History {
  const builder = new HistoryBuilder();
  for (const [process, f, outcome = "ok"] of lines) {
    builder.complete(builder.invoke({ process, f, key: "job" }), outcome);
  }
  return builder.finish();
}

const judge = (...lines: readonly Line[]) => mutex().judge({ history: history(...lines) }).result;

describe("mutex", () => {
  it("holds while one releases before the next acquires", () => {
    expect(judge(["a", "acquire"], ["a", "release"], ["b", "acquire"])).toBe("holds");
  });

  it("is violated by a second holder, and says from when to when", () => {
    const verdict = judgeHolders(
      history(["a", "acquire"], ["b", "acquire"], ["a", "release"], ["b", "release"]),
      "acquire",
      "release",
    );
    expect(verdict).toMatchObject({
      result: "violated",
      evidence: [{ key: "job", operations: [0, 1, 2, 3] }],
    });
  });

  it("tells how the second one came to hold it, and for how long if the clock shows no time", () => {
    const held = (asksAtNs: number, untilNs: number): unknown => {
      const builder = new HistoryBuilder();
      const a = builder.invoke({ process: "a", f: "acquire", atNs: 0 });
      const early = asksAtNs < 10 && builder.invoke({ process: "b", f: "acquire", atNs: asksAtNs });
      builder.complete(a, "ok", { atNs: 10 });
      const b =
        early === false ? builder.invoke({ process: "b", f: "acquire", atNs: asksAtNs }) : early;
      builder.complete(b, "ok", { atNs: 2_000_000_020 });
      builder.complete(builder.invoke({ process: "a", f: "release", atNs: untilNs }), "ok");
      const verdict = judgeHolders(builder.finish(), "acquire", "release");
      return verdict.result === "violated" && verdict.evidence[0];
    };
    expect(held(5, 3_000_000_000)).toMatchObject({
      summary: "two holders from 2s to 3s",
      manner: "both holders asked at once",
    });
    expect(held(15, 2_000_000_320)).toMatchObject({
      summary: "two holders from 2s for 300ns",
      manner: "the second holder asked while the first one held",
    });
  });

  it("takes an unknown release for one, and an unknown acquire for none", () => {
    expect(judge(["a", "acquire"], ["a", "release", "info"], ["b", "acquire"])).toBe("holds");
    expect(judge(["a", "acquire", "info"], ["b", "acquire"])).toBe("holds");
    expect(judge(["a", "acquire"], ["a", "release", "fail"], ["b", "acquire"])).toBe("violated");
  });

  it("is about each lock by itself", () => {
    const builder = new HistoryBuilder();
    for (const key of ["x", "y"]) {
      builder.complete(builder.invoke({ process: key, f: "acquire", key }), "ok");
    }
    expect(mutex().judge({ history: builder.finish() }).result).toBe("holds");
  });

  it("agrees with a search over every order of effects", () => {
    const event = fc.record({
      process: fc.constantFrom("a", "b", "c"),
      outcome: fc.constantFrom("ok" as const, "info" as const),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 9 }), (events) => {
        const { operations } = interleaved(events);
        const fast = judgeHolders({ operations }, "acquire", "release").result === "holds";
        expect(fast).toBe(linearizes(operations, new Set(), undefined));
      }),
      { numRuns: 500 },
    );
  });

  it("lets a process that died have given up what it held", () => {
    const recorder = new OperationRecorder(new Kernel({ seed: 1 }), [["acquire", "release"]]);
    const a = { id: 1, name: "a", label: "a", process: {} };
    const b = { id: 2, name: "b", label: "b", process: {} };
    recorder.complete(recorder.invoke(a, "acquire", "job", undefined), "ok", undefined);
    recorder.processEnded(a);
    recorder.complete(recorder.invoke(b, "acquire", "job", undefined), "ok", undefined);
    const { operations } = recorder.finish();
    expect(operations.map(({ f, outcome }) => `${f} ${outcome}`)).toEqual([
      "acquire ok",
      "release info",
      "acquire ok",
    ]);
    expect(mutex().judge({ history: { operations } }).result).toBe("holds");
  });
});

/** Each event starts or ends the next operation of its process, which acquires and releases in turn. */
function interleaved(events: readonly { process: string; outcome: "ok" | "info" }[]): History {
  const builder = new HistoryBuilder();
  const state = new Map<string, { open: number | undefined; holds: boolean }>();
  for (const { process, outcome } of events) {
    const own = state.get(process) ?? { open: undefined, holds: false };
    state.set(process, own);
    if (own.open === undefined) {
      own.open = builder.invoke({ process, f: own.holds ? "release" : "acquire", key: "job" });
    } else {
      const releases = builder.operation(own.open)?.f === "release";
      builder.complete(own.open, outcome);
      own.holds = !releases && outcome === "ok";
      own.open = undefined;
    }
  }
  return builder.finish();
}

/** Wing and Gong's search, without any cleverness: can the operations take effect one after another? */
function linearizes(
  operations: readonly Operation[],
  done: ReadonlySet<number>,
  holder: string | undefined,
): boolean {
  const left = operations.filter(({ index }) => !done.has(index));
  if (left.every(({ outcome }) => outcome !== "ok")) return true;
  const firstReturn = Math.min(...left.map(({ completeRank }) => completeRank));
  return left.some((operation) => {
    if (operation.invokeRank > firstReturn) return false;
    const next = new Set([...done, operation.index]);
    if (operation.f === "acquire" && holder === undefined) {
      return linearizes(operations, next, String(operation.process));
    }
    if (operation.f === "release" && holder === operation.process) {
      return linearizes(operations, next, undefined);
    }
    // What nobody knows the outcome of may have had no effect at all.
    return operation.outcome === "info" && linearizes(operations, next, holder);
  });
}

describe("a client whose operations overlap", () => {
  it("has released its lock by whichever of its processes", () => {
    const recorder = new OperationRecorder(new Kernel({ seed: 1 }), mutexHoldings());
    const [a, b] = [client(1, "a"), client(2, "b")];
    recorder.complete(recorder.invoke(a, "lock", "job", undefined), "ok", undefined);
    const extend = recorder.invoke(a, "extend", "job", undefined);
    recorder.complete(recorder.invoke(a, "unlock", "job", undefined), "ok", undefined);
    recorder.complete(recorder.invoke(b, "lock", "job", undefined), "ok", undefined);
    recorder.complete(extend, "ok", undefined);
    recorder.processEnded(a);
    const { operations } = recorder.finish();
    // Nothing is left for its death to give up.
    expect(operations.map(({ process, f }) => `${process} ${f}`)).toEqual([
      "a lock",
      "a extend",
      "a/2 unlock",
      "b lock",
    ]);
    expect(mutex().judge({ history: { operations } }).result).toBe("holds");
  });

  it("has not released what another client of its host holds", () => {
    const recorder = new OperationRecorder(new Kernel({ seed: 1 }), mutexHoldings());
    const [parent, child, other] = [client(1, "a"), client(1, "a"), client(2, "b")];
    recorder.complete(recorder.invoke(parent, "acquire", "job", undefined), "ok", undefined);
    recorder.complete(recorder.invoke(child, "release", "job", undefined), "ok", undefined);
    recorder.complete(recorder.invoke(other, "acquire", "job", undefined), "ok", undefined);
    expect(mutex().judge({ history: recorder.finish() }).result).toBe("violated");
  });
});

describe("other names of a lock's operations", () => {
  const judged = (...lines: readonly Line[]) =>
    mutex().judge({ history: history(...lines) }).result;

  it("are as good as acquire and release, mixed too", () => {
    expect(judged(["a", "lock"], ["a", "unlock"], ["b", "lock"])).toBe("holds");
    expect(judged(["a", "lock"], ["b", "acquire"])).toBe("violated");
    expect(judged(["a", "acquire"], ["a", "unlock"], ["b", "lock"])).toBe("holds");
  });

  it("count no longer where a check names its own", () => {
    const judge = (f: string) =>
      mutex({ acquire: "lead" }).judge({ history: history(["a", f], ["b", f]) }).result;
    expect([judge("lead"), judge("acquire")]).toEqual(["violated", "holds"]);
  });

  it("are understood by the models, at every level", () => {
    const twice = history(["a", "lock"], ["b", "lock"]);
    for (const level of ["linearizable", "sequential"]) {
      expect(consistent("owner-mutex", { level }).judge({ history: twice }).result).toBe(
        "violated",
      );
    }
  });

  it("are given up at a process's death in the words that it used", () => {
    const recorder = new OperationRecorder(new Kernel({ seed: 1 }), mutexHoldings());
    const a = client(1, "a");
    recorder.complete(recorder.invoke(a, "lock", "job", undefined), "ok", undefined);
    recorder.processEnded(a);
    expect(recorder.finish().operations.map(({ f }) => f)).toEqual(["lock", "unlock"]);
  });
});

function mutexHoldings() {
  return [mutex().givenUpAtDeath];
}

function client(id: number, name: string) {
  return { id, name, label: name, process: {} };
}
