/**
 * A simulated process shows itself as the Node that runs it does: every name of every public module and of the
 * global object is there, of the same kind, with the same attributes, and can be read; and what is called
 * without arguments ends as it would outside, or says by name that it is not simulated.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { both, hosted, type Outcome, runHosted, runReal } from "./arms.ts";
import {
  type Difference,
  differencesOf,
  onThisNode,
  type Shown,
  stale,
  unexplained,
} from "./parity/compare.ts";
import { callExceptions, notSimulated, shapeExceptions } from "./parity/exceptions.ts";

const programOf = (name: string): string =>
  fileURLToPath(new URL(`parity/${name}`, import.meta.url));
const shapes = programOf("shapes.cjs");
const calls = programOf("calls.cjs");

/** What a program printed on its last line. */
function shown({ stdout, stderr, code }: Outcome): Shown {
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as Shown;
}

async function onBothArms(entry: string): Promise<Difference[]> {
  const [host, real] = await Promise.all([runHosted(entry), runReal(entry)]);
  return differencesOf(shown(real), shown(host));
}

const describeTable = (rows: readonly string[]): string => rows.join("\n");

describe("what a program sees of Node", () => {
  it("has every name of every module, of the same kind, with the same attributes", async () => {
    const differences = await onBothArms(shapes);
    const exceptions = onThisNode(shapeExceptions);
    expect(describeTable(unexplained(differences, exceptions))).toBe("");
    expect(describeTable(stale(differences, exceptions))).toBe("");
  });

  it("is watched: a name of `process` that throws when it is read is noticed", async () => {
    const planted = `
      Object.defineProperty(process, "config", { get: () => process.config, configurable: true });
      delete process.features; delete require("node:net").isIPv6; globalThis.structuredClone = 1;
      require(${JSON.stringify(shapes)});`;
    const [host, real] = await Promise.all([
      hosted(planted, { name: "planted.cjs" }),
      runReal(shapes),
    ]);
    const found = differencesOf(shown(real), shown(host));
    const lines = unexplained(found, onThisNode(shapeExceptions));
    expect(lines.filter((line) => line.startsWith("node:process.config:"))).toEqual([
      "node:process.config: real Node object read-only enumerable, a simulated process throws RangeError get enumerable",
    ]);
    expect(lines.map((line) => line.split(":")[1])).toEqual(expect.arrayContaining(["net.isIPv6"]));
    expect(lines.some((line) => line.startsWith("globalThis.structuredClone:"))).toBe(true);
  });
});

describe("what a program calls", () => {
  const saysSo = ({ host }: Difference): boolean => host === "throws LC_NOT_SIMULATED";

  it("ends without arguments as on the real Node, or stands in the table of what is not simulated", async () => {
    const differences = await onBothArms(calls);
    for (const [some, table] of [
      [differences.filter((one) => !saysSo(one)), callExceptions],
      [differences.filter(saysSo), notSimulated],
    ] as const) {
      const exceptions = onThisNode(table);
      expect(describeTable(unexplained(some, exceptions))).toBe("");
      expect(describeTable(stale(some, exceptions))).toBe("");
    }
  });
});

describe("the global object", () => {
  it("has its names as its own, with Node's attributes before anything is used", async () => {
    await both(`
      const own = (name) => {
        const { value, get, set, ...rest } = Object.getOwnPropertyDescriptor(globalThis, name) ?? { missing: true };
        return JSON.stringify({ name, ...rest, kind: typeof value });
      };
      for (const name of ["fetch", "setTimeout", "structuredClone", "Date", "globalThis", "global"]) console.log(own(name));
      console.log(Object.keys(globalThis).sort().join(), Object.hasOwn(globalThis, "Blob"), globalThis.constructor === Object, Object.getPrototypeOf(Object.getPrototypeOf(globalThis)) === Object.prototype);
      console.log("fetch" in globalThis, delete globalThis.fetch, "fetch" in globalThis, typeof fetch);`);
  });

  it("gives by its descriptors what it gives by its names", async () => {
    await both(`
      for (const name of ["fetch", "Response", "AbortController", "crypto", "performance", "process", "ReadableStream", "console"]) {
        const { value, get } = Object.getOwnPropertyDescriptor(globalThis, name);
        const found = get ? get() : value;
        console.log(name, typeof found, found === globalThis[name]);
      }
      const before = Object.getOwnPropertyDescriptor(globalThis, "fetch");
      globalThis.fetch = () => "mocked"; console.log(fetch());
      Object.defineProperty(globalThis, "fetch", before); console.log(typeof fetch, fetch.name, fetch.length);
      globalThis.Request = class Mine {}; console.log(Request.name);`);
  });
});

describe("measurements", () => {
  it("of the event loop's delay show what kept it", async () => {
    const { stdout, stderr } = await hosted(`
      import { monitorEventLoopDelay, createHistogram, performance } from "node:perf_hooks";
      const delay = monitorEventLoopDelay({ resolution: 20 });
      console.log(delay.enable(), delay.enable(), delay.count);
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300), 1000);
      setTimeout(() => {
        console.log(delay.disable(), delay.count > 70, Math.round(delay.min / 1e6), delay.max > 300e6, delay.max < 330e6);
        const { active, utilization } = performance.eventLoopUtilization();
        console.log(Math.round(active), utilization > 0.1 && utilization < 0.2, performance.now() > 2000);
      }, 2000);
      const histogram = createHistogram();
      for (let i = 1; i <= 100; i++) histogram.record(i);
      console.log(histogram.percentile(50), histogram.max, histogram.mean, histogram.count);`);
    expect(stdout, stderr).toBe(
      ["true false 0", "50 100 50.5 100", "true true 20 true true", "300 true true", ""].join("\n"),
    );
  });

  it("of deltas read the host's clock, so that two runs are the same", async () => {
    const source = `
      import { createHistogram, performance } from "node:perf_hooks";
      const histogram = createHistogram();
      histogram.recordDelta();
      setTimeout(() => { histogram.recordDelta(); console.log(histogram.max, performance.now() > 0); }, 1234);`;
    const first = await hosted(source);
    expect(first.stdout).toMatch(/^123\d{7} true\n$/);
    expect(await hosted(source)).toEqual(first);
  });
});

describe("what old programs ask for", () => {
  it("is there: bindings that Node still hands out, and the name of the object that has them", async () => {
    await both(
      `
      "use strict";
      const { isDeepStrictEqual } = require("node:util");
      for (const name of ["util", "fs", "constants", "natives"]) console.log(name, typeof process.binding(name));
      try { process.binding("no_such"); } catch (error) { console.log(error.message); }
      try { delete process.exitCode; } catch (error) { console.log(error.message); }
      const marked = Object.assign(new Uint8Array(2), { [Symbol.for("mark")]: 1 });
      console.log(isDeepStrictEqual(marked, new Uint8Array(2)), process.constrainedMemory() > 0, process.title.length > 0);`,
      { name: "program.cjs" },
    );
  });
});

describe("reports", () => {
  it("say on what a program runs, the same in every run", async () => {
    const source = `
      const { header, javascriptStack, environmentVariables } = process.report.getReport();
      console.log(JSON.stringify([header, environmentVariables]), javascriptStack.message);
      try { process.report.signal = "no"; } catch (error) { console.log(error.code); }
      process.report.directory = "/tmp"; const name = process.report.writeReport("mine.json");
      console.log(name, JSON.parse(process.getBuiltinModule("fs").readFileSync("/tmp/mine.json", "utf8")).header.trigger);`;
    const first = await hosted(source);
    expect(first.stdout).toContain('"glibcVersionRuntime":"2.36"');
    expect(first.stdout).toMatch(/ERR_UNKNOWN_SIGNAL\nmine.json API\n$/);
    // Each lies in a folder of its own.
    const text = ({ stdout }: Outcome): string => stdout.replaceAll(/lightcone-test-\w+/g, "");
    expect(text(await hosted(source))).toBe(text(first));
  });
});
