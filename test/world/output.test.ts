/** What programs, descriptions and checks print is there when it is wanted: when something goes wrong. */
import { describe, expect, it } from "vitest";
import { LastLines } from "../../src/world/output.ts";
import { runWorld } from "../../src/world/run.ts";
import { described, runDescribed } from "./described.ts";

describe("a failed start", () => {
  it("tells what the program printed last", async () => {
    const exits = runDescribed(`
      w.host("api", () => {
        console.log("starting");
        console.error("DATABASE_URL is missing");
        process.exit(1);
      });
      w.run("1s");`);
    await expect(exits).rejects.toMatchObject({
      code: "LC_PROGRAM_EXITED",
      hint: "Its last output:\n    starting\n    DATABASE_URL is missing",
    });
  });

  it("tells it of a program that throws, without what Node says of that", async () => {
    const throws = runDescribed(
      'w.host("api", () => { console.log("reading"); throw new Error("no"); }); w.run("1s");',
    );
    await expect(throws).rejects.toMatchObject({
      code: "LC_PROGRAM_THREW",
      hint: expect.stringMatching(/^at .*\n {2}Its last output:\n {4}reading$/) as string,
    });
  });

  it("that comes a little later is a violation, and tells it, too", async () => {
    const { violations } = await runDescribed(`
      w.host("api", async ({ sleep }) => {
        await sleep(20);
        process.stderr.write("no database");
        process.exit(1);
      });
      w.run("1s");`);
    expect(violations[0]?.check).toBe("no failed exits");
    expect(violations[0]?.story.lines[0]?.text).toBe("exit code 1\n| no database");
  });

  it("keeps to the last lines, however much was printed", () => {
    const last = new LastLines();
    for (let line = 0; line < 1_000; line++) last.write(`${line}\nx`);
    last.write("y".repeat(10_000));
    expect(last.lines).toHaveLength(6);
    expect(last.lines[0]).toBe("x995");
    expect(last.lines.every(({ length }) => length <= 300)).toBe(true);
  });
});

describe("the last lines", () => {
  const stack = Array.from({ length: 12 }, (_, n) => `    at step${n} (/app/run.js:${n}:1)`);

  it("have the error's message, however long its stack is", () => {
    const last = new LastLines();
    last.write(["starting", "Error: no such table: users", ...stack, "", "bye", ""].join("\n"));
    const shown = ["starting", "Error: no such table: users", stack[0], stack[1], "bye"];
    expect(last.lines).toEqual(shown);
  });

  it("have it before properties that take all of them, and of the last error only", () => {
    const last = new LastLines();
    const properties = Array.from({ length: 20 }, (_, n) => `  property${n}: undefined,`);
    last.write(["TypeError: an older one", ...stack, "[db] error: relation missing"].join("\n"));
    last.write(["", "  while migrating", ...stack, ...properties, "}", ""].join("\n"));
    expect(last.lines).toEqual(["[db] error: relation missing", ...properties.slice(-4), "}"]);
  });
});

describe("what a description prints", () => {
  it("is there once it is read", async () => {
    const loaded = await described('console.log("hosts:", 1); w.host("a", () => {}); w.run("1s");');
    expect(loaded.takePrinted()).toBe("hosts: 1\n");
    expect(loaded.takePrinted()).toBe("");
  });

  it("is told with what is wrong with it", async () => {
    const wrong = described('console.log("count", 0); w.hosts("a", 0, () => {});');
    await expect(wrong).rejects.toMatchObject({ hint: "Its last output:\n    count 0" });
    const throws = described('console.log("here"); undefined.x; ');
    await expect(throws).rejects.toMatchObject({
      hint: expect.stringMatching(/^at .*\n {2}Its last output:\n {4}here$/) as string,
    });
  });
});

describe("a check", () => {
  it("may print, in every run", async () => {
    const loaded = await described(`
      w.host("a", ({ op }) => op("f", () => {}));
      w.check({ name: "mine", judge: ({ history, seed }) => {
        for (let n = 0; n < 100; n++) console.log(n);
        console.error("seed", seed, history.operations);
        return true;
      } });
      w.run("1s");`);
    for (const seed of [1, 2]) {
      const { printed = "" } = await runWorld(loaded, { seed });
      expect(printed).toMatch(/^0\n1\n/);
      expect(printed).toMatch(new RegExp(`99\nseed ${seed} \\[\n`));
      expect(printed.match(/seed/g)).toHaveLength(1);
    }
  });

  it("that throws is told with its file and line", async () => {
    const run = runDescribed(`
      w.host("a", ({ op }) => op("f", () => {}));
      w.check({ name: "mine", judge: ({ history }) => history.nothing.length === 0 });
      w.run("1s");`);
    await expect(run).rejects.toMatchObject({
      code: "LC_CHECK_THREW",
      message: expect.stringMatching(
        /^the check "mine" throws: TypeError: .*'length'.* \(at .*world\.ts:5:\d+\)+$/,
      ) as string,
    });
  });

  it("that answers a promise is refused", async () => {
    const run = runDescribed(`
      w.host("a", ({ op }) => op("f", () => {}));
      w.check({ name: "mine", judge: async () => true });
      w.run("1s");`);
    await expect(run).rejects.toThrow(/answers a promise, and nobody waits for it/);
  });
});
