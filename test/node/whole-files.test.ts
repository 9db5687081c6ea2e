/**
 * Whole files and whole trees, which newer versions of Node read, write, copy and remove by one call of their
 * native code and older ones step by step: what a program sees, and what a crash leaves, is the same.
 */
import { describe, expect, it } from "vitest";
import { compileProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { both, hosted, inFolder } from "./arms.ts";

/** Runs a program, and again with "after" as its argument once the first was cut off at `atNs`. */
function cutOff(source: string, cut: (host: Host) => void, atNs: readonly number[]) {
  return inFolder(source, {}, async (entry) => {
    const program = await compileProgram({ entry });
    const seen: string[] = [];
    for (const cutNs of atNs) {
      const printed = await simulate(() => {
        const kernel = new Kernel({ seed: cutNs });
        const host = new Host(kernel, { id: 1, name: "h" });
        const lines: string[] = [];
        const start = (word: string, untilNs: number): void => {
          const options = { argv: [word], onOutput: (_: string, text: string) => lines.push(text) };
          startProgram(host.spawn(), program, options);
          kernel.run(untilNs);
        };
        start("before", 1e9 + cutNs);
        cut(host);
        start("after", 3e9);
        return lines.join("").trim();
      });
      seen.push(printed);
    }
    return seen;
  });
}

const killed = (host: Host): void => host.killAll();
const unplugged = (host: Host): void => {
  host.powerOff();
  host.powerOn();
};
const each = (count: number, stepNs: number): number[] =>
  Array.from({ length: count }, (_, i) => i * stepNs);

describe("fs.promises.writeFile", () => {
  it("leaves the old file, an empty one or the new one when its process dies in the midst of it", async () => {
    const seen = await cutOff(
      `import fs from "node:fs";
       if (process.argv[2] === "before") {
         fs.writeFileSync("/data", "old");
         setTimeout(() => fs.promises.writeFile("/data", "new"), 1000);
       } else console.log("found", JSON.stringify(fs.readFileSync("/data", "utf8")));`,
      killed,
      each(60, 2_000),
    );
    expect(new Set(seen)).toEqual(new Set(['found "old"', 'found ""', 'found "new"']));
  });

  it("fails as outside", async () => {
    await both(`
      import fs from "node:fs"; import os from "node:os"; import path from "node:path";
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whole-")), file = folder + "/file";
      const attempt = async (what, call) => {
        try { console.log(what, await call()); }
        catch (e) { console.log(what, e.code, e.errno, e.syscall, e.path?.replace(folder, "."), e.message.replaceAll(folder, ".")); }
      };
      fs.writeFileSync(file, "abc");
      const { readFile, writeFile, appendFile } = fs.promises;
      await attempt("nothing to write", () => writeFile(file, "", { flag: "r" }));
      await attempt("may not write", () => writeFile(file, "x", { flag: "r" }));
      await attempt("append", () => appendFile(file, new Uint8Array([100, 101]).subarray(1)));
      await attempt("read", () => readFile(file, "utf8"));
      await attempt("exists", () => writeFile(file, "x", { flag: "wx" }));
      await attempt("read a directory", () => readFile(folder));
      await attempt("write a directory", () => writeFile(folder, "x"));
      await attempt("read nothing", () => readFile(folder + "/none"));
      await attempt("write in nothing", () => writeFile(folder + "/none/x", "x"));
      await attempt("may not read", () => readFile(file, { flag: "a" }));
      await attempt("no room", () => writeFile("/dev/full", "x"));
      await attempt("empty", () => readFile("/dev/null"));
      for (const size of [0, 1, 524_287, 524_288, 524_289, 1_200_000]) {
        await attempt("size " + size, async () => { await writeFile(file, Buffer.alloc(size, 7)); const all = await readFile(file); return all.length === size && all.every((b) => b === 7); });
      }
      await attempt("aborted", () => { const c = new AbortController(); const reading = readFile(file, { signal: c.signal }); c.abort(); return reading; });
      fs.rmSync(folder, { recursive: true });`);
  });
});

describe("fs.promises.readFile", () => {
  it("waits for the device once the machine has lost its memory", async () => {
    const [seen] = await cutOff(
      `import fs from "node:fs";
       if (process.argv[2] === "before") {
         const fd = fs.openSync("/data", "w"); fs.writeSync(fd, "x"); fs.fsyncSync(fd);
         fs.fsyncSync(fs.openSync("/", "r"));
       } else {
         const times = [];
         for (let i = 0; i < 2; i++) { const from = performance.now(); await fs.promises.readFile("/data"); times.push(performance.now() - from); }
         console.log(times[0] - times[1] > 0.03 ? "cold, then warm" : times);
       }`,
      unplugged,
      [0],
    );
    expect(seen).toBe("cold, then warm");
  });
});

describe("a tree", () => {
  const tree = `
    import fs from "node:fs";
    const names = ["/from/a", "/from/b", "/from/sub/c", "/from/sub/d"];`;

  it("is half copied when its process dies in the midst of it", async () => {
    const seen = await cutOff(
      `${tree}
       if (process.argv[2] === "before") {
         fs.mkdirSync("/from/sub", { recursive: true });
         for (const name of names) fs.writeFileSync(name, "x".repeat(100_000));
         setTimeout(() => fs.promises.cp("/from", "/to", { recursive: true }), 1000);
       } else console.log("copied", names.filter((name) => fs.existsSync(name.replace("from", "to"))).length);`,
      killed,
      [...each(25, 10_000), ...each(50, 40_000)],
    );
    expect(new Set(seen)).toEqual(new Set([0, 1, 2, 3, 4].map((count) => `copied ${count}`)));
  });

  it("takes time to be copied and removed, and is not touched by a process that has exited", async () => {
    const { stdout } = await hosted(`${tree}
      fs.mkdirSync("/from/sub", { recursive: true });
      for (const name of names) fs.writeFileSync(name, "");
      const took = (call) => { const from = performance.now(); call(); return performance.now() - from > 0.005; };
      console.log(took(() => fs.cpSync("/from", "/to", { recursive: true })), took(() => fs.rmSync("/to", { recursive: true })));
      const { Worker } = await import("node:worker_threads");
      const leaving = 'const fs = require("node:fs"); try { process.exit(); } finally { fs.rmSync("/from", { recursive: true }); }';
      new Worker(leaving, { eval: true }).on("exit", (code) => console.log(code, fs.readdirSync("/from").length));`);
    expect(stdout).toBe("true true\n0 3\n");
  });

  it("is refused to be copied with the program's own place in the stack", async () => {
    await both(`${tree}
      import os from "node:os"; import path from "node:path";
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "whole-"));
      for (const name of ["from", "to"]) { fs.mkdirSync(folder + "/" + name + "/a/b/c/d/e/f", { recursive: true }); fs.writeFileSync(folder + "/" + name + "/a/b/c/d/e/f/g", ""); }
      try { fs.cpSync(folder + "/from", folder + "/to", { recursive: true, force: false, errorOnExist: true }); }
      catch (e) { console.log(e.code, /program\\.mjs:\\d+/.test(e.stack)); }
      fs.rmSync(folder, { recursive: true });`);
  });
});
