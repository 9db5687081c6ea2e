/** `lightcone check`, as it is typed: what it prints, what it writes, how it exits. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { checkers, findChecker } from "../../src/check/registry.ts";
import { command } from "../../src/cli/commands/check.ts";
import { decodeTrace, type Trace } from "../../src/trace/index.ts";
import type { PageFacts } from "../../src/viewer/index.ts";
import { answerOf } from "../../src/viewer/model/answer.ts";
import { describeAnswer, describeRequest } from "../../src/viewer/model/operations.ts";
import { indexRun } from "../../src/viewer/model/run.ts";

const folder = mkdtempSync(join(tmpdir(), "lightcone-check-"));
const at = (name: string): string => join(folder, name);
let printed: string[] = [];
let complained: string[] = [];

beforeAll(() => {
  vi.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void complained.push(text));
});
afterEach(() => {
  printed = [];
  complained = [];
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** A register's history: each entry is `process f value`, one after another, ok. */
function save(name: string, steps: readonly string[]): string {
  const lines = steps.flatMap((step, i) => {
    const [process, f, value] = step.split(" ") as [string, string, string];
    const event = (type: string, time: number, given: string): string =>
      `{"process":${process},"type":"${type}","f":"${f}","value":${given},"time":${time}}`;
    const ns = (i + 1) * 1_000_000;
    return [event("invoke", ns, f === "read" ? "null" : value), event("ok", ns + 500_000, value)];
  });
  const text = lines.join("\n");
  writeFileSync(at(name), name.endsWith(".gz") ? gzipSync(text) : text);
  return at(name);
}

/** What was printed, without times that differ from run to run and without the folder. */
const output = (): string =>
  printed
    .join("\n")
    .replaceAll(`${folder}/`, "")
    .replace(/ in [0-9.]+(ns|µs|ms|s)/g, " in TIME");

describe("lightcone check", () => {
  it("says that a history holds, and exits 0", async () => {
    const file = save("good.jsonl.gz", ["0 write 1", "1 read 1"]);
    expect(await command.run([file, "--model", "register"])).toBe(0);
    expect(output()).toBe("✓ good.jsonl.gz   register · linearizable · 2 operations in TIME");
  });

  it("is not green over a history in which a model finds nothing of its own", async () => {
    const file = save("writes.jsonl", ["0 write 1", "1 write 2"]);
    expect(await command.run([file, "--model", "register"])).toBe(3);
    expect(output()).toContain(
      "nothing was judged: a register looks for answers to read, get, cas, and there is only write",
    );
  });

  it("tells the story of a violation, and exits 1", async () => {
    const file = save("bad.jsonl", ["0 write 1", "1 write 2", "2 read 2", "0 read 1"]);
    expect(await command.run([file, "-m", "register"])).toBe(1);
    expect(output()).toBe(
      [
        "✗ bad.jsonl   register · linearizable · 4 operations in TIME",
        "",
        "  stale read: process 0 reads 1 after process 1 had written 2, and nobody wrote it a second time",
        "    1ms  process 0  write 1 (1ms to 1.5ms)",
        "    2ms  process 1  write 2 (2ms to 2.5ms)",
        "    4ms  process 0  read 1 (4ms to 4.5ms)",
        "  weakest level violated: linearizable",
      ].join("\n"),
    );
  });

  it("says why it does not know, and exits 3", async () => {
    const file = save(
      "slow.jsonl",
      Array.from({ length: 3_000 }, (_, i) => `0 write ${i % 3}`),
    );
    expect(await command.run([file, "-m", "register", "--timeout", "0.000001ms"])).toBe(3);
    expect(output()).toMatch(/^\? slow\.jsonl/);
    expect(output()).toContain("the time budget of");
  });

  it("says what it cannot read in one line, and exits 2, yet judges the other files", async () => {
    writeFileSync(at("broken.json"), '[{"process":0,');
    const good = save("good.jsonl", ["0 write 1", "1 read 1"]);
    expect(await command.run([at("broken.json"), at("none.edn"), good, "-m", "register"])).toBe(2);
    expect(complained.map((text) => text.replaceAll(`${folder}/`, ""))).toEqual([
      "lightcone: broken.json:1:15: the file ends inside '{' opened at 1:2: is it truncated?",
      "lightcone: none.edn: there is no such file",
    ]);
    expect(output()).toContain("✓ good.jsonl");
  });

  it("shows control characters of a history, and sends none to the terminal", async () => {
    const text = (value: string): string =>
      ["invoke", "ok"]
        .map((type) => `{:process "p\\u001b[2J" :type :${type} :f :read :value ${value}}`)
        .join("\n");
    writeFileSync(at("colour.edn"), text('"\\u001b[31mred\\u009b5m\\u202e"'));
    writeFileSync(at("odd.edn"), '{:process 0 :type :invoke :f "\\u001b]0;title" :value 1}');
    for (const more of [[], ["--json"]]) {
      const files = [at("colour.edn"), at("odd.edn")];
      expect(await command.run([...files, "-m", "register", ...more])).toBe(2);
    }
    const all = [...printed, ...complained].join("");
    expect(all).toContain("\\u001b[31mred\\u009b5m\\u202e");
    expect(all).toContain("\\u001b]0;title");
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it("stays within its memory when a small file unpacks to a large one", async () => {
    const one = ["0 write 1", "1 read 1"];
    save("one.jsonl", one);
    const blank = Buffer.alloc(64e6, " ");
    writeFileSync(
      at("bomb.jsonl.gz"),
      gzipSync(Buffer.concat([readFileSync(at("one.jsonl")), blank]), { level: 1 }),
    );
    const now = process.memoryUsage.rss();
    const limit = (bytes: number): string => `${Math.round((now + bytes) / 1e6)}MB`;
    const run = (memory: string): Promise<number> =>
      command.run([at("bomb.jsonl.gz"), "-m", "register", "--memory", memory]);
    expect(await run(limit(20e6))).toBe(3);
    expect(output()).toMatch(
      /^\? bomb\.jsonl\.gz\n {2}the memory budget of .*while the file was read$/s,
    );
    expect(await run("4GB")).toBe(0);
  });

  it("stops reading a file of any format when its time is over", async () => {
    const files: readonly [string, string][] = [
      ["h.csv", "client,call,ret,op,a,b,out,ok\n0,1,2,1,1,0,0,false\n"],
      ["h.edn", "{:process 0 :type :invoke :f :write :value 1}"],
      ["h.log", "INFO  jepsen.util - 0\t:invoke\t:write\t4\n"],
      ["h.awdit", "w 1 1\n---\nr 1 1\n"],
      ["h.isovista", "w(1,1,0,0)\n"],
    ];
    for (const [name, text] of files) {
      writeFileSync(at(name), text);
      const model = /awdit|isovista/.test(name) ? "rw-register" : "register";
      expect([name, await command.run([at(name), "-m", model, "--timeout", "0ms"])]).toEqual([
        name,
        3,
      ]);
    }
    expect(output()).not.toContain("✓");
  });

  it("reads a first state in JSON or in EDN", async () => {
    writeFileSync(
      at("first.edn"),
      "{:process 0 :type :invoke :f :read :value nil}\n{:process 0 :type :ok :f :read :value :a}",
    );
    const run = (initial: string): Promise<number> =>
      command.run([at("first.edn"), "-m", "register", "--initial", initial]);
    expect(await run(":a")).toBe(0);
    expect(await run('"a"')).toBe(1);
    await expect(run(":a :b")).rejects.toMatchObject({ code: "LC_USAGE" });
  });

  it("names in its help the level that each model is judged at if none is named", () => {
    const levelsOf = (model: string): string | undefined =>
      new RegExp(`^  (?:.*, )?${model}(?:, .*)?:\\n {6}([\\w-]+)`, "m").exec(command.usage)?.[1];
    for (const model of new Set(checkers.map((checker) => checker.model))) {
      // An alias stands with the model that it is another name of.
      if (!new RegExp(`^  ${model} `, "m").test(command.usage)) continue;
      expect([model, levelsOf(model)]).toEqual([model, findChecker(model).defaultLevel]);
    }
    expect(levelsOf("list-append")).toBe(findChecker("list-append").defaultLevel);
  });

  it("gives one JSON object a file", async () => {
    const bad = save("bad.jsonl", ["0 write 1", "1 write 2", "0 read 1"]);
    const good = save("good.jsonl", ["0 write 1", "1 read 1"]);
    expect(await command.run([bad, good, "-m", "register", "--json"])).toBe(1);
    const [first, second] = printed.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({
      file: bad,
      format: "json",
      model: "register",
      level: "linearizable",
      result: "violated",
      operations: 3,
      violates: ["linearizable"],
      evidence: [{ anomaly: "stale read", operations: [0, 1, 2] }],
    });
    expect(second).toMatchObject({ file: good, result: "holds" });
  });

  /** The traces in a page, the first one first, and what the page says of each. */
  function pageIn(name: string): { html: string; traces: Trace[]; facts: PageFacts } {
    const html = readFileSync(at(name), "utf8");
    const templates = [...html.matchAll(/<template id="lightcone-trace[-\d]*">([^<]+)</g)];
    const traces = templates.map(([, packed = ""]) => {
      return decodeTrace(gunzipSync(Buffer.from(packed, "base64")), { payloadsApart: true });
    });
    const [, facts = ""] = /id="lightcone-facts">([^<]*)</.exec(html) ?? [];
    return { html, traces, facts: JSON.parse(facts) as PageFacts };
  }

  it("shows histories in the viewer's page, those that are violated first", async () => {
    const bad = save("bad.jsonl", ["0 write 1", "1 write 2", "0 read 1"]);
    const good = save("good.jsonl", ["0 write 1", "1 read 1"]);
    await command.run([good, bad, "-m", "register", "--html", at("out.html")]);
    const { html, traces, facts } = pageIn("out.html");
    expect(html).toContain('<html lang="en">');
    expect(html).not.toMatch(/<(?:script|link|img)[^>]* (?:src|href)="|@import|url\(http/);
    expect(facts.about).toMatch(/^register · linearizable · 3 operations, judged in /);
    expect(facts.remarks).toEqual(["weakest level violated: linearizable"]);
    const names = facts.others?.map(({ name }) => name?.replace(`${folder}/`, ""));
    expect(names).toEqual(["✗ bad.jsonl", "✓ good.jsonl"]);
    const [run, held] = traces.map(indexRun);
    expect(held?.trace.meta?.verdict).toBe("held");
    expect(run?.lanes.map(({ name }) => name)).toEqual(["process 0", "process 1"]);
    expect(run?.operations.map((bar) => `${describeRequest(bar)} ${describeAnswer(bar)}`)).toEqual([
      "write 1 ok",
      "write 2 ok",
      "read 1",
    ]);
    // It opens at the read that contradicts the writes.
    const answer = answerOf(run!)!;
    expect(answer.summary).toContain("process 0 reads 1 after process 1 had written 2");
    expect(answer.operations.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(answer.event).toBe(run?.operations[2]?.complete);
  });

  it("shows what a history says as text, and does not run it", async () => {
    const text =
      '{"process":"<b>","type":"invoke","f":"read","value":null}\n{"process":"<b>","type":"ok","f":"read","value":"<script>alert(1)</script>"}';
    writeFileSync(at("<i>.json"), text);
    await command.run([at("<i>.json"), "-m", "register", "--html", at("evil.html")]);
    const { html, traces } = pageIn("evil.html");
    expect(html).not.toContain("<script>alert");
    expect(html).not.toMatch(/<[bi]>/);
    // Nothing of it is lost: it is data of the trace.
    expect(indexRun(traces[0]!).operations[0]?.output).toBe("<script>alert(1)</script>");
  });

  it("says in the page that a history has no times, and draws its order", async () => {
    const steps = [
      '{"process":0,"type":"invoke","f":"write","value":1}',
      '{"process":1,"type":"invoke","f":"write","value":2}',
      '{"process":1,"type":"info","f":"write","value":2}',
      '{"process":0,"type":"ok","f":"write","value":1}',
      '{"process":0,"type":"invoke","f":"read","value":null}',
      '{"process":0,"type":"ok","f":"read","value":3}',
    ];
    writeFileSync(at("plain.jsonl"), steps.join("\n"));
    await command.run([at("plain.jsonl"), "-m", "register", "--html", at("plain.html")]);
    const { traces, facts } = pageIn("plain.html");
    expect(facts.left).toContain("has no times");
    const [, unsure] = indexRun(traces[0]!).operations;
    // Nobody knows when it took effect: its bar stays open.
    expect([unsure?.outcome, unsure?.toNs]).toEqual(["open", Infinity]);
  });

  it("writes a history in another format", async () => {
    const file = save("good.jsonl", ["0 write 1", "1 read 1"]);
    await command.run([file, "-m", "register", "--write", at("again.edn")]);
    expect(readFileSync(at("again.edn"), "utf8").split("\n")[0]).toBe(
      "{:index 0, :type :invoke, :process 0, :f :write, :value 1, :time 1000000}",
    );
    expect(await command.run([at("again.edn"), "-m", "register"])).toBe(0);
  });

  it("refuses what it does not know, before it reads anything", async () => {
    await expect(async () => command.run(["x.edn", "-m", "regster"])).rejects.toThrow(
      'no model "regster"',
    );
    await expect(async () => command.run(["x.edn", "-m", "stack", "-l", "causal"])).rejects.toThrow(
      'the model stack is not judged at level "causal"',
    );
    await expect(async () => command.run(["x.edn", "--timeout", "soon"])).rejects.toThrow(
      'timeout: "soon" is not a duration',
    );
    await expect(async () => command.run([])).rejects.toThrow("no file to check");
  });
});
