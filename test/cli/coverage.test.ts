/** What was not judged is not green on the command line: it is refused, told, or an error with --strict. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Lightcone } from "./lightcone.ts";

const lightcone = new Lightcone();

/** A world file whose description is `body`. */
function world(name: string, body: string): string {
  const path = join(lightcone.cwd, `${name}.world.ts`);
  const imports = 'import { world } from "lightcone"; import { mutex } from "lightcone/check";';
  writeFileSync(path, `${imports}\nexport default world("a test", (w) => {\n${body}\n});\n`);
  return path;
}

const otherWords = world(
  "other-words",
  `w.hosts("client", 2, async ({ op, sleep }) => {
    for (;;) {
      await op("take", "job", () => {});
      await sleep(50);
    }
  });
  w.check(mutex());
  w.run("2s");`,
);

/** Nothing can be recorded while its host is down, as it is from the first milliseconds of each run on. */
const kept = world(
  "kept",
  `const host = w.host("client", async ({ op, sleep }) => {
    await sleep("1s");
    for (;;) {
      await op("acquire", "job", () => {});
      await op("release", "job", () => {});
      await sleep(100);
    }
  });
  w.faults(w.crash(host, { every: "1ms..2ms", lasts: "5s..6s" }));
  w.check(mutex());
  w.run("3s", { calm: 0 });`,
);

const lacking = world(
  "lacking",
  `w.host("client", async ({ op, always, sometimes, sleep }) => {
    await op("f", () => {});
    if (Date.now() < 0) always("never reached", false);
    if (Date.now() < 0) sometimes("never asked", true);
    await sleep("1h");
  });
  w.faults(w.pause());
  w.run("3s");`,
);

describe("a check that judged nothing", () => {
  it.each([
    [["run", otherWords], "this run"],
    [["explore", otherWords, "--runs", "3", "--jobs", "1"], "3 runs"],
  ])("is refused by name: %j", async (args, runs) => {
    const { code, stdout, stderr } = await lightcone.run(...args);
    expect(stderr).toMatch(
      new RegExp(
        `^lightcone: the check "mutex" judged nothing in ${runs}: it looks for acquire or lock, and there is take \\(\\d+\\)\n  Record these`,
      ),
    );
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("is an object with --json", async () => {
    const { code, stdout } = await lightcone.run("run", otherWords, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "LC_NOTHING_JUDGED" } });
    expect(code).toBe(2);
  });

  it("is undecided, not refused, where faults alone left it nothing", async () => {
    const said = 'the check "mutex" judged nothing in';
    const many = await lightcone.run("explore", kept, "--runs", "3", "--json");
    expect(many.stderr).toBe(`lightcone: ${said} 3 runs: there are no operations\n`);
    expect(JSON.parse(many.stdout.split("\n")[0] as string)).toMatchObject({
      verdict: "unknown",
      idle: [{ check: "mutex", looksFor: ["acquire", "lock"] }],
    });
    expect(many.code).toBe(0);
    const one = await lightcone.run("run", kept);
    expect(one.stdout).toMatch(/^\? a test/);
    expect(one.stdout).toContain(`${said} this run: there are no operations`);
    expect(one.code).toBe(0);
    expect((await lightcone.run("run", kept, "--strict")).code).toBe(1);
  });
});

describe("what was not reached", () => {
  const told = [
    /never reached in \w+ run: always never reached \(.*lacking\.world\.ts:5\)/,
    /never reached in \w+ run: sometimes never asked \(.*lacking\.world\.ts:6\)/,
    /recorded nothing in the calm of \w+ run: client/,
  ];

  it.each([["run"], ["explore"]])("is told by %s, and an error with --strict", async (command) => {
    const args = [command, lacking, ...(command === "explore" ? ["--runs", "2"] : [])];
    const { code, stdout } = await lightcone.run(...args);
    for (const sentence of told) expect(stdout).toMatch(sentence);
    expect(code).toBe(0);
    const strict = await lightcone.run(...args, "--strict", "--json");
    const where = command === "run" ? strict.stdout : strict.stderr;
    for (const sentence of told) expect(where).toMatch(sentence);
    expect(strict.code).toBe(1);
  });
});

describe("a campaign that goes on after a violation", () => {
  it("says how many of its runs were violated", async () => {
    const path = world(
      "half",
      `w.host("a", ({ random, always }) => always("small", random() < 0.5));
      w.run("1s");`,
    );
    const { stdout } = await lightcone.run("explore", path, "--seed", "1", "--runs", "20", "--all");
    const [, violated] = /explored 20 runs · (\d+) violated/.exec(stdout) ?? [];
    expect(Number(violated)).toBeGreaterThan(3);
    expect(Number(violated)).toBeLessThan(17);
  });
});

describe("what a world file prints", () => {
  const path = world(
    "prints",
    `console.log("described");
    w.host("a", ({ op }) => op("f", () => {}));
    w.check({ name: "mine", judge: ({ seed }) => { console.log("judged", seed); return true; } });
    w.run("1s");`,
  );

  it.each([
    [["run", path], "described\njudged 1\n"],
    [
      ["explore", path, "--seed", "1", "--runs", "2", "--jobs", "1"],
      "described\njudged 1\njudged 2\n",
    ],
    [["run", path, "--json"], "described\njudged 1\n"],
  ])("is shown beside the verdict: %j", async (args, printed) => {
    const { code, stderr } = await lightcone.run(...args);
    expect(stderr).toBe(printed);
    expect(code).toBe(0);
  });
});
