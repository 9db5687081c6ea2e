/** Reports for other tools: what they make of a campaign that held, one that was violated, and one that judged little. */
import { describe, expect, it } from "vitest";
import { type Explored, reporters } from "../../src/report/index.ts";

const held: Explored = {
  world: "a lock is held by one worker at a time",
  path: "/project/test/lock.world.ts",
  verdict: "held",
  finding: undefined,
  reruns: [],
  runs: 200,
  violatedRuns: 0,
  undecidedRuns: 0,
  firstSeed: 1,
  wallMs: 12_345,
  simulatedMs: 6_000_000,
  operations: 9_300,
  faults: 410,
  unjudged: [],
  neverTrue: [],
  remarks: [],
  failure: undefined,
};

const violated: Explored = {
  ...held,
  verdict: "violated",
  violatedRuns: 1,
  finding: {
    state: "new",
    count: 1,
    firstFound: "2026-01-01T00:00:00.000Z",
    seed: 0x1f3a,
    check: "mutex",
    summary: 'two holders of <job> & "this", 100% sure',
    story: "✗ a lock\n  1.000s  fault  lock `crashes` ```\n  \u001b[31m, \u0000\n",
    notes: ["without this fault it does not happen: all run to the end"],
    faults: ["lock crashes, down for 100ms"],
    faultsBefore: 9,
    replayFile: "/project/.lightcone/lock-1f3a.json",
    replayCommand: "npx lightcone replay .lightcone/lock-1f3a.json",
    traceFile: "/project/.lightcone/lock-1f3a.trace",
    pageFile: "/project/.lightcone/lock-1f3a.html",
  },
};

const lax: Explored = {
  ...held,
  verdict: "violated",
  unjudged: ["never reached in any run: always time goes on"],
  neverTrue: ["it waits"],
};

function render(name: string, explored: Explored): string {
  const reporter = reporters.find((each) => each.name === name);
  return reporter?.render(explored, "/project") ?? "";
}

describe("reporters", () => {
  it("junit: one test case that passes, or fails with the story", () => {
    const passes = render("junit", held);
    expect(passes).toContain(
      '<testsuites name="lightcone" tests="1" failures="0" errors="0" skipped="0" time="12.345">',
    );
    expect(passes).toContain('name="a lock is held by one worker at a time"');
    expect(passes).toContain('file="test/lock.world.ts"');
    expect(passes).not.toContain("<failure");
    const fails = render("junit", violated);
    expect(fails).toContain('failures="1"');
    expect(fails).toContain(
      'message="two holders of &lt;job&gt; &amp; &quot;this&quot;, 100% sure">✗ a lock\n',
    );
    expect(fails).toContain('name="replay" value="npx lightcone replay .lightcone/lock-1f3a.json"');
    expect(fails).toContain('name="report" value=".lightcone/lock-1f3a.html"');
    // XML cannot hold these at all.
    expect(fails).not.toMatch(/[\u0000\u001b]/);
    expect(render("junit", lax)).toMatch(/type="not judged"[^]*sometimes it waits\nnever reached/);
  });

  it("github: an annotation at the world's file, on one line", () => {
    expect(render("github", held)).toBe("");
    const line = render("github", violated);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line).toMatch(
      /^::error file=test\/lock\.world\.ts,title=a lock is held by one worker at a time::two holders of <job> & "this", 100%25 sure%0A%0A✗ a lock%0A/,
    );
    expect(render("github", lax)).toBe(
      "::error file=test/lock.world.ts,title=a lock is held by one worker at a time::never true in any run: sometimes it waits\n" +
        "::error file=test/lock.world.ts,title=a lock is held by one worker at a time::never reached in any run: always time goes on\n",
    );
    expect(render("github", { ...lax, verdict: "held", neverTrue: [] })).toMatch(/^::warning /);
    const odd = { ...lax, world: "a: b, c" };
    expect(render("github", odd)).toContain("title=a%3A b%2C c::");
  });

  it("markdown: the story in a fence that it cannot end, its text without markup", () => {
    expect(render("markdown", held)).toBe(
      "### ✅ a lock is held by one worker at a time\n\n" +
        "200 runs from seed 0x1 · 6,000 simulated seconds · 410 faults · 12.3 s\n\n",
    );
    const text = render("markdown", violated);
    expect(text).toContain('**mutex**: two holders of \\<job\\> & "this", 100% sure');
    expect(text).toMatch(/\n````text\n✗ a lock\n[^]*\n````\n/);
    expect(text).toContain("- page: `.lightcone/lock-1f3a.html`");
  });

  it("json: the result as the library returns it", () => {
    expect(JSON.parse(render("json", violated))).toEqual(JSON.parse(JSON.stringify(violated)));
  });
});
