/** What goes wrong around the command line while it works; whatever was found by then is told. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { childrenOf, ended, Lightcone, lives, signalTo, until } from "./lightcone.ts";

const lightcone = new Lightcone();
const lock = lightcone.world("lock");
const folder = join(lightcone.cwd, ".lightcone");
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** For programs that never yield, and shall not be ended for it. */
const PATIENT = { LIGHTCONE_STALL_MS: "10000000" };

const isReplay = (name: string): boolean => name.endsWith(".json");

/** The seed of a run of the lock world that is violated. */
const VIOLATED = ["--seed", "1", "--jobs", "2", "--no-shrink"];

describe("a run that cannot be made", () => {
  const world = lightcone.world("one-loops");
  const args = ["explore", world, "--seed", "1", "--jobs", "1", "--all"];
  const env = { LIGHTCONE_STALL_MS: "2000" };

  it("ends a campaign, which tells what it had found, and the seed and the place", async () => {
    const { code, stdout, stderr } = await ended(lightcone.start(args, env));
    expect(stdout).toMatch(/^✗ some runs +seed 0x\w+/);
    expect(stdout).toMatch(/not so: small: \{"drawn":0\.\d+\}/);
    expect(stdout).toContain("never true in any run: sometimes a large number is drawn");
    expect(stderr).toMatch(/^lightcone: seed 0x\w+: a has been computing for .* at 100ms/);
    expect(stderr).toMatch(/It is at .*one-loops\.world\.ts:9:\d+\.\n$/);
    expect(code).toBe(1);
  });

  it("is an object of its own with --json, after the runs before it", async () => {
    const { code, stdout } = await ended(lightcone.start([...args, "--json"], env));
    const told = stdout.trimEnd().split("\n");
    const objects = told.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects.slice(0, -1).every(({ verdict }) => typeof verdict === "string")).toBe(true);
    expect(objects.at(-1)).toMatchObject({ error: { code: "LC_STALLED" } });
    expect(code).toBe(1);
  });
});

describe("with --json", () => {
  it.each([
    [["run", "nowhere.world.ts"], "LC_NO_WORLD"],
    [["explore", lock, "--runs", "many"], "LC_USAGE"],
    [["replay", "nothing.json"], "LC_BAD_REPLAY"],
  ])("what cannot be run is an object, too: %j", async (args, expected) => {
    const { code, stdout, stderr } = await lightcone.run(...args, "--json");
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: expected } });
    expect(stderr).toMatch(/^lightcone: /);
    expect(code).toBe(2);
  });

  it("a `sometimes` that never was counts as it does without", async () => {
    const world = lightcone.world("never-true");
    const told = await lightcone.run("explore", world, "--runs", "3", "--json");
    expect(told.stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(told.stderr).toBe("lightcone: never true in any run: sometimes the moon is full\n");
    expect(told.code).toBe(1);
    expect((await lightcone.run("explore", world, "--runs", "3")).code).toBe(1);
  });
});

describe("a replay file that cannot be written", () => {
  it("does not keep the story from being told", async () => {
    writeFileSync(folder, "in the way");
    const { code, stdout, stderr } = await lightcone.run("explore", lock, ...VIOLATED);
    expect(stdout).toMatch(/two holders of job from/);
    expect(stdout).toMatch(
      /again {2}npx lightcone explore \S+lock\.world\.ts --seed 0x\w+ --runs 1 {2}\(no replay file: .*\.lightcone: file already exists\)/,
    );
    expect(stderr).not.toContain("lightcone:");
    expect(code).toBe(1);
  });

  it("and a trace that cannot, do not change what a run comes to", async () => {
    writeFileSync(folder, "in the way");
    const world = lightcone.world("assertions");
    const { code, stdout, stderr } = await lightcone.run("run", world, "--trace");
    expect(stdout).toMatch(/no replay file: /);
    expect(stderr).toMatch(/^lightcone: .*\.lightcone/);
    expect(code).toBe(1);
    const held = await lightcone.run("run", lock, "--no-faults", "--trace");
    expect(held.code).toBe(2);
  });

  it("leaves the one that was there as it was", async () => {
    await lightcone.run("explore", lock, ...VIOLATED);
    const name = readdirSync(folder).find(isReplay) ?? "";
    const file = join(folder, name);
    const before = readFileSync(file, "utf8");
    // As on a full disk: the new file cannot be completed.
    const child = lightcone.start(["explore", lock, ...VIOLATED], {}, `mkdir '${file}'.$$`);
    const { stdout } = await ended(child);
    expect(stdout).toMatch(/no replay file: /);
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("whoever ends it", () => {
  it("before the first run is told that there is nothing to tell", async () => {
    const world = lightcone.world("bad/loops-in-ticks");
    const child = lightcone.start(["explore", world], PATIENT);
    const end = ended(child);
    await until(() => childrenOf(child.pid).length > 0);
    await wait(500);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await end;
    expect(stderr).toBe("lightcone: interrupted before the first run was over\n");
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("waits for no process that has stopped answering", async () => {
    const args = ["explore", lock, "--no-faults", "--for", "10h", "--jobs", "2", "--json"];
    const child = lightcone.start(args);
    const end = ended(child);
    const firstRun = new Promise((seen) => child.stdout?.once("data", seen));
    await until(() => childrenOf(child.pid).length >= 2);
    await firstRun;
    const [stuck = NaN] = childrenOf(child.pid);
    process.kill(stuck, "SIGSTOP");
    await wait(500);
    child.kill("SIGTERM");
    const { code, stdout, stderr } = await end;
    for (const line of stdout.trimEnd().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ verdict: "held" });
    }
    expect(stderr).toBe("");
    expect(code).toBe(0);
    await until(() => !lives(stuck));
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "while it shrinks, by %s, is told what was found, and that it was not shrunk to the end",
    async (signal) => {
      const world = lightcone.world("hangs-when-calm");
      const child = lightcone.start(["explore", world, "--seed", "3", "--jobs", "1"], PATIENT);
      const end = ended(child);
      await until(() => existsSync(folder) && readdirSync(folder).some(isReplay));
      child.kill(signal);
      const { code, stdout } = await end;
      expect(stdout).toMatch(/\n {2}replay {2}npx lightcone replay \S+ --world \S+\n/);
      expect(stdout).toMatch(
        /\n {2}(?:shrinking was interrupted|interrupted before it was shrunk): some of these faults may not be needed\n/,
      );
      expect(code).toBe(1);
    },
  );

  it("by ending the shell that npm has put between is heard as well", async () => {
    const world = lightcone.world("hangs-when-calm");
    const env = { ...PATIENT, npm_config_user_agent: "npm/10 node/v20" };
    // The shell waits for its child, and does not become it; a signal ends the shell alone.
    const args = ["explore", world, "--seed", "3", "--jobs", "1"];
    const shell = lightcone.start(args, env, "true", '"$@"; true');
    const end = ended(shell);
    await until(() => existsSync(folder) && readdirSync(folder).some(isReplay));
    shell.kill("SIGTERM");
    const { stdout } = await end;
    expect(stdout).toMatch(/shrinking was interrupted|interrupted before it was shrunk/);
  });

  it("with force, while it shrinks, is told where the violation is", async () => {
    const world = lightcone.world("hangs-when-calm");
    const child = lightcone.start(["explore", world, "--seed", "3", "--jobs", "1"], PATIENT);
    const end = ended(child);
    await until(
      () => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".json")),
    );
    // Again and again: of two that come while it is held up, it would see one.
    const force = setInterval(() => child.kill("SIGINT"), 500);
    const { code, stdout, stderr } = await end;
    clearInterval(force);
    const replay = /npx lightcone replay (\S+) --world/.exec(stderr + stdout)?.[1] ?? "";
    // It waits for no run under way, so it may be done before anybody has to insist; and while it ends, all told, it
    // listens no more and may be ended by the signal itself.
    expect([1, 130, null]).toContain(code);
    expect((await lightcone.run("replay", replay, "--world", world)).code).toBe(1);
  });

  it("with force leaves no process behind, not even one that never yields", async () => {
    const child = lightcone.start(["run", lightcone.world("bad/loops")], PATIENT);
    const end = ended(child);
    await until(() => childrenOf(child.pid).length > 0);
    await wait(1_500);
    const left = childrenOf(child.pid);
    expect(left.length).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await end;
    await until(() => !left.some(lives));
  });

  it("by leaving (`| head -1`) does not change what a run comes to", async () => {
    const child = lightcone.start(["run", lightcone.world("assertions"), "--trace"]);
    child.stdout?.destroy();
    const { code, stderr } = await ended(child);
    expect(stderr).toBe("");
    expect(code).toBe(1);
  });

  it("by leaving (`| head -1`) ends the campaign", async () => {
    const child = lightcone.start(["explore", lock, "--no-faults", "--for", "10h", "--json"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await ended(child);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  });
});

describe("processes that are killed", () => {
  it("are replaced, wherever they are", async () => {
    const args = ["explore", lock, "--no-faults", "--runs", "20", "--jobs", "2", "--json"];
    const child = lightcone.start(args);
    const end = ended(child);
    await new Promise((firstRun) => child.stdout?.once("data", firstRun));
    for (const pid of childrenOf(child.pid)) signalTo(pid, "SIGKILL");
    const { code, stdout, stderr } = await end;
    // Which of them (two, and one for the run that is made twice) are there to be killed depends on the machine.
    expect(stderr).toMatch(
      /^(?:lightcone: a runner process was ended by SIGKILL; another one takes its place\n){1,3}$/,
    );
    expect(stdout.trimEnd().split("\n")).toHaveLength(20);
    expect(code).toBe(0);
  });

  it("are replaced while they start", async () => {
    const child = lightcone.start(["explore", lock, "--no-faults", "--runs", "12", "--jobs", "2"]);
    const end = ended(child);
    let started: number[] = [];
    await until(() => (started = childrenOf(child.pid)).length >= 2);
    signalTo(started.at(-1) ?? NaN, "SIGKILL");
    const { code, stdout } = await end;
    expect(stdout).toMatch(/explored 12 runs/);
    expect(code).toBe(0);
  });
});

describe("a run that takes long", () => {
  it("says how far it has come while it is under way", async () => {
    const explore = (await import(
      lightcone.module("explore/index.js")
    )) as typeof import("../../src/explore/index.ts");
    const reached: number[] = [];
    const pool = await explore.RunnerPool.start({
      world: lightcone.world("computes"),
      entry: pathToFileURL(lightcone.module("cli/runner-process.js")),
      jobs: 1,
      onReached: (nowNs) => reached.push(nowNs),
    });
    const { simulatedNs } = await pool.run({ seed: 1 });
    pool.stop();
    expect(reached.length).toBeGreaterThan(0);
    expect([...reached].sort((a, b) => a - b)).toEqual(reached);
    for (const nowNs of reached) expect(nowNs).toBeLessThanOrEqual(simulatedNs);
  });
});
