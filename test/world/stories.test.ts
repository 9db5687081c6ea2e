/** Stories: is the cause in them, and nothing else? */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import * as check from "../../src/check/index.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import { messageOf } from "../../src/base/errors.ts";
import type { Fault } from "../../src/sim/faults/index.ts";
import { withoutValues } from "../../src/world/causes.ts";
import { operationsNamed } from "../../src/world/concerned.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import type { RunOutcome, RunViolation } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";
import { faultLines } from "../../src/world/story-faults.ts";
import { beside, runDescribed } from "./described.ts";
import { placesOf } from "../../src/world/thrown.ts";

const MS = 1_000_000;

function powerLoss(target: string, startMs: number): Fault {
  const params = { how: "machine" } as const;
  return { kind: "crash", targets: [target], startNs: startMs * MS, durationNs: 200 * MS, params };
}

let world: LoadedWorld;
let outcome: RunOutcome;

beforeAll(async () => {
  const path = fileURLToPath(new URL("./worlds/stories.world.ts", import.meta.url));
  world = await loadWorld(path, { "lightcone/check": check });
  const schedule = [powerLoss("disk", 600), powerLoss("server", 1_100)];
  outcome = await runWorld(world, { seed: 1, schedule });
});

function find(name: string): RunViolation {
  const found = outcome.violations.find((violation) => violation.check === name);
  if (!found) throw new Error(`${name} is not violated`);
  return found;
}

function lines(name: string): string[] {
  return find(name).story.lines.map(({ atNs, who, text }) => `${atNs / MS} ${who} ${text}`);
}

describe("a story", () => {
  it("of a check that says no more than no has the faults, operations and times that are left", () => {
    const told = lines("only a no").join("\n");
    expect(told).toContain("100 writer write x 0 -> ok (asked at 0.000s)");
    expect(told).toContain("1000 asker ask server -> no answer");
    expect(told).toContain("600 fault disk loses power for 200ms");
    expect(told).toContain("1300 fault server starts again, memory lost");
    expect(find("only a sentence").story.lines).toEqual(find("only a no").story.lines);
    expect(find("only a no").completeNs).toBeUndefined();
  });

  it("of a check that returns operations has these, and the faults before their end", () => {
    expect(lines("with operations")).toEqual([
      "210 writer write x 1 -> ok (asked at 0.110s)",
      "320 writer write x 2 -> ok (asked at 0.220s)",
    ]);
    expect(find("with operations").completeNs).toBe(320 * MS);
  });

  it("of an assertion has its line, what its client and others did before, and its detail with its length", () => {
    const told = outcome.violations.filter((violation) => violation.check === "always: x is whole");
    // Two lines of a program are two assertions, though they have one name.
    expect(told).toHaveLength(2);
    const [first] = told;
    const texts = first?.story.lines.map(({ who, text }) => `${who} ${text}`) ?? [];
    expect(texts.slice(0, 3)).toEqual([
      "writer write x 0 -> ok (asked at 0.000s)",
      "writer write x 1 -> ok (asked at 0.110s)",
      "reader read x -> 1",
    ]);
    expect(texts[3]).toMatch(
      /^reader not so: x is whole: \{"long":"y+… \(1,011 characters\) …y+"\}\n/,
    );
    expect(texts[3]).toMatch(/\n\S*stories\.world\.ts:39:5$/);
    expect(texts[4]).toBe("writer write x 2 -> ok (asked at 0.220s)");
    expect(texts).toHaveLength(5);
  });

  it("of what never came true tells what was seen instead, and how often it was asked", () => {
    const { story } = find("eventually: all is read");
    expect(story.summary).toBe(
      '"all is read" should have become true on reader in the calm after 4s, and was not, asked 5 times',
    );
    expect(story.lines.map(({ text }) => text).join("\n")).toContain(
      'still not so: all is read: {"read":13}',
    );
  });

  it("of a power loss says which files lost what", () => {
    const fault = find("only a no").story.lines.find(({ text }) => text.startsWith("disk loses"));
    expect(fault?.text.split("\n")).toEqual([
      "disk loses power for 200ms",
      "/data/new is gone: its name was not synced",
      "/data/log: 12 bytes that were not synced are lost",
    ]);
  });

  it("of a hang tells what became of the connection, and is not taken for a hang of another kind", () => {
    expect(lines("no hangs").at(-1)).toBe(
      "6000 asker connection to server:80: stands at this end alone; server lost power at 1.1s, and knows nothing of it",
    );
    expect(lines("no hangs")).toContain(
      "1100 fault server loses power for 200ms\nasker never hears of it",
    );
    expect(find("no hangs").causes).toEqual(["ask over half a connection"]);
  });

  it("of a death comes first, and shows what was thrown though it is no error", () => {
    expect(outcome.violations[0]).toMatchObject({
      check: "no uncaught exceptions",
      evidence: { summary: "dies dies of thrown: E42: no error at all at 700ms" },
    });
  });
});

describe("processes of one machine", () => {
  it("are shown with what they did to a file that one took from another", async () => {
    beside(
      "taker.mjs",
      'import { rmSync, writeFileSync } from "node:fs"; rmSync("/tmp/lock"); writeFileSync("/tmp/lock", "b"); process.send("mine");',
    );
    const cwd = dirname(beside("here.txt", ""));
    const { violations } = await runDescribed(
      `w.host("box", async ({ always, sleep }) => {
        const { fork } = await import("node:child_process");
        const { mkdirSync, rmSync, writeFileSync } = await import("node:fs");
        // A file that nobody else takes is no race, and a name that is free again is none either.
        for (const name of ["/tmp/own", "/tmp/lock"]) { writeFileSync(name, "a"); rmSync(name); }
        await sleep(500);
        writeFileSync("/tmp/lock", "a");
        fork("./taker.mjs").on("message", () => always("one holder", false));
        await sleep(1_000);
        writeFileSync("/tmp/lock", "again");
      }, { cwd: ${JSON.stringify(cwd)} });
      w.run("3s");`,
    );
    const { lines } = violations[0]!.story;
    const pids = new Map<string, string>();
    const texts = lines.map(({ who, text }) => {
      const told = text.replace(/process (\d+)/, (_, pid: string) => {
        if (!pids.has(pid)) pids.set(pid, `process ${String.fromCharCode(65 + pids.size)}`);
        return pids.get(pid) as string;
      });
      return `${who} ${told.split("\n")[0]}`;
    });
    expect(texts).toEqual([
      "box process A makes /tmp/lock",
      "box process A removes /tmp/lock",
      "box process A makes /tmp/lock",
      "box process B removes /tmp/lock",
      "box process B makes /tmp/lock",
      "box not so: one holder",
    ]);
  });

  it("are shown on a disk that machines share, too", async () => {
    const body = `
      const first = w.host("first", async ({ always, sleep }) => {
        fs.writeFileSync("/shared/lock", "a");
        await sleep(1_000);
        always("one holder", fs.readFileSync("/shared/lock", "utf8") === "a");
      });
      const second = w.host("second", async ({ sleep }) => {
        await sleep(500);
        fs.rmSync("/shared/lock");
        fs.writeFileSync("/shared/lock", "b");
        fs.writeFileSync("/tmp/lock", "c");
      });
      w.shared("/shared", [first, second], { fileAttributes: "0s", folderAttributes: "0s" });
      w.run("3s");`;
    const { violations } = await runDescribed(body);
    const texts = violations[0]!.story.lines.map(
      ({ who, text }) => `${who} ${text.split("\n")[0]}`,
    );
    expect(texts).toEqual([
      "first makes /shared/lock",
      "second removes /shared/lock",
      "second makes /shared/lock",
      "first not so: one holder",
    ]);
  });
});

describe("a power loss", () => {
  it("says when the hosts of the story heard of it", async () => {
    const body = `
      const server = w.host("server", () => void createServer((s) => s.on("error", () => {})).listen(80));
      const client = (after) => async ({ sleep, always }) => {
        const socket = connect(80, server);
        socket.on("error", () => {});
        await sleep(after);
        socket.write("anybody there?");
        await sleep(4_000);
        always("the server is the same", false);
      };
      w.host("soon", client(1_500));
      w.host("late", client(2_500));
      w.host("bystander", ({ sleep }) => sleep(1_000));
      w.run("9s");`;
    const { violations } = await runDescribed(body, { schedule: [powerLoss("server", 1_000)] });
    const told = violations.map(({ story }) => story.lines[0]?.text.split("\n")[1]);
    expect(told[0]).toMatch(
      /^soon hears of it at 1\.5\d*s, on its connection of \S+s: ECONNRESET$/,
    );
    expect(told).toHaveLength(1);
  });
});

describe("a file that replaced another one, and lost its bytes", () => {
  it("is told with the loss of the other one", async () => {
    const body = `
      w.host("app", async ({ always, sleep }) => {
        const isFirst = !fs.existsSync("/state");
        const save = (name, text, sync) => {
          const file = fs.openSync(name, "w");
          fs.writeSync(file, text);
          if (sync) fs.fsyncSync(file);
          fs.closeSync(file);
        };
        if (isFirst) {
          save("/state", "old", true);
          fs.fsyncSync(fs.openSync("/", "r"));
          save("/state.new", "new", false);
          fs.renameSync("/state.new", "/state");
        }
        await sleep(100);
        always("the state is there", fs.readFileSync("/state", "utf8") !== "");
      });
      w.run("4s");`;
    const params = { how: "machine", keeps: "names" } as const;
    const crash: Fault = { ...powerLoss("app", 600), params };
    const { violations } = await runDescribed(body, { schedule: [crash] });
    const lost = violations[0]?.story.lines.find(({ text }) => text.startsWith("app loses power"));
    expect(lost?.text.split("\n")).toEqual([
      "app loses power for 200ms",
      "/state: 3 bytes that were not synced are lost, and the file that it replaced is gone",
    ]);
  });
});

describe("what never came true", () => {
  it("tells of the connections of whoever still waits, though it may wait for ever", async () => {
    const body = `
      const server = w.host("server", () => void createServer(() => {}).listen(80));
      w.host("client", async ({ op, sleep, eventually }) => {
        const socket = connect(80, server);
        void op("subscribe", "news", () => new Promise(() => socket.write("?")));
        for (;;) { eventually("there is news", false); await sleep(500); }
      });
      w.openEnded("subscribe");
      w.run("5s");`;
    const { violations } = await runDescribed(body);
    const texts = violations[0]!.story.lines.map(({ text }) => text);
    expect(texts[0]).toBe("subscribe news -> no answer");
    expect(texts).toContainEqual(
      expect.stringMatching(/^connection to server:80: stands at both ends, last word/),
    );
  });
});

describe("an assertion that fails for several keys", () => {
  it("is told for each of the first, since the second may show another side of the bug", async () => {
    const { violations } = await runDescribed(
      `w.host("a", async ({ op, always, sleep }) => {
        const take = async (id, times) => {
          await op("take", id, () => times);
          await sleep(100);
          always("an event comes once", times === 1, { id, times });
        };
        for (const [id, times] of [["x", 2], ["x", 3], ["y", 2], ["z", 1]]) await take(id, times);
      }); w.run("1s");`,
    );
    const [{ evidence, story }] = violations as [RunViolation];
    expect(violations).toHaveLength(1);
    expect(evidence.summary).toBe(
      '"an event comes once" must always be true, and is not at 100ms, nor at 300ms',
    );
    expect(story.lines.map(({ atNs, text }) => `${atNs / MS} ${text.split("\n")[0]}`)).toEqual([
      "0 take x -> 2",
      '100 not so: an event comes once: {"id":"x","times":2}',
      "100 take x -> 3",
      "200 take y -> 2",
      '300 not so: an event comes once: {"id":"y","times":2}',
    ]);
  });
});

describe("a clock that is set right", () => {
  it("says by how much it steps, unless another clock fault is under way", async () => {
    const drift = (startMs: number, ppm: number): Fault => {
      const when = { startNs: startMs * MS, durationNs: 1_000 * MS };
      return { kind: "clock-drift", targets: ["a"], ...when, params: { ppm } };
    };
    const told = async (schedule: readonly Fault[]): Promise<string[]> => {
      const body =
        'w.host("a", ({ sleep, always }) => sleep(3_500).then(() => always("x", false)));';
      const { violations } = await runDescribed(`${body} w.run("9s");`, { schedule });
      const { lines } = violations[0]!.story;
      return lines.filter(({ tone }) => tone === "lift").map(({ text }) => text);
    };
    expect(await told([drift(100, 20_000), drift(1_200, -5_000)])).toEqual([
      "a: clock is set right: back by 20ms",
      "a: clock is set right: ahead by 5ms",
    ]);
    expect(await told([drift(100, 20_000), drift(600, -5_000)])).toEqual([
      "a: clock is set right",
      "a: clock is set right",
    ]);
  });
});

describe("many faults", () => {
  it("are told by number but for the nearest, and those that came later are not counted", async () => {
    const slow = (startMs: number): Fault => ({
      kind: "latency",
      targets: ["server"],
      startNs: startMs * MS,
      durationNs: 5 * MS,
      params: { from: ["server"], to: ["disk"], both: false, addNs: MS },
    });
    // Thirty before the end of the story at 320 ms, and ten after it.
    const schedule = Array.from({ length: 40 }, (_, at) => slow(at < 30 ? 10 * at : 100 * at));
    const { violations } = await runWorld(world, { seed: 1, schedule });
    const { lines: told } = violations.find(({ check }) => check === "with operations")!.story;
    const faults = told.filter(({ tone }) => tone === "fault").map(({ text }) => text);
    expect(faults).toHaveLength(13);
    expect(faults[0]).toBe("18 faults before this");
    expect(told.filter(({ tone }) => tone === "fault").at(-1)?.atNs).toBe(290 * MS);
  });
});

describe("an unhandled rejection", () => {
  it("has the line that rejected, though what it was rejected with has no stack", () => {
    const deaths = outcome.violations.filter(({ check }) => check === "no uncaught exceptions");
    const texts = deaths.map(({ story }) => story.lines.find(({ tone }) => tone === "note")?.text);
    expect(texts[0]).toMatch(/^thrown: E42: no error at all\n\S*stories\.world\.ts:57:\d+$/);
    expect(texts[1]).toMatch(/^unhandled rejection: a text\n\S*stories\.world\.ts:61:\d+$/);
  });
});

describe("two holders", () => {
  it("are told with every operation on the lock that was open meanwhile: one of these let the second in", () => {
    const builder = new HistoryBuilder();
    let atNs = 0;
    const invoke = (process: string, f: string, key = "job"): number =>
      builder.invoke({ process, f, key, atNs: (atNs += MS) });
    const complete = (index: number, how: "ok" | "info" = "ok"): void =>
      builder.complete(index, how, { atNs: (atNs += MS) });
    complete(invoke("c", "acquire"));
    const late = invoke("c", "release");
    const lost = invoke("d", "release");
    complete(lost, "info");
    complete(invoke("e", "acquire", "other"));
    complete(invoke("a", "acquire"));
    complete(late, "info");
    complete(invoke("b", "acquire"));
    complete(invoke("f", "acquire"), "info");
    const verdict = check.mutex().judge({ history: builder.finish() });
    if (verdict.result !== "violated") throw new Error("holds");
    const [evidence] = verdict.evidence;
    // Both releases may have reached the lock after a had it; what was asked of another lock has no part in it.
    const told = new Set(evidence?.steps.map(({ operation }) => operation));
    expect(told).toContain(late);
    expect(told).toContain(lost);
    expect(told).not.toContain(3);
    expect(evidence?.operations).toHaveLength(2);
  });
});

describe("a pause of several", () => {
  it("says who of them still holds what when they resume", () => {
    const builder = new HistoryBuilder();
    const acquire = builder.invoke({ process: "a", f: "acquire", key: "job", atNs: MS });
    builder.complete(acquire, "ok", { atNs: 2 * MS });
    const pause: Fault = {
      kind: "pause",
      targets: ["a", "b"],
      startNs: 3 * MS,
      durationNs: 4 * MS,
      params: {},
    };
    const judged = {
      plan: { checks: [check.mutex()] },
      history: builder.finish(),
      schedule: [pause],
      calmFromNs: 100 * MS,
      losses: [],
      lostEnds: new Map(),
    };
    const evidence = { summary: "", steps: [], operations: [acquire] };
    const told = faultLines(judged as never, evidence, { fromNs: 0, untilNs: 50 * MS });
    expect(told.map(({ atNs, text }) => `${atNs / MS} ${text}`)).toEqual([
      "3 a, b pause for 4ms",
      "7 a, b resume; a still holds job",
    ]);

    const cut = faultLines({ ...judged, calmFromNs: 5 * MS } as never, evidence, {
      fromNs: 0,
      untilNs: 50 * MS,
    });
    // It was to last for 4 ms, and the calm came after 2.
    expect(cut[0]?.text).toBe("a, b pause for 2ms");
    expect(cut[1]?.atNs).toBe(5 * MS);
  });
});

describe("what is told of what was thrown", () => {
  it("is a code and a message, of whatever it was", () => {
    expect(messageOf({ code: "E1", message: "m" })).toBe("E1: m");
    expect(messageOf({ code: 17 })).toBe("17");
    expect(messageOf({ a: 1 })).toBe('{"a":1}');
    expect(messageOf(Object.create(null))).toBe("{}");
    expect(messageOf("text")).toBe("text");
    expect(messageOf(new AggregateError([new Error("one"), new Error("two")]))).toBe("one; two");
    const hostile = {
      get code(): string {
        throw new Error("no");
      },
    };
    expect(messageOf(hostile)).toBe("a value that cannot be printed");
  });

  it("is placed where the user's code is, not where a package threw it", () => {
    const inner = "Pool.query (node_modules/pg-pool/index.js:45:11)";
    const frames = [inner, "node_modules/x.js:1:1", "load (app.ts:7:3)", "app.ts:90:1", "b.ts:1:1"];
    expect(placesOf(frames)).toEqual(["load (app.ts:7:3)", "app.ts:90:1", `thrown at ${inner}`]);
    expect(placesOf([inner])).toEqual([inner]);
    expect(placesOf(["app.ts:1:1"])).toEqual(["app.ts:1:1"]);
  });
});

describe("the same bug", () => {
  it("is the same sentence about other values, hosts and times", () => {
    const names = ["alpha", "beta"];
    const first = withoutValues('order 17 ("a b") of alpha is lost at 1.204s: [1,2,3]', names);
    const second = withoutValues('order 9 ("c") of beta is lost at 12s: [4,5]', names);
    expect(first).toBe(second);
    expect(withoutValues("order 9 of beta is charged twice", names)).not.toBe(first);
  });

  it("has operations that the sentence names before those that it does not", () => {
    const builder = new HistoryBuilder();
    for (let n = 0; n < 100; n++) {
      builder.complete(builder.invoke({ process: `p${n % 3}`, f: "pay", key: `order-${n}` }), "ok");
    }
    const { operations } = builder.finish();
    const told = operationsNamed(operations, "order-17 is paid twice.", 3);
    // The one that is named, and those right beside it.
    expect(told).toEqual([16, 17, 18]);
  });

  it("do not repeat what a client reads again and again, so that what was before is seen as well", () => {
    const builder = new HistoryBuilder();
    for (let n = 0; n < 60; n++) {
      const id = builder.invoke({ process: `reader-${n % 2}`, f: "read", atNs: n * MS });
      builder.complete(id, "ok", { atNs: n * MS, output: n < 10 ? n : 58 + (n % 2) });
    }
    const { operations } = builder.finish();
    expect(operationsNamed(operations, "they read something else", 4)).toEqual([8, 9, 58, 59]);
    expect(operationsNamed(operations, "they read 58 and 59", 4)).toEqual([8, 9, 58, 59]);
  });

  it("are found by a key of several words, though a count is some other operation's value", () => {
    const builder = new HistoryBuilder();
    for (let n = 0; n < 60; n++) {
      const at = { process: "worker", f: "run", key: `job ${n % 40}`, input: n, atNs: n * MS };
      builder.complete(builder.invoke(at), "ok", { atNs: n * MS });
    }
    const { operations } = builder.finish();
    expect(operationsNamed(operations, "job 2 ran 2 times", 2)).toEqual([2, 42]);
    expect(operationsNamed(operations, "(job 3, job 4) ran", 4)).toEqual([3, 4, 43, 44]);
  });
});
