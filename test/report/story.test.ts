/** What a violation looks like on the terminal: the product's face, line by line. */
import { describe, expect, it } from "vitest";
import {
  describeProgress,
  Progress,
  renderLines,
  renderViolation,
  styleFor,
} from "../../src/report/index.ts";
import type { Story } from "../../src/trace/story.ts";

const MS = 1_000_000;

const story: Story = {
  lines: [
    { atNs: 1_204 * MS, who: "worker-1", text: "acquire job -> held", tone: "operation" },
    { atNs: 1_391 * MS, who: "fault", text: "worker-1 pauses for 2.1s", tone: "fault" },
    { atNs: 12_402 * MS, who: "worker-2", text: "acquire job -> held", tone: "operation" },
    { atNs: 13_491 * MS, who: "worker-1", text: "resumes, and still holds job", tone: "lift" },
    { atNs: 13_602 * MS, who: "worker-1", text: "TypeError: x\nserver.ts:3:1", tone: "error" },
  ],
  summary: "two holders of job from 12.402s to 13.602s",
};

const told = {
  world: "a lock is held by one worker at a time",
  subtitle: "seed 0x1f3a · 7 faults, 1 after shrinking",
  check: "mutex",
  story,
  footer: [["replay", "npx lightcone replay .lightcone/redlock-1f3a.json"]] as const,
};

describe("a violation on the terminal", () => {
  it("is a title, the lines that matter in columns, the reason, and how to see it again", () => {
    expect(renderViolation(told)).toMatchInlineSnapshot(`
      "✗ a lock is held by one worker at a time       seed 0x1f3a · 7 faults, 1 after shrinking
         1.204s  worker-1  acquire job -> held
         1.391s  fault     worker-1 pauses for 2.1s
        12.402s  worker-2  acquire job -> held
        13.491s  worker-1  resumes, and still holds job
        13.602s  worker-1  TypeError: x
                           server.ts:3:1
        two holders of job from 12.402s to 13.602s  (mutex)
        replay  npx lightcone replay .lightcone/redlock-1f3a.json
      "
    `);
  });

  it("tells further checks that were violated with what led to them, and the rest in a sentence", () => {
    const [first, pause] = story.lines as [Story["lines"][0], Story["lines"][0]];
    const lost = {
      atNs: 13_700 * MS,
      who: "worker-2",
      text: "job 7 is gone",
      tone: "note",
    } as const;
    const others = [
      { check: "nothing is lost", story: { lines: [first, pause, lost], summary: "7 is lost" } },
      { check: "mutex", story: { lines: [], summary: "two holders of other" } },
      { check: "nothing is lost", story: { lines: [], summary: "8 is lost" } },
    ];
    expect(
      renderViolation({ ...told, others })
        .split("\n")
        .slice(6),
    ).toEqual([
      "                     server.ts:3:1",
      "  two holders of job from 12.402s to 13.602s  (mutex)",
      "  13.700s  worker-2  job 7 is gone",
      "  also: 7 is lost  (nothing is lost)",
      "  also    two holders of other  (mutex)",
      "  also    8 is lost  (nothing is lost)",
      "  replay  npx lightcone replay .lightcone/redlock-1f3a.json",
      "",
    ]);
  });

  it("has room for a million lines, as of a program that prints them", () => {
    const line = { atNs: 1e9, who: "a", text: "line", tone: "note" } as const;
    const lines = renderLines(Array.from({ length: 1_000_000 }, () => line));
    expect(lines).toHaveLength(1_000_000);
    expect(lines[7]).toBe("  1.000s  a  line");
  });

  it("is painted on a terminal, and says the same", () => {
    const painted = renderViolation(told, styleFor({ isTTY: true }, {}));
    // oxlint-disable-next-line no-control-regex
    expect(painted.replaceAll(/\u001b\[\d+m/g, "")).toBe(renderViolation(told));
    expect(painted).toContain("\u001b[31m✗\u001b[39m");
  });

  it("leaves colours out where nobody wants them", () => {
    const plain = renderViolation(told);
    expect(renderViolation(told, styleFor({ isTTY: true }, { NO_COLOR: "1" }))).toBe(plain);
    expect(renderViolation(told, styleFor({ isTTY: false }, {}))).toBe(plain);
    expect(renderViolation(told, styleFor({ isTTY: true }, { TERM: "dumb" }))).toBe(plain);
    expect(renderViolation(told, styleFor({}, { FORCE_COLOR: "1" }))).not.toBe(plain);
  });
});

describe("progress", () => {
  const figures = { runs: 1_412, wallMs: 10_000, simulatedNs: 84_720e9, faults: 12_345 };

  it("says runs, rates, faults and time", () => {
    expect(describeProgress(figures)).toBe(
      "1,412 runs · 141 runs/s · 8,472 simulated s/s · 12,345 faults injected · 10.0s",
    );
    expect(describeProgress({ ...figures, runs: 5, runsMax: 200, wallMsMax: 30_000 })).toBe(
      "5 of 200 runs · 0.5 runs/s · 8,472 simulated s/s · 12,345 faults injected · 10.0s of 30s",
    );
  });

  it("rewrites one line on a terminal, no wider than it is, and takes it away", () => {
    let text = "";
    const sink = { isTTY: true, columns: 30, write: (part: string) => (text += part) };
    const progress = new Progress(sink, styleFor(sink, { NO_COLOR: "1" }));
    progress.update(() => "x".repeat(100));
    progress.close();
    expect(text).toBe(`\r\u001b[2K⠋ ${"x".repeat(26)}…\r\u001b[2K`);
  });

  it("takes a terminal that does not know its width for one of eighty columns", () => {
    let text = "";
    const sink = { isTTY: true, columns: 0, write: (part: string) => (text += part) };
    new Progress(sink, styleFor(sink, { NO_COLOR: "1" })).update(() => "x".repeat(100));
    expect(text).toBe(`\r\u001b[2K⠋ ${"x".repeat(76)}…`);
  });

  it("is a plain line now and then elsewhere", () => {
    let text = "";
    const progress = new Progress(
      { write: (part: string) => (text += part) },
      styleFor({}, { NO_COLOR: "1" }),
    );
    progress.update(() => "too early");
    progress.close();
    expect(text).toBe("");
  });
});
