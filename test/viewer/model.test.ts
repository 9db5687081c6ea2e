/** The viewer's model, without a browser: lanes, messages, cones, axes, comparison and links of known traces. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { futureCone, Kind, pastCone, type Trace, TraceRecorder } from "../../src/trace/index.ts";
import { answerOf } from "../../src/viewer/model/answer.ts";
import { buildAxis, roundStep } from "../../src/viewer/model/axis.ts";
import { compareRuns } from "../../src/viewer/model/compare.ts";
import { chainBetween, conesOf, OUTSIDE, relate } from "../../src/viewer/model/cone.ts";
import { binEvents } from "../../src/viewer/model/density.ts";
import { describeEvent } from "../../src/viewer/model/describe.ts";
import {
  causeOf,
  notableCauses,
  otherEnd,
  replyOf,
  stepFrom,
} from "../../src/viewer/model/events.ts";
import { plainView, readLink, type View, writeLink } from "../../src/viewer/model/link.ts";
import { Fate, messagesWithin } from "../../src/viewer/model/messages.ts";
import { describeAnswer, type OperationBar } from "../../src/viewer/model/operations.ts";
import { indexRun } from "../../src/viewer/model/run.ts";
import { showData } from "../../src/viewer/model/words.ts";
import { type Line, packet, story, traceOf } from "./support.ts";

/** Random traces in which every cause is earlier. */
const traces: fc.Arbitrary<Trace> = fc
  .array(
    fc.record({
      passNs: fc.integer({ min: 0, max: 1_000 }),
      host: fc.integer({ min: 0, max: 4 }),
      ago: fc.integer({ min: 0, max: 30 }),
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((rows) => {
    const recorder = new TraceRecorder();
    let timeNs = 0;
    rows.forEach(({ passNs, host, ago }, row) => {
      timeNs += passNs;
      const cause = ago > row ? 0 : ago === 0 ? 0 : row + 1 - ago;
      recorder.onEvent(row + 1, timeNs, host, Kind.timer, cause, undefined);
    });
    return recorder.finish(["", "a", "b", "c", "d"]);
  });

describe("a run", () => {
  it("has a lane for each host, roles together, with its lives and pauses", () => {
    const { lanes } = indexRun(story());
    expect(lanes.map(({ name, role }) => [name, role])).toEqual([
      ["a-1", "a"],
      ["a-2", "a"],
      ["server", "server"],
    ]);
    expect(lanes[2]?.lives.map(({ fromNs, toNs }) => [fromNs, toNs])).toEqual([
      [0, 60e6],
      [80e6, 90e6],
    ]);
    expect(lanes[1]?.paused).toEqual([{ fromNs: 30e6, toNs: 50e6, began: 11, ended: 13 }]);
    expect(lanes[0]?.paused).toEqual([]);
  });

  it("knows what became of each message", () => {
    const { messages } = indexRun(story());
    expect([...messages.send]).toEqual([5, 7, 10]);
    expect([...messages.end]).toEqual([6, 8, 12]);
    expect([...messages.fate]).toEqual([Fate.delivered, Fate.delivered, Fate.dropped]);
  });

  it("tells a datagram that arrives twice, one in transit and one that took long", () => {
    const quick: Line[] = [];
    for (let n = 0; n < 40; n++) {
      quick.push([n, "a", "send", 0, packet("a", "b")], [n, "b", "receive", 2 * n + 1]);
    }
    const run = indexRun(
      traceOf([
        ...quick,
        [50, "a", "send", 0, packet("a", "b")],
        [51, "b", "receive", 81],
        [52, "b", "receive", 81],
        [53, "a", "send", 0, packet("a", "b")],
        [60, "a", "send", 0, packet("a", "b")],
        [900, "b", "receive", 85],
      ]),
    );
    expect([...run.messages.fate].slice(40)).toEqual([
      Fate.duplicated,
      Fate.duplicated,
      Fate.transit,
      Fate.delayed,
    ]);
    expect([...run.messages.to].slice(40)).toEqual([2, 2, 2, 2]);
  });

  it("finds the messages of a window, those that only end in it too", () => {
    const run = indexRun(story());
    const found: number[] = [];
    messagesWithin(run.messages, 12, 14, (index) => void found.push(index));
    expect(found).toEqual([2]);
  });

  it("says each event in words", () => {
    const run = indexRun(story());
    const words = [4, 5, 6, 9, 10, 11, 12, 14, 16].map((id) => describeEvent(run, id));
    expect(words).toMatchInlineSnapshot(`
      [
        "asks write x 7",
        "sends server 7 bytes",
        "receives 7 bytes from a-1",
        "write x 7 -> ok",
        "sends server 5 bytes, dropped",
        "a-2 pauses for 20ms",
        "5 bytes from a-2 is lost: lost",
        "a process ends: SIGKILL",
        "done",
      ]
    `);
  });

  it("steps along causes, messages and lanes", () => {
    const run = indexRun(story());
    expect(causeOf(run, 9)).toBe(8);
    expect(notableCauses(run, 9)).toEqual([1, 4, 5, 6, 7, 8, 9]);
    expect([otherEnd(run, 5), otherEnd(run, 6), otherEnd(run, 4)]).toEqual([6, 5, 0]);
    expect(replyOf(run, 5)).toBe(7);
    expect(stepFrom(run, 9, 1)).toBe(10);
    expect(stepFrom(run, 9, 1, { host: 1 })).toBe(16);
    expect(stepFrom(run, 16, 1)).toBe(0);
  });
});

describe("an operation in words", () => {
  it("says the steps of a transaction, and values as they are", () => {
    const input = [
      ["r", "x", null],
      ["append", "y", 7],
    ];
    expect(showData(input)).toBe("r x · append y 7");
    expect(showData({ a: [1] })).toBe('{"a":[1]}');
    expect(showData("plain")).toBe("plain");
    expect(showData([1, 2])).toBe("[1,2]");
  });

  it("ends with its process", () => {
    const { operations } = indexRun(
      traceOf([
        [0, "a", "start"],
        [1, "a", "invoke", 1, { lane: "a", f: "put", key: "x" }],
        [5, "a", "exit", 1, { how: "SIGKILL" }],
        [9, "a", "start"],
      ]),
    );
    expect(operations.map(({ toNs, outcome }) => [toNs, outcome])).toEqual([[5e6, "info"]]);
    expect(describeAnswer(operations[0] as OperationBar)).toBe("unknown: its process ended");
  });
});

describe("cones", () => {
  it("hold the same events as those of the trace library", () => {
    fc.assert(
      fc.property(traces, fc.nat(), (trace, pick) => {
        const id = (pick % trace.length) + 1;
        const { past, future } = conesOf(trace, id);
        const [before, after] = [pastCone(trace, id), futureCone(trace, id)];
        for (let row = 0; row < trace.length; row++) {
          expect(past[row] !== OUTSIDE).toBe(before.has(row + 1));
          expect(future[row] !== OUTSIDE).toBe(after.has(row + 1));
        }
      }),
    );
  });

  it("count the hops from host to host", () => {
    const { past, future } = conesOf(story(), 9);
    expect([past[3], past[5], past[4]]).toEqual([0, 1, 0]);
    expect([past[1], past[9]]).toEqual([OUTSIDE, OUTSIDE]);
    expect(future[15]).toBe(0);
  });

  it("join two events by a chain in which each event leads to the next", () => {
    fc.assert(
      fc.property(traces, fc.nat(), fc.nat(), (trace, one, two) => {
        const a = (one % trace.length) + 1;
        const b = (two % trace.length) + 1;
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const chain = chainBetween(trace, from, to);
        const relation = relate(trace, from, to);
        expect(chain.length > 0).toBe(relation === "before" || relation === "same");
        if (chain.length === 0) return;
        expect([chain[0], chain.at(-1)]).toEqual([from, to]);
        for (let at = 1; at < chain.length; at++) {
          const [earlier, later] = [chain[at - 1] as number, chain[at] as number];
          const sameHost = trace.host[earlier - 1] === trace.host[later - 1];
          expect(later > earlier).toBe(true);
          expect(sameHost || trace.cause[later - 1] === earlier).toBe(true);
        }
      }),
    );
  });

  it("say that events that cannot know of each other are concurrent", () => {
    expect(relate(story(), 9, 10)).toBe("concurrent");
    expect(relate(story(), 4, 9)).toBe("before");
    expect(relate(story(), 9, 4)).toBe("after");
  });
});

describe("an axis", () => {
  const timeNs = Float64Array.from([0, 10, 20, 900, 910, 1_000]);

  it("folds idle gaps, and comes back from positions to times", () => {
    const axis = buildAxis("folded", timeNs, 1_000);
    expect(axis.folds.map(({ fromNs, toNs }) => [fromNs, toNs])).toEqual([
      [20, 900],
      [910, 1_000],
    ]);
    expect(axis.end).toBeLessThan(100);
    for (const at of [0, 15, 20, 500, 900, 905, 950]) {
      expect(axis.timeAt(axis.ofTime(at))).toBeCloseTo(at, 6);
    }
  });

  it("spaces events evenly by rank", () => {
    const axis = buildAxis("rank", timeNs, 1_000);
    expect([1, 4, 6].map((id) => axis.ofEvent(id))).toEqual([0, 3, 5]);
    expect(axis.timeAt(3)).toBe(900);
  });

  it("has round steps", () => {
    expect([0.3, 1, 3, 12, 70].map(roundStep)).toEqual([0.5, 1, 5, 20, 100]);
  });

  it("counts every event once in the columns of a window", () => {
    fc.assert(
      fc.property(traces, fc.integer({ min: 1, max: 50 }), (trace, columns) => {
        const run = indexRun(trace);
        for (const mode of ["time", "folded", "rank"] as const) {
          const axis = buildAxis(mode, trace.timeNs, run.endNs);
          const { counts } = binEvents(run, axis, 0, axis.end + 1e-3, columns);
          const total = counts.reduce((sum, count) => sum + count, 0);
          const onLanes = trace.host.filter((host) => host > 0).length;
          // An event at the very end of the run lies on the edge of the last column.
          expect(onLanes - total).toBeGreaterThanOrEqual(0);
          expect(total).toBeGreaterThanOrEqual(
            onLanes - trace.timeNs.filter((at) => at >= run.endNs).length,
          );
        }
      }),
    );
  });
});

describe("the density of a long run", () => {
  const recorder = new TraceRecorder();
  for (let row = 0; row < 60_000; row++) {
    recorder.onEvent(row + 1, row * row, 1 + (row % 3), Kind.timer, 0, undefined);
  }
  const trace = recorder.finish(["", "a", "b", "c"]);
  const run = indexRun(trace);
  const axis = buildAxis("time", trace.timeNs, run.endNs);

  it("counts every event once, and as many in a column as are near it", () => {
    const { counts } = binEvents(run, axis, 0, axis.end, 500);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60_000);
    // The times grow with the square: half of the events are in the first quarter.
    const early = [0, 1, 2].flatMap((lane) => [...counts.subarray(lane * 500, lane * 500 + 125)]);
    expect(early.reduce((sum, count) => sum + count, 0) / 60_000).toBeCloseTo(0.5, 2);
  });

  it("counts only what is shown", () => {
    const shown = Uint8Array.from(trace.host, (host) => (host === 2 ? 1 : 0));
    const { counts } = binEvents(run, axis, 0, axis.end, 500, shown);
    const lane = (at: number): number =>
      counts.subarray(at * 500, at * 500 + 500).reduce((sum, count) => sum + count, 0);
    expect([lane(0), lane(1), lane(2)]).toEqual([0, 20_000, 0]);
  });
});

describe("the answer", () => {
  it("is the event that the verdict names, with the fault that the story names", () => {
    const answer = answerOf(indexRun(story()));
    expect(answer?.summary).toBe("the write is lost at 0.090s");
    expect(answer?.event).toBe(16);
    expect(answer?.faults.map(({ text }) => text)).toEqual(["a-2 pauses for 20ms"]);
    expect(answer?.steps.map(({ event, decisive }) => [event, decisive])).toEqual([
      [9, false],
      [11, false],
      [13, false],
      [16, true],
    ]);
    expect(answer?.operations.map(({ f }) => f)).toEqual(["write"]);
  });

  it("is none for a run that held", () => {
    expect(answerOf(indexRun(traceOf([[0, "a", "start"]], {})))).toBeUndefined();
  });
});

describe("a comparison", () => {
  const base: Line[] = [
    [0, "a", "start"],
    [1, "b", "start"],
    [2, "a", "log", 1, { stream: "stdout", text: "one" }],
    [3, "a", "log", 1, { stream: "stdout", text: "two" }],
    [4, "b", "log", 2, { stream: "stdout", text: "three" }],
  ];

  it("finds no difference between a run and itself", () => {
    const run = indexRun(traceOf(base));
    expect(compareRuns(run, run)).toEqual({
      common: 5,
      first: { left: 0, right: 0 },
      differences: [],
      cut: false,
    });
  });

  it("folds what is common, and says what is only in one, or moved", () => {
    const other: Line[] = [
      ...base.slice(0, 2),
      [2, "a", "log", 1, { stream: "stdout", text: "two" }],
      [3, "a", "log", 1, { stream: "stdout", text: "one" }],
      [4, "b", "log", 2, { stream: "stdout", text: "four" }],
    ];
    const { common, first, differences } = compareRuns(
      indexRun(traceOf(base)),
      indexRun(traceOf(other)),
    );
    expect([common, first]).toEqual([2, { left: 3, right: 3 }]);
    expect(differences.map(({ text, change }) => [text, change])).toEqual([
      ["one", "moved"],
      ["three", "left only"],
      ["four", "right only"],
    ]);
  });

  it("looks past what only the simulator did, and at the bytes of messages", () => {
    const send = (text: string): Line => [5, "a", "send", 1, packet("a", "b", text)];
    const paused: Line[] = [
      [0, "a", "start"],
      [0, "b", "start"],
      [
        3,
        "",
        "fault",
        0,
        { kind: "pause", targets: ["b"], startNs: 3e6, durationNs: 1, params: {} },
      ],
      send("one"),
      [9, "b", "receive", 4],
    ];
    const plain: Line[] = [paused[0]!, paused[1]!, send("one"), [6, "b", "receive", 3]];
    const run = indexRun(traceOf(paused));
    expect(compareRuns(run, indexRun(traceOf(plain)))).toMatchObject({
      common: 3,
      first: { left: 5, right: 4 },
    });
    // As many bytes, and not the same.
    const other: Line[] = [paused[0]!, paused[1]!, send("two"), [6, "b", "receive", 3]];
    expect(compareRuns(run, indexRun(traceOf(other)))).toMatchObject({
      common: 2,
      first: { left: 4, right: 3 },
    });
  });
});

describe("a link", () => {
  it("brings back the view", () => {
    const view: View = {
      selected: 12,
      other: 40,
      fromNs: 1_000,
      toNs: 2_500,
      filter: 'host:a-* log~"a & b=c"',
      cone: "past",
      depth: 3,
      only: true,
      axis: "rank",
      down: true,
      panel: "log",
      playheadNs: 1_200,
    };
    expect(readLink(`#${writeLink(view)}`)).toEqual(view);
    expect(writeLink(plainView)).toBe("");
  });

  it("that is damaged shows the plain view", () => {
    expect(readLink("#sel=x&t=5,2&cone=sideways&f=%E0%A4%A&axis")).toEqual(plainView);
  });
});
