/**
 * The corpus: what its command says of a row, and, where its packages are installed, three rows whose runs are short.
 * `npm run corpus` installs them and measures all.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type Claim,
  failures,
  heldLine,
  line,
  type Row,
  unexplained,
} from "../../corpus/support/rows.mjs";
import { isInstalled } from "../../tools/install-packages.mjs";

const folder = `${process.cwd()}/corpus/`;
const read = (file: string): unknown => JSON.parse(readFileSync(`${folder}${file}`, "utf8"));

interface Expected {
  readonly rows: Readonly<Record<string, Claim & { package?: string; version?: string }>>;
  readonly held: Readonly<Record<string, { package: string; runs: number; copyOf?: string }>>;
}

function corpus(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["corpus/run.mjs", ...args], { encoding: "utf8" });
}

describe("the corpus", () => {
  it("has a row for each world, and a version of each package", () => {
    const { rows } = read("expected.json") as Expected;
    const worlds = readdirSync(folder).filter((file) => file.endsWith(".world.ts"));
    expect(Object.keys(rows).sort()).toEqual(
      worlds.map((file) => file.slice(0, -".world.ts".length)).sort(),
    );
    const { dependencies: broken } = read("package.json") as { dependencies: object };
    const { dependencies: mended } = read("fixed/package.json") as { dependencies: object };
    for (const { package: name, version, needle, fixed } of Object.values(rows)) {
      if (needle) continue;
      if (version === undefined) expect(broken).toHaveProperty([name as string]);
      if (fixed) expect(mended).toHaveProperty([name as string]);
      // What a fixed version violates is explained.
      if (fixed?.violates) expect(fixed.why).toBeTruthy();
    }
  });

  it("has a world for each version that is to hold", () => {
    const { held } = read("expected.json") as Expected;
    const { dependencies } = read("held/package.json") as { dependencies: object };
    for (const [name, { package: of, runs, copyOf }] of Object.entries(held)) {
      expect(dependencies).toHaveProperty([of]);
      expect(runs).toBeGreaterThan(0);
      expect(existsSync(`${folder}${copyOf ?? name}.world.ts`)).toBe(true);
    }
  });

  it("says which worlds there are, when it is asked for another one", () => {
    const { status, stderr } = corpus("nosuch");
    expect(status).toBe(2);
    expect(stderr).toContain('there is no world "nosuch"; there are: aedes, ');
  });
});

describe("a row", () => {
  const limits = { limitSeconds: 60, faultsMax: 3 };
  const claim: Claim = { check: "mutex", fixed: { violates: ["no hangs"] } };
  const good: Row = {
    name: "lock",
    campaigns: 5,
    found: 5,
    checks: ["mutex"],
    runs: 7,
    seconds: 3.2,
    faults: 2,
    faultsMost: 4,
    shrinkRuns: 40,
    fixed: { runs: 70, violated: { "no hangs": { times: 2, seed: 9, summary: "it hangs" } } },
  };

  it("stands when the bug is found and the fixed version does what is known of it", () => {
    expect(failures(good, claim, limits)).toEqual([]);
    expect(line(good, [])).toMatch(
      /^✓ lock .* 5 of 5 .* 7 .* 2 \(4 most\) .*no hangs: 2, first seed 9/,
    );
  });

  it("falls when a search is in vain, finds something else, leaves too many faults, or the fixed version fails", () => {
    const violated = { mutex: { times: 1, seed: 12, summary: "two holders" } };
    const bad: Row = {
      ...good,
      found: 4,
      checks: ["no hangs", "mutex"],
      faults: 4,
      fixed: { runs: 70, violated },
    };
    const failed = failures(bad, claim, limits);
    expect(failed).toEqual([
      "not found within 60 s in 1 of 5 campaigns",
      "another check was violated: no hangs, not mutex",
      "4 faults are left, more than 3",
      "the fixed version violates mutex 1 times, first with seed 12: two holders",
    ]);
    expect(line(bad, failed)).toContain("✗ lock");
    // A needle has no target, but must be what it says it is.
    expect(failures(bad, { ...claim, needle: true }, limits)).toHaveLength(2);
  });

  it("falls when the fixed version violates what was found, unless that is explained", () => {
    const other: Row = { ...good, fixed: { runs: 70, violated: {}, findingsToo: 2 } };
    expect(failures(other, claim, limits)).toEqual([
      "2 of 5 findings show in the fixed version too: they are about another bug",
    ]);
    const explained: Claim = { check: "mutex", fixed: { violates: ["mutex"], why: "it is slow" } };
    expect(failures(other, explained, limits)).toEqual([]);
  });

  it("of a version that is to hold falls when it does not", () => {
    const held = { runs: 200, violated: { mutex: { times: 1, seed: 12, summary: "two holders" } } };
    const failed = unexplained("it", held, []);
    expect(failed).toEqual(["it violates mutex 1 times, first with seed 12: two holders"]);
    expect(heldLine({ name: "held/lock", held }, failed)).toMatch(/^✗ held\/lock .*in 200 runs/);
    const quiet = { name: "held/lock", held: { runs: 200, violated: {} } };
    expect(heldLine(quiet, [])).toMatch(/^✓ held\/lock +held 200 runs$/);
  });
});

describe.skipIf(!isInstalled(folder))(
  "a row whose packages are installed (by `npm run corpus`)",
  () => {
    it.each(["cron", "nedb", "socket.io-client"])(
      "%s is found, and its fixed version holds",
      (name) => {
        const args = [name, "--json", "--campaigns", "1", "--fixed-runs", "5", "--limit", "600"];
        const { status, stdout, stderr } = corpus(...args);
        expect(stderr).toBe("");
        expect(JSON.parse(stdout)).toMatchObject({
          name,
          found: 1,
          failed: [],
          fixed: { runs: 5 },
        });
        expect(status).toBe(0);
        expect(existsSync(`${folder}fixed/${name}.world.ts`)).toBe(true);
      },
    );
  },
);
