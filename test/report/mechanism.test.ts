/** The sentence of the mechanism: what it reads from the trace, for each way in which a promise is broken. */
import { describe, expect, it } from "vitest";
import { answerOf } from "../../src/viewer/model/answer.ts";
import { withMechanisms } from "../../src/report/index.ts";
import { openingWindow } from "../../src/viewer/model/opening.ts";
import { indexRun } from "../../src/viewer/model/run.ts";
import type { StoryLine } from "../../src/trace/index.ts";
import type { Trace, TraceMeta } from "../../src/trace/index.ts";
import { type Line, packet, pause, traceOf } from "../viewer/support.ts";

function sentence(trace: Trace): string {
  const parts = withMechanisms(trace).meta?.violations[0]?.mechanism ?? [];
  for (const { event } of parts) expect(event).toBeLessThanOrEqual(trace.length);
  return parts.map(({ text }) => text).join("");
}

/** What a violated run says about itself. `operations`: the events of those that contradict each other. */
function violated(
  lines: readonly StoryLine[],
  operations: readonly (readonly [invoke: number, complete: number])[],
  faults: TraceMeta["faults"] = [],
): Partial<TraceMeta> {
  return {
    verdict: "violated",
    schedule: faults,
    faults,
    violations: [
      {
        check: "a check",
        story: { summary: "it is broken", lines },
        operations: operations.map(([invoke, complete], index) => ({ index, invoke, complete })),
      },
    ],
  };
}

const line = (atMs: number, who: string, text: string, event: number): StoryLine => ({
  atNs: atMs * 1e6,
  who,
  text,
  tone: who === "fault" ? "fault" : "operation",
  event,
});

const ask = (lane: string, f: string, input?: unknown): unknown => ({ lane, f, key: "x", input });
const told = (lane: string, output?: unknown): unknown => ({ lane, outcome: "ok", output });
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const command = (...words: string[]): string => `*${words.length}\r\n${words.map(bulk).join("")}`;

describe("the mechanism", () => {
  it("of two holders: who took it, what kept the first one, and who was given it too", () => {
    const lines: Line[] = [
      [0, "a-2", "start"],
      [0, "b", "start"],
      [10, "a-2", "invoke", 1, ask("a-2", "acquire")],
      [20, "a-2", "complete", 3, told("a-2")],
      [30, "", "fault", 0, pause],
      [35, "b", "invoke", 2, ask("b", "acquire")],
      [40, "b", "complete", 6, told("b")],
      [50, "", "heal", 0, pause],
      [60, "a-2", "invoke", 4, ask("a-2", "release")],
      [70, "a-2", "complete", 9, told("a-2")],
    ];
    const story = [
      line(20, "a-2", "acquire x -> held", 4),
      line(30, "fault", "a-2 pauses for 20ms", 5),
      line(40, "b", "acquire x -> held", 7),
    ];
    const faults = [{ ...pause, text: "a-2 pauses for 20ms" }];
    expect(
      sentence(
        traceOf(
          lines,
          violated(
            story,
            [
              [3, 4],
              [6, 7],
            ],
            faults,
          ),
        ),
      ),
    ).toBe(
      "a-2 took x at 0.020s, was paused from 0.030s to 0.050s; b was given it at 0.040s, " +
        "while a-2 still held it until 0.060s.",
    );
  });

  it("of a loss of the disk: what was written, renamed and never synced", () => {
    const crash = { kind: "crash", targets: ["a"], startNs: 50e6, durationNs: 10e6 };
    const lines: Line[] = [
      [0, "a", "start"],
      [10, "a", "disk", 1, { operation: "write", path: "/db~", bytes: 7, offset: 0 }],
      [20, "a", "disk", 1, { operation: "rename", path: "/db", from: "/db~" }],
      [50, "", "fault", 0, crash],
      [50, "a", "power", 4, { on: false }],
      [60, "a", "start", 4],
      [61, "a", "assert", 6, { assertion: "always", name: "it is there", condition: false }],
    ];
    const story = [
      line(50, "fault", "a loses power for 10ms\n/db: 7 bytes that were not synced are lost", 4),
      line(61, "a", "not so: it is there", 7),
    ];
    const faults = [{ ...crash, text: "a loses power for 10ms" }];
    const said = sentence(traceOf(lines, violated(story, [], faults)));
    expect(said).toContain("/db, 7 bytes that were not synced were lost");
    expect(said).toContain(
      "(/db~ was written at 0.010s and renamed to /db at 0.020s without a sync)",
    );
    expect(said).toContain("a: not so: it is there at 0.061s");
    // A file that was synced is not said to be lost for want of it.
    const synced = lines.with(2, [15, "a", "disk", 1, { operation: "sync", path: "/db~" }]);
    expect(sentence(traceOf(synced, violated(story, [], faults)))).not.toContain("written");
  });

  /** Two clients read a counter and write it back; with `late`, the second one reads after the first one's write. */
  function counter(late: boolean): Trace {
    const lines: Line[] = [
      [0, "a", "start"],
      [0, "b", "start"],
      [0, "redis", "start"],
    ];
    const own = (client: string, more: object): object => ({
      ...more,
      connection: client === "a" ? 1 : 2,
    });
    const exchange = (
      client: string,
      atMs: number,
      cause: number,
      request: string,
      reply: string,
    ): number => {
      const at = lines.length;
      lines.push([atMs, client, "send", cause, packet(client, "redis", request, own(client, {}))]);
      lines.push([atMs + 5, "redis", "receive", at + 1]);
      const back = own(client, { fromPort: 6379, toPort: 32_768 });
      lines.push([atMs + 5, "redis", "send", at + 2, packet("redis", client, reply, back)]);
      lines.push([atMs + 10, client, "receive", at + 3]);
      return at + 4;
    };
    const start = (client: string, atMs: number): number =>
      lines.push([atMs, client, "invoke", client === "a" ? 1 : 2, ask(client, "increment")]);
    const end = (client: string, atMs: number, cause: number): number =>
      lines.push([atMs, client, "complete", cause, told(client)]);
    const get = command("GET", "x");
    const a = start("a", 10);
    const readA = exchange("a", 10, a, get, bulk("5"));
    const beginB = late ? 60 : 21;
    const b = late ? 0 : start("b", beginB);
    const readB = late ? 0 : exchange("b", beginB, b, get, bulk("5"));
    const wroteA = exchange("a", 40, readA, command("SET", "x", "6"), "+OK\r\n");
    const doneA = end("a", 50, wroteA);
    const laterB = late ? start("b", beginB) : b;
    const againB = late ? exchange("b", beginB, laterB, get, bulk("5")) : readB;
    const wroteB = exchange("b", 80, againB, command("SET", "x", "6"), "+OK\r\n");
    const doneB = end("b", 90, wroteB);
    const story = [line(50, "a", "increment", doneA), line(90, "b", "increment", doneB)];
    return traceOf(
      lines,
      violated(story, [
        [a, doneA],
        [laterB, doneB],
      ]),
    );
  }

  it("of a race: who read the same, and what both went on with", () => {
    expect(sentence(counter(false))).toBe(
      "redis answered GET x with \"5\" to a's increment at 0.015s and b's increment at 0.026s; " +
        "both then went on with SET x 6, and neither request had arrived when the other one read.",
    );
    // Where the second one reads after the first one's write has arrived, there is no race to tell.
    expect(sentence(counter(true))).toBe("");
  });

  it("of a stale read: which server had not heard of the write yet", () => {
    const http = (from: string, to: string, text: string, connection: number): unknown =>
      packet(from, to, text, { connection });
    const lines: Line[] = [
      [0, "a", "start"],
      [0, "b", "start"],
      [0, "s-1", "start"],
      [0, "s-2", "start"],
      [10, "a", "invoke", 1, ask("a", "write", 7)],
      [10, "a", "send", 5, http("a", "s-1", "write 7", 1)],
      [12, "s-1", "receive", 6],
      [12, "s-1", "send", 7, http("s-1", "s-2", "copy 7", 2)],
      [12, "s-1", "send", 7, http("s-1", "a", "ok", 1)],
      [14, "a", "receive", 9],
      [14, "a", "complete", 10, told("a")],
      [20, "b", "invoke", 2, ask("b", "read")],
      [20, "b", "send", 12, http("b", "s-2", "read", 3)],
      [22, "s-2", "receive", 13],
      [22, "s-2", "send", 14, http("s-2", "b", "0", 3)],
      [24, "b", "receive", 15],
      [24, "b", "complete", 16, told("b", 0)],
      [40, "s-2", "receive", 8],
    ];
    const story = [line(14, "a", "write x 7 -> ok", 11), line(24, "b", "read x -> 0", 17)];
    const meta = violated(story, [
      [5, 11],
      [12, 17],
    ]);
    expect(sentence(traceOf(lines, meta))).toBe(
      "s-1 confirmed a's write x 7 at 0.014s; s-2 answered b's read x with 0 at 0.022s: " +
        "what s-1 then sent to s-2 arrived at 0.040s only.",
    );
    // The page opens with the late arrival in view.
    const run = indexRun(withMechanisms(traceOf(lines, meta)));
    const answer = answerOf(run);
    expect(answer && openingWindow(run, answer)[1]).toBeGreaterThanOrEqual(40e6);
    // A copy that arrives before the read is no reason.
    const early = [...lines.slice(0, 11), [16, "s-2", "receive", 8] as Line];
    const shifted = lines.slice(11, 17).map(([at, host, kind, cause = 0, detail]): Line => {
      return [at, host, kind, cause > 11 ? cause + 1 : cause, detail];
    });
    const known = violated(
      [line(14, "a", "write x 7 -> ok", 11), line(24, "b", "read x -> 0", 18)],
      [
        [5, 11],
        [13, 18],
      ],
    );
    expect(sentence(traceOf([...early, ...shifted], known))).not.toContain("arrived");
  });

  it("of a lost message: how often it was lost, when it came through, and who waited", () => {
    const cut = { kind: "partition", targets: ["s", "a"], startNs: 20e6, durationNs: 40e6 };
    const answer = (more: object = {}): unknown => packet("s", "a", "job 1", more);
    const lines: Line[] = [
      [0, "a", "start"],
      [0, "s", "start"],
      [10, "a", "invoke", 1, ask("a", "take")],
      [20, "", "fault", 0, cut],
      [30, "s", "send", 2, answer()],
      [30, "", "drop", 5, answer({ reason: "blocked" })],
      [50, "s", "send", 2, answer({ repeats: 5 })],
      [50, "", "drop", 7, answer({ reason: "blocked" })],
      [60, "", "heal", 0, cut],
      [90, "s", "send", 2, answer({ repeats: 7 })],
      [95, "a", "receive", 10],
      [95, "a", "complete", 11, told("a", "job 1")],
    ];
    const story = [
      line(20, "fault", "s to a is cut for 40ms", 4),
      line(95, "a", "take x -> job 1", 12),
    ];
    const faults = [{ ...cut, text: "s to a is cut for 40ms" }];
    expect(sentence(traceOf(lines, violated(story, [[3, 12]], faults)))).toBe(
      "s to a is cut for 40ms at 0.020s until 0.060s; 5 B text job 1 from s to a was lost 2 times " +
        "and came through at 0.095s, 35ms after the fault had ended, while a's take x waited; " +
        "a: take x -> job 1 at 0.095s.",
    );
  });
});
