/** A violation is told by the fewest operations that contradict each other, whatever the others did. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import type { Evidence } from "../../src/check/verdict.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";

/**
 * A history in a picture: a line for each operation, `PROCESS F INPUT -> OUTPUT`, under a bar from its
 * invocation to its completion; `?` at the end of a bar: never answered.
 */
function draw(picture: string): History {
  const rows = picture.split("\n").filter((line) => line.trim() !== "");
  const events: { at: number; row: number; end: boolean }[] = [];
  const parsed = rows.map((line, row) => {
    const match = /^(\s*)(\|-*[|?])\s+(\w+) (\S+)(?: (?!->)(\S+))?(?: -> (.*))?$/.exec(line);
    if (!match) throw new Error(`cannot read ${line}`);
    const [, indent = "", bar = "", process = "", f = "", input, output] = match;
    events.push({ at: indent.length, row, end: false });
    events.push({ at: indent.length + bar.length - 1, row, end: true });
    const value = (text: string | undefined): unknown =>
      text === undefined ? null : JSON.parse(text);
    return { process, f, input: value(input), output: value(output), lost: bar.endsWith("?") };
  });
  events.sort((a, b) => a.at - b.at || Number(a.end) - Number(b.end));
  const builder = new HistoryBuilder();
  const ids = new Map<number, number>();
  for (const { at, row, end } of events) {
    const { process, f, input, output, lost } = parsed[row] as (typeof parsed)[number];
    const atNs = at * 1_000_000;
    if (!end) ids.set(row, builder.invoke({ process, f, input, atNs, event: 100 + at }));
    else
      builder.complete(ids.get(row) as number, lost ? "info" : "ok", {
        output,
        atNs,
        event: 100 + at,
      });
  }
  return builder.finish();
}

function evidenceOf(history: History, model: string, settings = {}): readonly Evidence[] {
  const budget = new Budget({ timeout: "20s" });
  const { verdict } = findChecker(model).check(history, { budget, settings });
  if (verdict.result !== "violated") throw new Error(`${model}: ${verdict.result}`);
  return verdict.evidence;
}

const story = ({ summary, steps }: Evidence): string[] => [
  summary,
  ...steps.map(({ who, text }) => `${who ?? ""}: ${text}`),
];

describe("evidence", () => {
  it("of a stale read of a register is the write, the read of another value after it, and itself", () => {
    const history = draw(`
|--|                               a write 1
     |--|                          b write 1
           |--|                    a read -> 1
                |---|              b write 2
              |------|             c write 3
                       |--|        a read -> 3
                             |--|  c read -> 2`);
    const [evidence] = evidenceOf(history, "register");
    expect(story(evidence as Evidence)).toEqual([
      "no order that real time allows explains these 3 operations of a register",
      "b: write 2 (16ms to 20ms)",
      "a: read 3 (23ms to 26ms)",
      "c: read 2 (29ms to 32ms), yet by then the register could only be: 3",
    ]);
    expect(evidence?.steps.at(-1)?.events).toEqual([129, 132]);
  });

  it("of a value from nowhere is the read alone", () => {
    const history = draw(`
|--|         a write 1
|----|       b write 1
       |--|  a read -> 7`);
    expect(story(evidenceOf(history, "register")[0] as Evidence)).toEqual([
      "7 was read, yet nobody ever wrote it",
      "a: read 7 (7ms to 10ms)",
    ]);
  });

  it("of a queue out of order is the two elements, not the others between", () => {
    const history = draw(`
|-|                        a enqueue 1
    |-|                    a enqueue 2
        |-|                a enqueue 3
    |----------|           b dequeue -> 2
               |-|         a enqueue 4
                   |-|     b dequeue -> 3
                       |-| b dequeue -> 1`);
    expect(story(evidenceOf(history, "fifo-queue")[0] as Evidence)).toEqual([
      "1 was put in before 2, and came out after it",
      "a: enqueue 1 (0ns to 2ms)",
      "a: enqueue 2 (4ms to 6ms)",
      "b: dequeue -> 2 (4ms to 15ms)",
      "b: dequeue -> 1 (23ms to 25ms)",
    ]);
  });

  it("of a lock with two holders is the two acquires", () => {
    const history = draw(`
|-|                          a acquire
    |-|                      a release
        |-|                  b acquire
            |-|              b release
                |-|          c acquire
                    |-|      a acquire
                        |-|  c release`);
    expect(story(evidenceOf(history, "owner-mutex")[0] as Evidence)).toEqual([
      "no order that real time allows explains these 2 operations of an owner-mutex",
      "c: acquire (16ms to 18ms)",
      "a: acquire (20ms to 22ms), yet by then the owner-mutex could only be: held by c",
    ]);
  });

  it("names the key of the object that is wrong, and leaves the others out", () => {
    const recorder = new HistoryBuilder();
    const say = (key: string, f: string, input: unknown, output: unknown): void => {
      recorder.complete(recorder.invoke({ process: 0, f, key, input }), "ok", { output });
    };
    for (const key of ["x", "y", "z"]) say(key, "write", 1, 1);
    for (const key of ["x", "y", "z"]) say(key, "read", null, key === "y" ? null : 1);
    const [evidence, ...more] = evidenceOf(recorder.finish(), "register");
    expect(more).toEqual([]);
    expect(evidence?.key).toBe("y");
    expect(evidence?.operations).toEqual([1, 4]);
  });

  it("stays small in a long history of few values", () => {
    const recorder = new HistoryBuilder();
    const say = (f: string, input: unknown, output: unknown): void => {
      recorder.complete(recorder.invoke({ process: 0, f, input }), "ok", { output });
    };
    for (let i = 0; i < 3_000; i++) {
      say("write", i % 5, i % 5);
      say("read", null, i === 2_900 ? (i + 1) % 5 : i % 5);
    }
    const [evidence] = evidenceOf(recorder.finish(), "register");
    expect(evidence?.operations.length).toBeLessThanOrEqual(2);
    expect(evidence?.operations).toContain(5_801);
    expect(evidence?.steps.at(-1)?.text).toBe("read 1, yet by then the register could only be: 0");
  });
});
