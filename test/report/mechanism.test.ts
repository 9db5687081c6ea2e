/** The sentence of the mechanism: what it reads from the trace, for each way in which a promise is broken. */
import { describe, expect, it } from "vitest";
import { answerOf } from "../../src/viewer/model/answer.ts";
import { createHash } from "node:crypto";
import { mechanismLines, withMechanisms } from "../../src/report/index.ts";
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

/** The lines that the mechanism adds to the story: "who: text". */
function added(trace: Trace): string[] {
  return mechanismLines(trace).map(({ who, text, atNs }) => `${atNs / 1e6} ${who}: ${text}`);
}

/** A line about an event that did no harm. */
function harmless(atMs: number, who: string): StoryLine {
  return { atNs: atMs * 1e6, who, text: "buy ticket -> sold", tone: "operation" };
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
      "(/db~ was written at 0.010s and renamed to /db at 0.020s while its contents were not synced)",
    );
    expect(said).toContain("a: not so: it is there at 0.061s");
    expect(added(traceOf(lines, violated(story, [], faults)))).toEqual([
      "10 a: writes 7 bytes to /db~, and does not sync them",
      "20 a: renames /db~ to /db, with contents not synced",
    ]);
    // The sync of a folder keeps the name, and not what is in the file.
    const named = lines.with(0, [20, "a", "disk", 1, { operation: "sync", path: "/" }]);
    const folder = [...named.slice(1, 3), named[0] as Line, ...lines.slice(3)];
    expect(sentence(traceOf(folder, violated(story, [], faults)))).toContain("not synced)");
    // A file that was synced is not said to be lost for want of it.
    const synced = lines.with(2, [15, "a", "disk", 1, { operation: "sync", path: "/db~" }]);
    expect(sentence(traceOf(synced, violated(story, [], faults)))).not.toContain("written");
    expect(added(traceOf(synced, violated(story, [], faults)))).toEqual([]);
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
      "redis answered GET x with \"5\" to a's increment at 0.015s and to b's increment at 0.026s; " +
        "then came SET x 6 for a at 0.045s and the same for b at 0.085s: " +
        "both had read before the first of these came.",
    );
    expect(added(counter(false))).toEqual(
      [
        'redis: answers GET x with "5" (a\'s increment)',
        "redis: receives SET x 6 (a's increment)",
        'redis: answers GET x with "5" (b\'s increment)',
        "redis: receives SET x 6 (b's increment)",
      ].map((text, index) => `${[15, 45, 26, 85][index]} ${text}`),
    );
    // Where the second one reads after the first one's write has arrived, there is no race to tell.
    expect(sentence(counter(true))).toBe("");
    expect(added(counter(true))).toEqual([]);
  });

  it("opens a race at the write that went on from what was no longer so, and not where it showed", () => {
    const plain = counter(false);
    const [told] = plain.meta!.violations;
    // The story as it is written: with the lines of the mechanism, and a later sale that did no harm.
    const later = harmless(95, "c");
    const lines = [
      ...(told!.story as { lines: StoryLine[] }).lines,
      ...mechanismLines(plain),
      later,
    ];
    const story = { summary: "it is broken", lines: lines.sort((a, b) => a.atNs - b.atNs) };
    const { meta } = plain;
    const run = indexRun(
      withMechanisms({ ...plain, meta: { ...meta!, violations: [{ ...told!, story }] } }),
    );
    const answer = answerOf(run)!;
    expect(answer.isTurn).toBe(true);
    expect(answer.steps.find(({ decisive }) => decisive)?.line.text).toBe(
      "receives SET x 6 (b's increment)",
    );
    expect(run.trace.timeNs[answer.event - 1]).toBe(85e6);
    // Both of them are in view, from request to answer.
    const [fromNs, toNs] = openingWindow(run, answer);
    expect([fromNs <= 10e6, toNs >= 90e6]).toEqual([true, true]);
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
    expect(added(traceOf(lines, meta))).toEqual([
      "40 s-2: receives 6 B text copy 7 from s-1, after it had answered",
    ]);
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
    expect(added(traceOf(lines, violated(story, [[3, 12]], faults)))).toEqual([
      "30 s: sends 5 B text job 1 to a: lost",
      "50 s: sends 5 B text job 1 to a again: lost for the 2nd time",
      "95 a: receives 5 B text job 1 from s",
    ]);
    expect(sentence(traceOf(lines, violated(story, [[3, 12]], faults)))).toBe(
      "s to a is cut for 40ms at 0.020s until 0.060s; 5 B text job 1 from s to a was lost 2 times " +
        "and came through at 0.095s, 35ms after the fault had ended, while a's take x waited; " +
        "a: take x -> job 1 at 0.095s.",
    );
  });

  it("of a message that is never sent again in time: why, and when it would have been", () => {
    const cut = { kind: "partition", targets: ["s", "a"], startNs: 20e6, durationNs: 60e6 };
    const answer = (more: object = {}): unknown => packet("s", "a", "job 1", more);
    /** Sent at these moments, and lost each time. */
    const sentAt = (...moments: number[]): Trace => {
      const lines: Line[] = [
        [0, "a", "start"],
        [0, "s", "start"],
        [10, "a", "invoke", 1, ask("a", "take")],
        [20, "", "fault", 0, cut],
      ];
      let before: number | undefined;
      for (const atMs of moments) {
        lines.push([atMs, "s", "send", 2, answer(before === undefined ? {} : { repeats: before })]);
        before = lines.length;
        lines.push([atMs, "a", "drop", before, answer({ reason: "blocked" })]);
      }
      lines.push([80, "", "heal", 0, cut], [90, "a", "log", 1, { text: "the end" }]);
      const faults = [{ ...cut, text: "s to a is cut for 60ms" }];
      const story = [line(20, "fault", "s to a is cut for 60ms", 4)];
      return traceOf(lines, violated(story, [[3, 0]], faults));
    };
    expect(sentence(sentAt(22, 26, 34, 50))).toContain("was lost 4 times and never came through, ");
    const doubled = sentence(sentAt(24, 34, 54));
    expect(doubled).toContain(
      "was lost 3 times and never came through (it was last sent again at 0.054s, and the next try " +
        "was due 40ms later, at 0.094s",
    );
  });

  describe("of a lease that ends while its holder does not see it", () => {
    /** `take`: what the holder sends to get the lock; `preparation` before that, by somebody else. */
    function held(take: string, reply: string, preparation?: string): Trace {
      const lines: Line[] = [
        [0, "a-2", "start"],
        [0, "b", "start"],
        [0, "redis", "start"],
      ];
      const send = (
        from: string,
        atMs: number,
        cause: number,
        text: string,
        back: string,
      ): number => {
        const ports = { connection: from === "b" ? 2 : 1 };
        const at = lines.length;
        lines.push([atMs, from, "send", cause, packet(from, "redis", text, ports)]);
        lines.push([atMs + 1, "redis", "receive", at + 1]);
        const reversed = { ...ports, fromPort: 6379, toPort: 32_768 };
        lines.push([atMs + 1, "redis", "send", at + 2, packet("redis", from, back, reversed)]);
        lines.push([atMs + 2, from, "receive", at + 3]);
        return at + 4;
      };
      if (preparation !== undefined) send("b", 2, 2, preparation, ":0\r\n");
      const asked = lines.push([10, "a-2", "invoke", 1, ask("a-2", "acquire")]);
      const got = send("a-2", 10, asked, take, reply);
      const a = lines.push([12, "a-2", "complete", got, told("a-2")]);
      const fault = lines.push([30, "", "fault", 0, pause]);
      const again = lines.push([35, "b", "invoke", 2, ask("b", "acquire")]);
      const b = lines.push([40, "b", "complete", again, told("b")]);
      lines.push([50, "", "heal", 0, pause]);
      const gives = lines.push([60, "a-2", "invoke", a, ask("a-2", "release")]);
      lines.push([70, "a-2", "complete", gives, told("a-2")]);
      const story = [
        line(12, "a-2", "acquire x -> held", a),
        line(30, "fault", "a-2 pauses for 20ms", fault),
        line(40, "b", "acquire x -> held", b),
      ];
      const faults = [{ ...pause, text: "a-2 pauses for 20ms" }];
      const meta = violated(
        story,
        [
          [asked, a],
          [again, b],
        ],
        faults,
      );
      return traceOf(lines, meta);
    }
    const script = 'return redis.call("set", KEYS[1], ARGV[1], "NX", "PX", ARGV[2])';
    const digest = createHash("sha1").update(script).digest("hex");
    it.each([
      ["SET with PX", held(command("SET", "lock:x", "me", "NX", "PX", "25"), "+OK\r\n")],
      ["a script", held(command("EVAL", script, "1", "x", "me", "25"), "+OK\r\n")],
      [
        "a script that is known by its digest",
        held(
          command("EVALSHA", digest, "1", "x", "me", "25"),
          "+OK\r\n",
          command("EVAL", script, "1", "y", "b", "99"),
        ),
      ],
    ])("as %s gave it", (_, trace) => {
      expect(sentence(trace)).toBe(
        "a-2 took x at 0.012s with a lease of 25ms that ended at 0.036s, was paused from 0.030s to " +
          "0.050s; b was given it at 0.040s, while a-2 still believed that it held it until 0.060s.",
      );
      expect(added(trace)).toEqual(["36 a-2: its lease on x ends, 25ms after redis gave it"]);
      // The page draws where it ended.
      const [hold] = answerOf(indexRun(withMechanisms(trace)))!.holds;
      expect([hold?.fromNs, hold?.leaseNs, hold?.toNs]).toEqual([12e6, 36e6, 60e6]);
    });

    it("and says nothing of it where it was refused, is another key's, or is not known", () => {
      for (const trace of [
        held(command("SET", "x", "me", "NX", "PX", "25"), "$-1\r\n"),
        held(command("SET", "other", "me", "NX", "PX", "25"), "+OK\r\n"),
        held(command("EVALSHA", digest, "1", "x", "me", "25"), "+OK\r\n"),
      ]) {
        expect(sentence(trace)).toContain("while a-2 still held it until 0.060s");
        expect(added(trace)).toEqual([]);
      }
      // One that had not ended yet did not free the lock.
      const long = held(command("SET", "x", "me", "NX", "PX", "500"), "+OK\r\n");
      expect(sentence(long)).toContain(
        "with a lease of 500ms that was to end at 0.511s, was paused",
      );
      expect(added(long)).toEqual([]);
    });
  });

  it("of a stale read whose copy waited for a handshake: which way was slow, and who else read it", () => {
    const tcp = (from: string, to: string, text: string, connection: number, flags = ""): unknown =>
      packet(from, to, text, { connection, flags });
    const late = { kind: "latency", targets: ["s-2"], startNs: 0, durationNs: 90e6 };
    const lines: Line[] = [
      [0, "", "fault", 0, late],
      [0, "a", "start"],
      [0, "b", "start"],
      [0, "c", "start"],
      [0, "s-1", "start"],
      [0, "s-2", "start"],
      [10, "a", "invoke", 2, ask("a", "write", 7)],
      [10, "a", "send", 7, tcp("a", "s-1", "write 7", 1)],
      [12, "s-1", "receive", 8],
      [12, "s-1", "send", 9, tcp("s-1", "s-2", "", 2, "SYN")],
      [12, "s-1", "send", 9, tcp("s-1", "a", "ok", 1)],
      [13, "s-2", "receive", 10],
      [13, "s-2", "send", 12, tcp("s-2", "s-1", "", 2, "SYN-ACK")],
      [14, "a", "receive", 11],
      [14, "a", "complete", 14, told("a")],
      [20, "b", "invoke", 3, ask("b", "read")],
      [20, "b", "send", 16, tcp("b", "s-2", "read", 3)],
      [22, "s-2", "receive", 17],
      [22, "s-2", "send", 18, tcp("s-2", "b", "0", 3)],
      [24, "b", "receive", 19],
      [24, "b", "complete", 20, told("b", 0)],
      [30, "c", "invoke", 4, ask("c", "read")],
      [30, "c", "send", 22, tcp("c", "s-2", "read", 4)],
      [32, "s-2", "receive", 23],
      [32, "s-2", "send", 24, tcp("s-2", "c", "0", 4)],
      [34, "c", "receive", 25],
      [34, "c", "complete", 26, told("c", 0)],
      [53, "s-1", "receive", 13],
      [53, "s-1", "send", 28, tcp("s-1", "s-2", "copy 7", 2)],
      [55, "s-2", "receive", 29],
    ];
    const story = [
      line(0, "fault", "what goes from s-2 to s-1 takes 40ms longer for 90ms", 1),
      line(14, "a", "write x 7 -> ok", 15),
      line(34, "c", "read x -> 0", 27),
    ];
    const faults = [{ ...late, text: "what goes from s-2 to s-1 takes 40ms longer for 90ms" }];
    const trace = traceOf(
      lines,
      violated(
        story,
        [
          [7, 15],
          [22, 27],
        ],
        faults,
      ),
    );
    expect(sentence(trace)).toBe(
      "s-1 confirmed a's write x 7 at 0.014s; s-2 answered c's read x with 0 at 0.032s (and b's at 0.024s): " +
        "what s-1 then sent to s-2 arrived at 0.055s only, since s-1 first had to wait for the answer to its " +
        "request to connect (SYN-ACK) from s-2 to s-1, which took 40ms " +
        "(by the fault: what goes from s-2 to s-1 takes 40ms longer for 90ms at 0.000s).",
    );
    expect(added(trace)).toEqual([
      "24 b: read x -> 0, from s-2 as well",
      "53 s-1: receives the answer to its request to connect (SYN-ACK) from s-2, 40ms after it was sent",
      "55 s-2: receives 6 B text copy 7 from s-1, after it had answered",
    ]);
    // The other read is marked as the one of the verdict is.
    const run = indexRun(withMechanisms(trace));
    expect([...answerOf(run)!.did]).toEqual([7, 16, 22]);
  });
});
