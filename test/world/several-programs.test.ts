/** A host that runs several programs: the order in which they start, who is started again, and who is told of. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import type { RunOutcome } from "../../src/world/outcome.ts";
import { described, runDescribed } from "./described.ts";

const checks = ({ violations }: RunOutcome): string[] => violations.map(({ check }) => check);
/** The timeline as text: "shop/server at 100ms: hello". */
const lines = ({ timeline = [] }: RunOutcome): string[] =>
  timeline.map(({ who, atNs, text }) => `${who} at ${Math.round(atNs / 1e6)}ms: ${text}`);
const run = (body: string, schedule: readonly Fault[] = []): Promise<RunOutcome> =>
  runDescribed(body, { timeline: true, schedule });
const crash = (target: string, how: "process" | "machine"): Fault => ({
  kind: "crash",
  targets: [target],
  startNs: 1e9,
  durationNs: 1e9,
  params: { how },
});

/** A database that is ready after a while, a migration that needs it, and a server that needs the migration. */
const shop = `
  w.host("shop", {
    server: {
      program: () => { console.log("serves"); createServer(() => {}).listen(80); },
      after: { migrate: "exited", db: "listening" },
    },
    migrate: {
      program: ({ sleep }) => new Promise((done, fail) => {
        console.log("migrates");
        connect(6000, "localhost", async () => { await sleep(100); process.exit(0); }).on("error", fail);
      }),
      after: { db: "listening" },
    },
    sidecar: { program: () => { console.log("beside"); setInterval(() => {}, 1000); }, after: { db: "started" } },
    db: async ({ sleep }) => {
      console.log("loads");
      await sleep(200);
      createServer(() => {}).listen(6000);
      await new Promise(() => {});
    },
  });
  w.run("6s");`;
const order = ["db 0: loads", "sidecar 0: beside", "migrate 200: migrates", "server 300: serves"];
const started = (outcome: RunOutcome, fromMs = 0): string[] =>
  lines(outcome)
    .map((line) => /^shop\/(\w+) at (\d+)ms: (\w+)$/.exec(line))
    .filter((match) => match !== null && Number(match[2]) >= fromMs)
    .map((match) => `${match?.[1]} ${Number(match?.[2]) - fromMs}: ${match?.[3]}`);

describe("several programs of a host start", () => {
  it("when those that they wait for have started, listen or have exited", async () => {
    const outcome = await run(shop);
    expect(checks(outcome)).toEqual([]);
    expect(started(outcome)).toEqual(order);
  });

  it("in the same order again after a crash, whether the machine or only its processes died", async () => {
    for (const how of ["process", "machine"] as const) {
      const outcome = await run(shop, [crash("shop", how)]);
      expect(checks(outcome)).toEqual([]);
      expect(started(outcome, 2000)).toEqual(order);
    }
  });

  it("with arguments and an environment of their own beside those of the host", async () => {
    const outcome = await run(`
      w.hosts("node", 2, {
        db: () => void createServer(() => {}).listen(6379),
        app: {
          program: async ({ host, index }) => {
            await new Promise((done, fail) => connect(6379, "localhost", done).on("error", fail));
            console.log(host, index, process.env.A, process.env.B, process.argv.slice(2).join(), process.cwd());
          },
          after: { db: "listening" },
          env: (host) => ({ B: host }),
          argv: ["-v"],
        },
      }, { env: { A: "1", B: "2" }, cwd: "/tmp" });
      w.run("1s");`);
    expect(checks(outcome)).toEqual([]);
    const told = lines(outcome).filter((line) => line.includes("/app"));
    expect(told).toContain("node-2/app at 0ms: node-2 1 1 node-2 -v /tmp");
  });

  it("never, and that is a hang, where what they wait for does not come", async () => {
    const outcome = await run(`
      w.host("a", {
        db: () => void setInterval(() => {}, 1000),
        server: { program: () => {}, after: { db: "listening" } },
      });
      w.run("3s");`);
    expect(checks(outcome)).toEqual(["no hangs"]);
    expect(outcome.violations[0]?.evidence.summary).toBe(
      "a/server is not started: it waits for db to listen, at 3s still",
    );
  });
});

describe("a program that ends is started again", () => {
  const ending = (code: number, options: string): string => `
    w.host("a", { idle: () => void setInterval(() => {}, 1000), job: {
      program: async ({ sleep }) => { console.log("begins"); await sleep(300); process.exit(${code}); },
      ${options}
    } });
    w.tolerate("exits");
    w.run("1s");`;
  const begins = async (code: number, options: string): Promise<string[]> =>
    lines(await run(ending(code, options))).filter((line) => line.endsWith("begins"));
  const once = ["a/job at 0ms: begins"];
  const again = [...once, "a/job at 400ms: begins", "a/job at 800ms: begins"];

  it("after a failure, always or never, as its policy says", async () => {
    expect(await begins(0, 'restart: "on-failure"')).toEqual(once);
    expect(await begins(3, 'restart: "on-failure"')).toEqual(again);
    expect(await begins(0, 'restart: "always"')).toEqual(again);
    expect(await begins(3, 'restart: "never"')).toEqual(once);
    expect(await begins(3, "")).toEqual(once);
  });

  it("after its delay", async () => {
    const later = [...once, "a/job at 900ms: begins"];
    expect(await begins(3, 'restart: "on-failure", restartDelay: "600ms"')).toEqual(later);
    expect(await begins(0, 'restart: "600ms"')).toEqual(later);
  });

  it("without the children that it left behind", async () => {
    const outcome = await run(`
      w.host("a", async ({ sleep }) => {
        const { spawn } = await import("node:child_process");
        spawn(process.execPath, ["-e", "require('net').createServer().listen(80)"], { stdio: "inherit" }).unref();
        await sleep(300);
        process.exit(0);
      }, { restart: "always" });
      w.run("1s");`);
    // A child that still held the port would make the next one fail.
    expect(checks(outcome)).toEqual([]);
  });

  it("until a crash, after which all of them begin anew, once", async () => {
    const body = ending(3, 'restart: "on-failure", restartDelay: "1500ms"').replace(/"1s"/, '"9s"');
    const told = lines(await run(body, [crash("a", "machine")])).filter((l) =>
      l.endsWith("begins"),
    );
    expect(told.slice(0, 3)).toEqual([
      ...once,
      "a/job at 2000ms: begins",
      "a/job at 3800ms: begins",
    ]);
  });

  it("until a migration that failed has passed, and then the server comes", async () => {
    const outcome = await run(`
      w.host("a", {
        migrate: {
          program: () => new Promise((done) => connect(80, "b").on("error", () => process.exit(1)).on("connect", done)),
          restart: "on-failure",
        },
        server: { program: () => console.log("serves"), after: { migrate: "exited" } },
      });
      w.host("b", async ({ sleep }) => { await sleep(250); createServer((s) => s.destroy()).listen(80); });
      w.tolerate("exits");
      w.run("3s");`);
    expect(checks(outcome)).toEqual([]);
    expect(lines(outcome).filter((line) => line.includes("serves"))).toHaveLength(1);
  });
});

describe("what is judged and told", () => {
  it("exit code 0 is an end, another one is a failure by the program's name", async () => {
    const outcome = await run(`
      w.host("a", {
        good: async ({ sleep }) => { await sleep(500); process.exit(0); },
        bad: async ({ sleep }) => { await sleep(500); console.log("no disk"); process.exit(4); },
        worse: async ({ sleep }) => { await sleep(500); process.exit(4); },
      }, { restart: "on-failure" });
      w.run("1s");`);
    expect(checks(outcome)).toEqual(["no failed exits", "no failed exits"]);
    const [bad, worse] = outcome.violations;
    expect(bad?.evidence.summary).toBe("a/bad ends with exit code 4 at 500ms");
    expect(bad?.story.lines.map(({ who, text }) => `${who}: ${text}`)).toEqual([
      "a/bad: exit code 4\n| no disk",
    ]);
    expect(worse?.evidence.summary).toBe("a/worse ends with exit code 4 at 500ms");
    expect(bad?.causes).not.toEqual(worse?.causes);
  });

  it("operations, assertions and exceptions are a program's own, and one death ends no other", async () => {
    const body = `
      w.host("a", {
        one: async ({ op, sleep }) => { await op("f", () => sleep(500)).catch(() => {}); },
        two: async ({ op, sleep }) => {
          void op("g", () => sleep(900));
          await sleep(100);
          throw new Error("boom");
        },
        three: async ({ always, sleep }) => { await sleep(200); always("it holds", false); },
      });
      w.run("3s");`;
    const outcome = await runDescribed(body);
    expect(outcome.violations.map(({ evidence }) => evidence.summary)).toEqual([
      "a/two dies of Error: boom at 100ms",
      '"it holds" must always be true, and is not at 200ms',
    ]);
    expect(outcome.violations[1]?.story.lines[0]?.who).toBe("a/three");
    const { operations } = outcome.history;
    expect(operations.map(({ process, f, outcome }) => `${process} ${f} ${outcome}`)).toEqual([
      "a/one f ok",
      "a/two g info",
    ]);
  });

  it("a pause stops all of them, and what hangs is told by name", async () => {
    const pause: Fault = {
      kind: "pause",
      targets: ["a"],
      startNs: 1e9,
      durationNs: 1e9,
      params: {},
    };
    const tick = "async ({ sleep }) => { for (;;) { await sleep(400); console.log('tick'); } }";
    const outcome = await run(
      `w.host("a", { x: ${tick}, y: ${tick}, z: ({ op }) => { setInterval(() => {}, 100); return op("ask", () => new Promise(() => {})); } });
      w.run("6s");`,
      [pause],
    );
    const ticks = lines(outcome).filter((line) => line.endsWith("tick"));
    expect(ticks.slice(0, 5)).toEqual([
      "a/x at 400ms: tick",
      "a/y at 400ms: tick",
      "a/x at 800ms: tick",
      "a/y at 800ms: tick",
      "a/x at 2000ms: tick",
    ]);
    expect(checks(outcome)).toEqual(["no hangs"]);
    expect(outcome.violations[0]?.evidence.summary).toMatch(/^a\/z's ask got no answer/);
  });

  it("a program that fails in its first turn is a mistake, by its name, even if it starts late", async () => {
    const late = (first: string): Promise<RunOutcome> =>
      run(`w.host("a", {
        db: async ({ sleep }) => { await sleep(100); createServer(() => {}).listen(80); },
        server: { program: () => { ${first} }, after: { db: "listening" } },
      }); w.run("1s");`);
    await expect(late('throw new Error("no url")')).rejects.toThrow(
      "a/server: its program throws as soon as it is started: Error: no url",
    );
    await expect(late("process.exit(2)")).rejects.toThrow(
      "a/server: its program ends as soon as it is started, with exit code 2",
    );
  });

  it("a run is the same again", async () => {
    const loaded = [
      await run(shop, [crash("shop", "process")]),
      await run(shop, [crash("shop", "process")]),
    ];
    expect(loaded[0]?.fingerprint).toBe(loaded[1]?.fingerprint);
  });
});

describe("refused is", () => {
  const cases: [string, string, RegExp][] = [
    ["a list", "[() => {}]", /host "a": a list is not a program/],
    ["nothing", "{}", /host "a": it has no program/],
    ["a name that is none", '{ "2": () => {} }', /"2" cannot be a program's name/],
    ["an unknown option", "{ x: { program: () => {}, depends_on: [] } }", /no option "depends_on"/],
    ["what is no program", "{ x: { program: 7 } }", /host "a": x: 7 is not a program/],
    ["a block's maker", "{ x: redis }", /x: redis is not a program, it makes one/],
    [
      "an unknown program",
      '{ x: { program: () => {}, after: { y: "started" } } }',
      /no program "y"/,
    ],
    [
      "an unknown condition",
      '{ x: () => {}, y: { program: () => {}, after: { x: "healthy" } } }',
      /x: "healthy" is none of "started"/,
    ],
    ["a bare name", '{ x: () => {}, y: { program: () => {}, after: "x" } }', /y: after is "x"/],
    [
      "a circle",
      '{ x: { program: () => {}, after: { y: "started" } }, y: { program: () => {}, after: { x: "started" } } }',
      /wait for each other: x -> y -> x/,
    ],
    [
      "an unknown policy",
      '{ x: { program: () => {}, restart: "on-abort" } }',
      /restart is "on-abort"/,
    ],
    [
      "a delay of nothing",
      '{ x: { program: () => {}, restartDelay: "1s" } }',
      /restartDelay is said/,
    ],
  ];
  it.each(cases)("%s", async (_, programs, message) => {
    await expect(described(`w.host("a", ${programs}); w.run("1s");`)).rejects.toThrow(message);
  });

  it("argv for all of them", async () => {
    const body = 'w.host("a", { x: () => {} }, { argv: ["-v"] }); w.run("1s");';
    await expect(described(body)).rejects.toThrow(/argv belongs to one program/);
  });
});
