/** Work that never ends: which process has hung, which has ended unfinished, and which is as it should be. */
import { describe, expect, it } from "vitest";
import type { RunOutcome } from "../../src/world/outcome.ts";
import { beside, runDescribed } from "./described.ts";

const checks = ({ violations }: RunOutcome): string[] => violations.map(({ check }) => check);
const waits = 'await op("wait", "job", () => new Promise(() => {}));';

describe("a process that ends by itself", () => {
  it("with an operation open is a violation, at once and later", async () => {
    const atOnce = await runDescribed(`w.host("a", async ({ op }) => { ${waits} }); w.run("3s");`);
    expect(checks(atOnce)).toEqual(["no unfinished work"]);
    expect(atOnce.violations[0]?.evidence.summary).toBe(
      "a ends at 0ns while its wait job waits: nothing is left that could go on",
    );
    const later = await runDescribed(
      `w.host("a", async ({ op, sleep }) => { await sleep(500); ${waits} }); w.run("3s");`,
    );
    expect(checks(later)).toEqual(["no unfinished work"]);
    expect(later.violations[0]?.story.lines.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^wait job -> unknown: its process ended/),
      "ends, unfinished: nothing is left that could go on",
    ]);
  });

  it("hangs instead where something keeps it alive: the operation waits through all of the calm", async () => {
    const outcome = await runDescribed(
      `w.host("a", async ({ op }) => { setInterval(() => {}, 100); ${waits} }); w.run("3s");`,
    );
    expect(checks(outcome)).toEqual(["no hangs"]);
  });

  it("is one however the operation was begun", async () => {
    for (const begins of [
      'void op("wait", () => new Promise(() => {}));',
      'void op("wait", () => new Promise(() => {})); await sleep(100); process.exit(0);',
    ]) {
      const outcome = await runDescribed(
        `w.host("a", async ({ op, sleep }) => { ${begins} }); w.run("3s");`,
      );
      expect(checks(outcome)).toEqual(["no unfinished work"]);
    }
  });

  it("before its function has come to its end is one, without any operation", async () => {
    const outcome = await runDescribed(
      'w.host("a", async () => { await new Promise(() => {}); }); w.run("3s");',
    );
    expect(checks(outcome)).toEqual(["no unfinished work"]);
    expect(outcome.violations[0]?.evidence.summary).toBe(
      "a ends at 0ns before its program has come to its end: nothing is left that could go on",
    );
  });

  it("is one when it is a program of its own that awaits at its top level, as code 13 says in Node", async () => {
    beside("stuck.mjs", "await new Promise(() => {});\n");
    const outcome = await runDescribed('w.host("a", "./stuck.mjs"); w.run("3s");');
    expect(checks(outcome)).toEqual(["no unfinished work"]);
  });

  it("is one when it is a child of another", async () => {
    beside(
      "child.mjs",
      'import { op } from "lightcone/probe"; void op("wait", () => new Promise(() => {}));\n',
    );
    beside("parent.mjs", 'import { fork } from "node:child_process"; fork("./child.mjs");\n');
    const path = beside("where.txt", "").replace(/\/where\.txt$/, "");
    const outcome = await runDescribed(
      `w.host("a", "./parent.mjs", { cwd: ${JSON.stringify(path)} }); w.run("3s");`,
    );
    expect(checks(outcome)).toEqual(["no unfinished work"]);
  });

  it("is one when it is a child that awaits at its top level, without any operation", async () => {
    const cwd = beside("where.txt", "").replace(/\/where\.txt$/, "");
    beside(
      "stuck-child.mjs",
      "await new Promise((done) => setTimeout(done, 200)); await new Promise(() => {});",
    );
    beside(
      "ended-child.mjs",
      "await new Promise((done) => setTimeout(done, 200)); process.exitCode = 13;",
    );
    for (const [name, expected] of [
      ["stuck-child.mjs", ["no unfinished work"]],
      ["ended-child.mjs", []],
    ] as const) {
      for (const begins of [
        `const { fork } = await import("node:child_process"); fork("./${name}")`,
        `const { Worker } = await import("node:worker_threads"); new Worker("./${name}")`,
      ]) {
        const { violations } = await runDescribed(
          `w.host("a", async () => { ${begins}.on("exit", (code) => console.log(code)); }, { cwd: ${JSON.stringify(cwd)} }); w.run("3s");`,
        );
        expect([begins, violations.map(({ check }) => check)]).toEqual([begins, expected]);
        if (violations.length > 0)
          expect(violations[0]?.evidence.summary).toMatch(
            /^child process \d+ of a ends at 2\d\d\S*ms before its program has come to its end/,
          );
      }
    }
  });

  it("when its server's crash leaves it nothing to wait for has given up without a word", async () => {
    const body = (handled: string): string => `
      const server = w.host("server", () => void createServer((s) => s.on("error", () => {})).listen(80));
      w.host("client", async ({ op }) => {
        await op("ask", () => new Promise((done, fail) => {
          const socket = connect(80, server);
          socket.on("error", ${handled});
          socket.on("close", ${handled});
        })).catch(() => {});
      });
      w.faults(w.crash(server));
      w.run("6s");`;
    const params = { how: "process" } as const;
    const crash = {
      kind: "crash",
      targets: ["server"],
      startNs: 1e9,
      durationNs: 1e9,
      params,
    } as const;
    const silent = await runDescribed(body("() => {}"), { schedule: [crash] });
    expect(checks(silent)).toEqual(["no unfinished work"]);
    const told = await runDescribed(body("fail"), { schedule: [crash] });
    expect(checks(told)).toEqual([]);
  });
});

describe("innocent are", () => {
  it("a server whose function never returns, since it listens", async () => {
    const outcome = await runDescribed(`
      w.host("a", async () => { createServer(() => {}).listen(80); await new Promise(() => {}); });
      w.host("b", ({ sleep }) => sleep("1h"));
      w.run("3s");`);
    expect(checks(outcome)).toEqual([]);
  });

  it("a client that a fault killed while it waited, and one that exits by itself when it is done", async () => {
    const params = { how: "process" } as const;
    const crash = { kind: "crash", targets: ["a"], startNs: 1e9, durationNs: 1e9, params } as const;
    const outcome = await runDescribed(
      `w.host("a", async ({ op, sleep }) => {
        if (process.uptime() < 0.5) await sleep(10);
        await op("wait", () => sleep("1500ms"));
        process.exit(0);
      });
      w.faults(w.crash("a"));
      w.run("9s");`,
      { schedule: [crash] },
    );
    expect(outcome.history.operations.map(({ outcome }) => outcome)).toEqual(["info", "ok"]);
    expect(checks(outcome)).toEqual([]);
  });

  it("operations that the world calls open-ended", async () => {
    const body = (keeps: string): string => `
      w.host("a", ({ op }) => { ${keeps} void op("subscribe", "news", () => new Promise(() => {})); });
      w.run("3s");`;
    for (const keeps of ["", "setInterval(() => {}, 100);"]) {
      expect(checks(await runDescribed(body(keeps)))).toHaveLength(1);
      expect(checks(await runDescribed(`w.openEnded("subscribe"); ${body(keeps)}`))).toEqual([]);
    }
  });

  it("whatever the world tolerates", async () => {
    const outcome = await runDescribed(
      `w.host("a", async ({ op }) => { ${waits} }); w.tolerate("unfinished"); w.run("3s");`,
    );
    expect(checks(outcome)).toEqual([]);
  });
});

describe("a process that has ended", () => {
  it("records nothing any more, though its catch blocks still run", async () => {
    const outcome = await runDescribed(`
      w.host("api", async ({ op, always }) => {
        for (let at = 0; ; at++) {
          always("it has not ended", at === 0);
          await op("work", async () => process.exit(0)).catch(() => {});
        }
      });
      w.run("1s");`);
    expect(checks(outcome)).toEqual(["no unfinished work"]);
    expect(outcome.operations).toBe(1);
  });
});
