/** What a program may be made of, and what its stack traces and its mistakes look like. */
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { mapStack } from "../../src/node/index.ts";
import { both, hosted, inFolder, runHosted, runReal } from "./arms.ts";

describe("a program", () => {
  it("awaits at its top level, in order with the modules that it imports", async () => {
    await both(
      `import { value } from "./first.mjs";
       console.log("main", value);
       const more = await new Promise((done) => setTimeout(done, 5, "later"));
       console.log(more);
       export default 1;`,
      {
        files: {
          "first.mjs": `console.log("first"); import "./second.mjs"; export let value = await Promise.resolve(7);`,
          "second.mjs": `console.log("second"); await null; console.log("second again");`,
        },
      },
    );
  });

  it("mixes ES modules, CommonJS, JSON and packages with exports", async () => {
    await both(
      `import common, { named } from "./common.cjs";
       import { createRequire } from "node:module";
       import thing, { esm } from "thing";
       import { deep } from "thing/deep";
       import fs, { existsSync } from "node:fs";
       import * as path from "path";
       const require = createRequire(import.meta.url);
       console.log(common.named, named, thing, esm, deep, typeof existsSync, fs.existsSync === existsSync, path.sep);
       const { default: late, ...rest } = await import("./late.mjs");
       console.log(late, rest, typeof require);
       console.log((await import("./late.mjs")).default === late, (await import("./common.cjs")).default === common);`,
      {
        files: {
          "common.cjs": `exports.named = "named"; exports.data = require("./data.json"); exports.again = () => require("./common.cjs") === exports;
            console.log("common", exports.data.list, module.exports === exports, exports.again(), __filename.endsWith("common.cjs"), this === module.exports);`,
          "data.json": `{ "list": [1, { "a": null }] }`,
          "late.mjs": `console.log("loaded late"); export default { late: true }; export const other = 2;`,
          "node_modules/thing/package.json": `{ "name": "thing", "exports": { ".": { "import": "./esm.mjs", "require": "./cjs.cjs" }, "./deep": "./lib/deep.mjs" } }`,
          "node_modules/thing/esm.mjs": `export default "default"; export const esm = true;`,
          "node_modules/thing/cjs.cjs": `module.exports = "cjs";`,
          "node_modules/thing/lib/deep.mjs": `export const deep = import.meta.url.endsWith("/lib/deep.mjs");`,
        },
      },
    );
  });

  it("knows its own name and place", async () => {
    await both(
      `import { fileURLToPath } from "node:url"; import { basename } from "node:path";
       import "./c.cjs";
       console.log(import.meta.url.startsWith("file:///"), fileURLToPath(import.meta.url) === process.argv[1]);
       console.log(import.meta.filename === process.argv[1], import.meta.dirname === process.cwd());
       console.log(basename(process.argv[1]), process.argv.slice(2), process.execArgv, process.argv0.endsWith("node"));`,
      {
        argv: ["--flag", "value", "a b"],
        files: {
          "c.cjs": `console.log(__filename === __dirname + "/c.cjs", require("path").dirname(process.argv[1]) === __dirname);`,
        },
      },
    );
  });

  it("gets its environment as text, and keeps changes to itself", async () => {
    await both(
      `console.log(process.env.GIVEN, process.env.NOT, "GIVEN" in process.env, process.env.TZ);
       process.env.NUMBER = 5; process.env.UNDEFINED = undefined;
       console.log(process.env.NUMBER, typeof process.env.NUMBER, process.env.UNDEFINED, Object.keys(process.env).includes("NUMBER"));
       delete process.env.GIVEN; console.log(process.env.GIVEN, "GIVEN" in process.env);
       try { process.env.S = Symbol("x") } catch (e) { console.log(e.name, e.message) }`,
      { env: { GIVEN: "given" } },
    );
  });

  it("writes what console, streams and descriptors say, in order", async () => {
    const { stderr } = await both(
      `import fs from "node:fs";
       console.log("%s is %d and %j, %o", "x", 1.5, { a: 1 }, [1]); console.error("aside"); console.info(new Map([[1, { a: [1, 2] }]]));
       process.stdout.write("no newline, "); fs.writeSync(1, "by descriptor\\n"); process.stdout.write(Buffer.from([0xe2, 0x82, 0xac, 10]));
       console.table([{ a: 1, b: "x" }, { a: 2 }]); console.group("group"); console.log("within\\ntwo lines"); console.groupEnd();
       console.count(); console.count("x"); console.countReset(); console.count(); console.assert(1 === 2, "assertion"); console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
       console.warn("warned"); console.log(process.stdout.isTTY, process.stdout.writable, process.stdout.fd, process.stderr.fd);
       process.stdout.write("done\\n", () => console.log("callback")); process.stdout.end; console.log(process.stdin.fd, process.stdin.isTTY);
       process.stdin.on("data", () => {}).on("end", () => console.log("no input"));`,
    );
    expect(stderr).toBe("aside\nAssertion failed: assertion\nwarned\n");
  });

  it("is TypeScript, whose stack traces name its own file and line", async () => {
    const source = `interface Shape { readonly side: number }

type Measure<T> = (shape: T) => number;

const area: Measure<Shape> = ({ side }: Shape): number => {
  if (side < 0) throw new RangeError(\`side \${side as number}\`);
  return side ** 2;
};
console.log(area({ side: 3 }) satisfies number);
try {
  area({ side: -1 });
} catch (error) {
  console.log((error as Error).stack);
}
setTimeout(function later(): void { area({ side: -2 }); }, 5);
`;
    await inFolder(source, { name: "shapes.ts" }, async (entry) => {
      const { stdout, stderr, code } = await runHosted(entry);
      const folder = dirname(entry);
      expect(stdout.replaceAll(folder, "")).toMatch(
        /^9\nRangeError: side -1\n {4}at area \(\/shapes\.ts:6:23\)\n {4}at .*\/shapes\.ts:11:3\)?\n/,
      );
      expect(stderr.replaceAll(folder, "")).toMatch(
        /at area \(\/shapes.ts:6:23\)\n {4}at .*later.* \(\/shapes.ts:15:/,
      );
      expect(code).toBe(1);
      for (const text of [stdout, stderr, mapStack(stderr)]) {
        expect(text).not.toMatch(/lightcone(:|-program)|\/src\/node\/|\/src\/sim\/|bundle\.js/);
      }
    });
  });

  it("sees the frames of its own calls and of Node's, and nothing of ours", async () => {
    const { stdout, stderr } = await hosted(`
      import { EventEmitter } from "node:events"; import fs from "node:fs"; import net from "node:net";
      import { readFile } from "node:fs/promises"; import { createHash } from "node:crypto";
      function named() { return new Error("x").stack; }
      class Thing { method() { return named(); } static make() { return new Thing().method(); } }
      const stacks = [named(), Thing.make(), [1].map(() => named())[0]];
      const emitter = new EventEmitter(); emitter.on("e", () => stacks.push(named())); emitter.emit("e");
      try { fs.readFileSync("/nothing") } catch (e) { stacks.push(e.stack) }
      await readFile("/nothing").catch((e) => stacks.push(e.stack));
      try { createHash("nonsense") } catch (e) { stacks.push(e.stack) }
      try { null.x } catch (e) { stacks.push(e.stack) }
      await new Promise((done) => setTimeout(() => { stacks.push(named()); done(); }, 1));
      await new Promise((done) => process.nextTick(() => { stacks.push(named()); done(); }));
      await new Promise((done) => { const s = net.createServer((c) => { stacks.push(named()); c.destroy(); s.close(); done(); }).listen(9, () => net.connect(9)); });
      const caught = {}; Error.captureStackTrace(caught, named); stacks.push(caught.stack);
      console.log(JSON.stringify(stacks.filter(Boolean)));`);

    expect(stderr).toBe("");
    const stacks = JSON.parse(stdout) as string[];
    expect(stacks.length).toBeGreaterThan(10);
    for (const stack of stacks) {
      expect(stack).not.toMatch(/lightcone(:|-program)|\/src\/(node|sim|base)\//);
    }
    expect(stacks[1]).toMatch(
      /at named .*program\.mjs:4.*\n.*at _?Thing\.method .*:5.*\n.*at (Function|_?Thing)\.make /,
    );
    expect(stacks[3]).toMatch(/at EventEmitter\.emit \(node:events:\d+:\d+\)/);
  });
});

describe("a program that does not compile", () => {
  const mistakes: Record<string, { source: string; files?: Record<string, string>; says: RegExp }> =
    {
      "has a syntax error": {
        source: `const a = 1;\nconst = 2;`,
        says: /program\.mjs:2:7: Unexpected token/,
      },
      "has the mistake in a file that it imports": {
        source: `import "./lib/b.js";`,
        files: { "lib/b.js": `\n\nlet x x;` },
        says: /lib\/b\.js:3:7: /,
      },
      "has it in CommonJS": {
        source: `import { createRequire } from "node:module"; createRequire(import.meta.url); import "./c.cjs";`,
        files: { "c.cjs": `\nfoo(;` },
        says: /c\.cjs:2:5: /,
      },
      "has it in TypeScript": {
        source: `import "./t.ts";`,
        files: { "t.ts": `let x: number = ;` },
        says: /t\.ts:1:17: /,
      },
    };
  for (const [what, { source, files = {}, says }] of Object.entries(mistakes)) {
    it(`says where, when it ${what}`, async () => {
      const failure = await hosted(source, { files }).catch((error: unknown) => error as Error);
      expect(failure).toMatchObject({ code: "LC_COMPILE" });
      expect((failure as Error).message).toMatch(says);
    });
  }

  it("says so when there is no such file at all", async () => {
    await expect(runHosted("/nowhere/at-all.mjs")).rejects.toThrow(
      "cannot find /nowhere/at-all.mjs",
    );
  });
});

describe("a program whose modules do not fit", () => {
  const mistakes: Record<string, { source: string; files?: Record<string, string>; says: RegExp }> =
    {
      "imports a file that is not there": {
        source: `\nimport "./missing.js";`,
        says: /Cannot find module '.*missing\.js' imported from .*program\.mjs/,
      },
      "imports a package that is not installed": {
        source: `import "no-such-package";`,
        says: /Cannot find package 'no-such-package' imported from .*program\.mjs/,
      },
      "imports a name that a module does not have": {
        source: `\nimport { nope } from "./b.mjs"; nope();`,
        files: { "b.mjs": `export const yes = 1;` },
        says: /program\.mjs:2\n.*\n +\^\^\^\^\n+SyntaxError: The requested module '.\/b.mjs' does not provide an export named 'nope'/,
      },
      "imports JSON without saying so": {
        source: `import "./d.json";`,
        files: { "d.json": `{ "a": 1 }` },
        says: /needs an import attribute of "?type:? "?json/,
      },
      "has broken JSON": {
        source: `import d from "./d.json" with { type: "json" };`,
        files: { "d.json": `{ "a": }` },
        says: /d\.json.*Unexpected token/,
      },
    };
  for (const [what, { source, files = {}, says }] of Object.entries(mistakes)) {
    it(`ends as on Node, in its words, when it ${what}`, async () => {
      await inFolder(`${source}\nconsole.log("runs");`, { files }, async (entry) => {
        const [host, real] = await Promise.all([runHosted(entry), runReal(entry)]);
        expect([host.code, host.stdout]).toEqual([real.code, real.stdout]);
        expect(real.stderr).toMatch(says);
        expect(host.stderr).toMatch(says);
      });
    });
  }
});
