/** The front door, as a user meets it: run, explore, replay, and how each says that something is wrong. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTrace } from "../../src/explore/trace-file.ts";
import { ended, Lightcone } from "./lightcone.ts";

const lightcone = new Lightcone();
const lock = lightcone.world("lock");

/** Figures of real time, which differ from run to run. */
const steady = (text: string): string =>
  text.replace(/[\d.,]+ (runs\/s|simulated s\/s)/g, "N $1").replace(/\d+\.\d+s($| )/gm, "Ns$1");

describe("lightcone run", () => {
  it("tells that a world held, with its fingerprint, the same every time", async () => {
    const first = await lightcone.run("run", lock, "--seed", "7", "--no-faults", "--json");
    const again = await lightcone.run("run", lock, "--seed", "0x7", "--no-faults", "--json");
    expect(first.code).toBe(0);
    expect(first.stdout).toBe(again.stdout);
    expect(JSON.parse(first.stdout)).toMatchObject({
      seed: 7,
      verdict: "held",
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      events: expect.any(Number),
      violations: [],
    });
  });

  it("verifies that a used and a fresh process give the same run", async () => {
    const { code, stdout } = await lightcone.run("run", lock, "--verify", "--no-faults");
    expect(stdout).toContain("the same in a used and in a fresh process");
    expect(code).toBe(0);
  });

  it("is the same run whatever language its user speaks", async () => {
    for (const language of ["de_DE.UTF-8", "tr_TR.UTF-8"]) {
      const child = lightcone.start(["run", lightcone.world("speaks")], { LC_ALL: language });
      expect(await ended(child)).toMatchObject({ code: 0, stderr: "" });
    }
  });

  it("prints what happened and writes every event with --trace, without changing the run", async () => {
    const { stdout } = await lightcone.run("run", lock, "--seed", "3", "--trace");
    const plain = await lightcone.run("run", lock, "--seed", "3", "--json");
    const { fingerprint } = JSON.parse(plain.stdout) as { fingerprint: string };
    expect(stdout).toContain(`fingerprint ${fingerprint}`);
    expect(stdout).toMatch(/worker-1 {2}acquire job …/);
    expect(readdirSync(join(lightcone.cwd, ".lightcone"))).toContain("lock-3.trace");
  });

  it("names what a world file looks for in its environment in vain, once", async () => {
    const path = join(lightcone.cwd, "reads.world.ts");
    writeFileSync(
      path,
      `import { world } from "lightcone";
      const count = Number(process.env.COUNT ?? 1);
      export default world("a name", (w) => { w.hosts("a", count, () => {}); w.run("1s"); });\n`,
    );
    const { stderr } = await ended(lightcone.start(["run", path, "--seed", "1"], { COUNT: "3" }));
    expect(stderr).toMatch(
      /^lightcone: reads\.world\.ts reads COUNT from process\.env, which is not set there: .*\n$/,
    );
  });

  it("tells of assertions that are not so", async () => {
    const { code, stdout } = await lightcone.run("run", lightcone.world("assertions"), "--json");
    const { violations } = JSON.parse(stdout) as { violations: { check: string }[] };
    expect(violations.map(({ check }) => check)).toEqual([
      "always: the queue is bounded",
      "eventually: everyone agrees",
    ]);
    expect(code).toBe(1);
  });
});

describe("lightcone explore", () => {
  it("finds, shrinks and tells a violation, and writes the file that replays it", async () => {
    const args = ["--seed", "1", "--jobs", "2", "--shrink-for", "1h"];
    const found = await lightcone.run("explore", lock, ...args);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^✗ one holder at a time +seed 0x\w+ · \d+ faults?, 1 after/);
    expect(found.stdout).toMatch(/ fault +lock (?:crashes|loses power)/);
    expect(found.stdout).toMatch(/worker-1 +acquire job -> held/);
    expect(found.stdout).toMatch(/worker-2 +acquire job -> held/);
    expect(found.stdout).toMatch(/two holders of job from [\d.]+m?s to [\d.]+m?s {2}\(mutex\)/);
    const [, file = ""] = /replay {2}npx lightcone replay (\S+)/.exec(found.stdout) ?? [];
    const [, report = ""] = /report {2}(\S+\.html)/.exec(found.stdout) ?? [];
    const page = readFileSync(join(lightcone.cwd, report), "utf8");
    expect(page).toMatch(/<title>✗ two holders of job from /);
    // It brings a run that holds, to compare with.
    expect(page).toContain('"neighbour":"the same seed without: lock ');
    expect(page).toContain('<template id="lightcone-neighbour"');
    // The page knows the faults before shrinking; a replay, which does not, leaves them as they were.
    const { faultsBefore } =
      readTrace(join(lightcone.cwd, report.replace("html", "trace"))).meta ?? {};
    const [, count] = /(\d+) faults?, 1 after/.exec(found.stdout) ?? [];
    expect(faultsBefore?.length).toBe(Number(count));
    // The world lies in another project than the one that is worked in: it has to be named.
    expect(found.stdout).toContain(`npx lightcone replay ${file} --world ${lock}\n`);
    const unnamed = await lightcone.run("replay", file);
    expect(unnamed.stderr).toContain(`names a world outside of its project: ${lock}`);
    expect(unnamed.code).toBe(2);

    const again = await lightcone.run("replay", file, "--world", lock);
    expect(again.code).toBe(1);
    const story = (text: string): string[] => text.split("\n").filter((line) => /^ +\d/.test(line));
    expect(story(again.stdout)).toEqual(story(found.stdout));
    expect(again.stdout).toMatch(/the same run, to the last of [\d,]+ events/);
    expect(again.stdout).toContain(`report  ${report}`);
    // The same run in the terminal: a lane for each host, what happened in between, and the story.
    const drawn = await lightcone.run("replay", file, "--world", lock, "--timeline", "--ascii");
    expect(drawn.code).toBe(1);
    const [timeline = ""] = drawn.stdout.split("✗");
    expect(timeline).toMatch(/^ +lock\n +\| +worker-1\n +\| +\| +worker-2\n/);
    // A message from a worker to the lock, and its answer.
    expect(timeline).toMatch(/<-+\* .*worker-\d -> .*acquire worker-\d\n/);
    expect(timeline).toMatch(/\*-+> .*lock -> .*yes\n/);
    expect(timeline).toMatch(/fault +lock (?:crashes|loses power)/);
    expect(timeline).toMatch(/acquire job -> held +<- here it shows/);
    expect(timeline).toMatch(/^[\x20-\x7e\n]*$/);
    expect(story(drawn.stdout).length).toBeGreaterThan(story(found.stdout).length);
    const { meta } = readTrace(join(lightcone.cwd, report.replace("html", "trace")));
    expect(meta?.faultsBefore).toEqual(faultsBefore);

    const replay = JSON.parse(readFileSync(join(lightcone.cwd, file), "utf8")) as {
      seed: number;
      code: string;
      fingerprint: string;
      schedule: unknown[];
    };
    // The same faults as text, and a mistake in it.
    const faults = join(lightcone.cwd, file.replace(".json", ".faults"));
    const taken = ["run", lock, "--seed", String(replay.seed), "--schedule", faults];
    expect((await lightcone.run(...taken)).stdout).toContain(replay.fingerprint);
    writeFileSync(faults, readFileSync(faults, "utf8").replace("  lock ", "  block "));
    const mistaken = await lightcone.run(...taken);
    expect(mistaken.stderr).toMatch(/lock-\w+\.faults:3:\d+: there is no host "block"/);
    expect(mistaken.code).toBe(2);
    const changed = join(lightcone.cwd, ".lightcone", "changed.json");
    writeFileSync(changed, JSON.stringify({ ...replay, code: "0123" }));
    const other = await lightcone.run("replay", changed, "--world", lock);
    expect(other.stdout).toContain("the code has changed since, yet it is the same run");
    expect(other.code).toBe(1);

    writeFileSync(changed, JSON.stringify({ ...replay, code: "0123", schedule: [] }));
    const gone = await lightcone.run("replay", changed, "--world", lock);
    expect(gone.stdout).toContain("the violation is gone");
    expect(gone.stdout).toContain("the code has changed since, and it is another run");
    expect(gone.code).toBe(0);

    writeFileSync(changed, JSON.stringify({ ...replay, lightcone: "0.0.1", fingerprint: "0123" }));
    const older = await lightcone.run("replay", changed, "--world", lock);
    expect(older.stdout).toMatch(
      /Lightcone has changed since \(it was 0\.0\.1, this is [\d.]+\), and it is another run/,
    );
    expect(older.code).toBe(1);

    writeFileSync(changed, JSON.stringify({ ...replay, code: "0123", name: "of old" }));
    const renamed = await lightcone.run("replay", changed, "--world", lock);
    expect(renamed.stdout).toContain('this is another world (it was "of old")');

    writeFileSync(changed, JSON.stringify({ ...replay, fingerprint: "0123" }));
    const diverged = await lightcone.run("replay", changed, "--world", lock);
    expect(diverged.stderr).toContain("the code is the same, and the run is not");
    expect(diverged.code).toBe(2);
  });

  it("holds without the faults, in the same fingerprints by any number of processes", async () => {
    const args = ["explore", lock, "--seed", "5", "--runs", "12", "--no-faults"];
    const alone = await lightcone.run(...args, "--jobs", "1", "--json");
    const beside = await lightcone.run(...args, "--jobs", "3", "--json");
    expect(alone.code).toBe(0);
    expect(alone.stdout.trim().split("\n")).toHaveLength(12);
    expect(beside.stdout).toBe(alone.stdout);
    const told = await lightcone.run(...args, "--jobs", "2");
    expect(steady(told.stdout)).toMatchInlineSnapshot(`
      "✓ one holder at a time  seeds 0x5 to 0x10
        explored 12 runs · 1 of them twice, the same to the last event · N runs/s · N simulated s/s · 0 faults injected · Ns
      "
    `);
  });

  it("says which `sometimes` was never so", async () => {
    const world = lightcone.world("assertions");
    const { stdout } = await lightcone.run("explore", world, "--runs", "3", "--all", "--no-shrink");
    expect(stdout).toContain("never true in any run: sometimes a retry happens");
    expect(stdout).not.toContain("sometimes a request happens");
  });

  it("ends cleanly on Ctrl-C, with what was found", async () => {
    const child = lightcone.start(["explore", lock, "--no-faults", "--for", "10h", "--jobs", "1"]);
    const end = ended(child);
    // It tells of progress when it has made some.
    await new Promise((progress) => child.stderr?.once("data", progress));
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect(stdout).toMatch(/✓ one holder at a time .*interrupted/);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });

  it("does not mind that nobody reads to the end", async () => {
    const child = lightcone.start(["explore", lock, "--no-faults", "--runs", "20", "--json"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { stderr } = await ended(child);
    expect(stderr).toBe("");
  });
});

describe("bad input gets one clear message, and no stack trace", () => {
  const bad = (name: string): string => lightcone.world(`bad/${name}`);
  const cases: [string, string[], RegExp][] = [
    ["no such world", ["run", "nowhere.world.ts"], /there is no world file nowhere/],
    ["a world file that exports nothing", ["run", bad("exports-nothing")], /no default export/],
    ["one that exports something else", ["run", bad("exports-object")], /an object, not a world/],
    [
      "one that throws",
      ["run", bad("throws-as-read")],
      /throws as it is read: TypeError.*\n.*:3:3/,
    ],
    ["an unknown host", ["run", bad("unknown-host")], /w\.crash: there is no host "b-1"/],
    ["zero hosts", ["run", bad("zero-hosts")], /the count must be/],
    ["a program that is not there", ["run", bad("no-program")], /no program \.\/server\.ts/],
    [
      "a program that throws at start",
      ["run", bad("throws-at-start")],
      /throws as soon as.*\n.*throws-at-start\.world\.ts:\d+:7/,
    ],
    ["a program that exits", ["run", bad("exits")], /ends as soon as.*exit code 3/],
    ["a program that never yields", ["run", bad("loops")], /worker-2 has been computing.*\n.*:3:3/],
    ["the same in a campaign", ["explore", bad("loops")], /worker-2 has been computing/],
    [
      "a loop of microtasks",
      ["run", bad("loops-in-microtasks")],
      /a has been computing.*\n.*loops-in-microtasks\.world\.ts:4:\d+\.$/m,
    ],
    [
      "a loop of ticks",
      ["run", bad("loops-in-ticks")],
      /a has been computing.*\n.*loops-in-ticks\.world\.ts:4:\d+\.$/m,
    ],
    [
      "a program that takes ever more memory",
      ["run", bad("hoards")],
      /has taken \d\.\d GB of memory, more than it may; a was running at .*\n.*hoards/,
    ],
    ["a program that kills itself", ["run", bad("kills-itself")], /ends as soon as.*SIGABRT/],
    ["a world file that exits", ["run", bad("exits-as-read")], /ends its process as it is read/],
    [
      "a check that says too little",
      ["run", bad("check-says-little")],
      /the check "mine" answers \{"result":"violated"\}/,
    ],
    [
      "a description that changes",
      ["run", bad("changes")],
      /host\d+-1: the world has no such host any more/,
    ],
    [
      "a program that asks for what cannot be",
      ["run", bad("sleeps-backwards")],
      /^lightcone: a: sleep: -1 is not a duration \(at .*sleeps-backwards\.world\.ts:5:\d+\)\n/,
    ],
    ["a folder", ["run", "."], /\. is not a file/],
    ["an option without its value", ["run", lock, "--seed", "--verify"], /--seed wants a value/],
    ["half a seed", ["run", lock, "--seed", "1.5"], /"1\.5" is not a whole number/],
    ["a seed that is too large", ["run", lock, "--seed", "99999999999999999999"], /below 2\^53/],
    ["far too many processes", ["explore", lock, "--jobs", "100000"], /from 1 to 512/],
    ["no time at all", ["explore", lock, "--for", "0s"], /leaves no time at all/],
    ["a time without a unit", ["explore", lock, "--for", "10"], /--for: 10 has no unit\n.*10s/],
    ["a time in two parts", ["explore", lock, "--for", "1..2"], /"1\.\.2" is not a duration/],
    ["two files to write", ["init", "a.ts", "b.ts"], /one file at a time, not also b\.ts/],
    ["a file in no folder", ["init", "nowhere/a.ts"], /nowhere\/a\.ts: no such file or directory/],
    ["a replay that is a folder", ["replay", "."], /\. is a folder/],
    ["an unknown option", ["run", lock, "--sed", "1"], /Unknown option '--sed'/],
    ["a seed that is none", ["run", lock, "--seed", "-1"], /--seed|option/],
    ["runs that are none", ["explore", lock, "--runs", "many"], /not a whole number/],
    ["a time that is none", ["explore", lock, "--for", "ever"], /"ever" is not a duration/],
    ["no world at all", ["explore"], /which world/],
    ["two worlds", ["run", lock, lock], /one world at a time/],
    ["an unknown command", ["fly"], /no command "fly"/],
    ["no such replay", ["replay", "nothing.json"], /there is no file nothing\.json/],
  ];
  it.concurrent.each(cases)("%s", async (_, args, message) => {
    // A program that never yields is given ten seconds to think better of it; here, two. One that takes memory
    // has all the time that a slow machine needs for that.
    const hoards = args.includes(bad("hoards"));
    const child = lightcone.start(args, {
      LIGHTCONE_STALL_MS: hoards ? "60000" : "2000",
      LIGHTCONE_MEMORY_MB: "600",
    });
    const { code, stdout, stderr } = await ended(child);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(2);
    expect(stderr).not.toMatch(/^\s+at .*\(/m);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("a world file that does not compile, with file and line", async () => {
    const path = join(lightcone.cwd, "broken.world.ts");
    writeFileSync(
      path,
      'import { world } from "lightcone";\nexport default world("x", (w) => { w. });\n',
    );
    const { code, stderr } = await lightcone.run("run", path);
    expect(stderr).toMatch(/broken\.world\.ts:2:\d+: /);
    expect(code).toBe(2);
  });

  it("replay files that are damaged", async () => {
    const path = join(lightcone.cwd, "damaged.json");
    const whole = {
      lightconeReplay: 1,
      lightcone: "0.0.1",
      node: "v20.0.0",
      world: "x.ts",
      name: "x",
      seed: 1,
      schedule: [],
      faultsBefore: 0,
      fingerprint: "0",
      events: 1,
      code: "0",
    };
    const crash = { kind: "crash", targets: ["a"], startNs: 0, durationNs: 1, params: {} };
    const links = { from: ["a"], to: ["b"], both: true };
    const cases: [object | string, RegExp][] = [
      ["", /not a replay file: it is not JSON/],
      [JSON.stringify(whole, null, 2).slice(0, 90), /it is cut off or damaged/],
      [{}, /not a replay file/],
      [{ ...whole, lightconeReplay: 9 }, /format 9/],
      [{ ...whole, seed: "one" }, /has no seed/],
      [{ ...whole, schedule: [{ kind: "no such" }] }, /fault 1 .*"no such"/],
      [{ ...whole, schedule: [{ ...crash, targets: [7] }] }, /fault 1 .* has no targets/],
      [{ ...whole, schedule: [crash] }, /fault 1 .* has parameters that are not of its kind/],
      [{ ...whole, schedule: [{ ...crash, kind: "partition" }] }, /not of its kind/],
      [
        { ...whole, schedule: [{ ...crash, kind: "loss", params: { ...links, probability: 7 } }] },
        /not of its kind/,
      ],
      [{ ...whole, unstarted: "a" }, /does not say properly which hosts are not started/],
      [{ ...whole, finding: { key: "x" } }, /does not say properly what is known/],
      [{ ...whole, events: "many" }, /does not say how many events/],
      [{ ...whole, lightcone: undefined }, /does not say its lightcone/],
      [whole, /about the world x\.ts, which is not there/],
      [{ ...whole, world: "../x.ts" }, /names a world outside of its project: .*x\.ts/],
      [{ ...whole, world: "/etc/hosts" }, /names a world outside of its project: \/etc\/hosts/],
      [{ ...whole, world: "a/../../x.ts" }, /names a world outside of its project/],
    ];
    for (const [content, message] of cases) {
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      const { code, stderr } = await lightcone.run("replay", path);
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    }
  });

  it("a program that throws later is no bad input: it is a violation", async () => {
    const { code, stdout } = await lightcone.run("run", bad("throws-later"));
    expect(stdout).toMatch(
      /1\.500s {2}a-1 {2}TypeError: .*'boom'\)\n.*throws-later\.world\.ts:\d+:7/,
    );
    expect(stdout).toContain("(no uncaught exceptions)");
    expect(code).toBe(1);
  });
});

describe("lightcone init", () => {
  it("writes a world that runs, and whose bug a few runs find", async () => {
    const made = await lightcone.run("init", "first.world.ts");
    expect(made.stdout).toContain("npx lightcone explore first.world.ts");
    const held = await lightcone.run("run", "first.world.ts", "--no-faults");
    expect(held.code).toBe(0);
    // About one run in three is violated: forty that all hold would mean that the bug is hidden again.
    const found = await lightcone.run("explore", "first.world.ts", "--runs", "40", "--no-shrink");
    expect(found.stdout).toContain("two holders of job");
    expect(found.code).toBe(1);
    const again = await lightcone.run("init", "first.world.ts");
    expect(again.stderr).toContain("is there already");
    expect(again.code).toBe(2);
  });
});

describe("a world that is not the same twice", () => {
  it("is refused by --verify, with the first event that differs and the line it comes from", async () => {
    const { code, stderr } = await lightcone.run("run", lightcone.world("differs"), "--verify");
    expect(stderr).toMatch(/does not give the same run twice: event \d+ is the first that differs/);
    expect(stderr).toMatch(/used process .*invoke on worker-2/);
    expect(stderr).toMatch(/fresh process .*invoke on worker-2/);
    expect(stderr).toMatch(/at .*differs\.world\.ts:10:/);
    expect(code).toBe(2);
  });

  it("is found out by a campaign, which runs some runs twice", async () => {
    const { code, stderr } = await lightcone.run("explore", lightcone.world("differs"));
    expect(stderr).toContain("does not give the same run twice");
    expect(code).toBe(2);
  });
});
