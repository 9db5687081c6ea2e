/** TypeScript as projects configure it: by their tsconfig.json, file by file, at run time too. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("a program of JavaScript", () => {
  // The first test of this file: nothing in this process has been compiled before.
  it("loads TypeScript that nobody could know of, and the compiler with it, without a trace in the run", async () => {
    const program = `const made = "./made" + ".ts";
      const value = require(made).value;
      console.log(value, Math.random(), Date.now(), performance.now());`;
    const run = (text: string) =>
      hosted(program, {
        name: "main.cjs",
        files: { "made.ts": `export enum E { A = 3 } export const value: number = E.A; ${text}` },
      });
    const first = await run("//");
    expect(first.stdout, first.stderr).toMatch(/^3 /);
    expect((await run("// Another text, and the same compiler")).stdout).toBe(first.stdout);
  });
});

describe("a TypeScript program", () => {
  it("is CommonJS where its tsconfig says so, with aliases, old decorators and names without an end", async () => {
    const { stdout, stderr } = await hosted(
      `import { helper, Kind } from "./lib/helper";
       import { aliased } from "@lib/aliased";
       import data from "../data.json";
       import events = require("events");
       function log(target: any, key: string) { target["seen_" + key] = true; }
       class A { @log method(): string { return helper() + Kind.B; } constructor(private x: number = 4) {} get y() { return this.x; } }
       const a = new A();
       console.log(a.method(), a.y, (a as any).seen_method, aliased, data.default.a, typeof require, typeof events.EventEmitter, A.name, __filename.endsWith("main.ts"));
       import("./lib/lazy").then(({ lazy }) => console.log(lazy));`,
      {
        name: "src/main.ts",
        files: {
          "package.json": '{ "name": "project" }',
          "base.json": '{ "compilerOptions": { "experimentalDecorators": true } }',
          "tsconfig.json": `{ // as people write it
            "extends": "./base.json",
            "compilerOptions": { "module": "commonjs", "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"] }, },
          }`,
          "data.json": '{ "default": { "a": 1 } }',
          "src/lib/helper.ts": `export const helper = () => "helped"; export enum Kind { A, B = 7 }`,
          "src/lib/aliased.ts": `export const aliased: string = "aliased";`,
          "src/lib/lazy.ts": `export const lazy = "lazy" as const;`,
        },
      },
    );
    expect(stdout, stderr).toBe("helped7 4 true aliased 1 function function A true\nlazy\n");
  });

  it("is an ES module otherwise, and may load files that it has just written", async () => {
    const { stdout, stderr } = await hosted(
      `import { writeFileSync } from "node:fs";
       import { named } from "./named.js";
       import data from "./data.json";
       const made = "./made-" + "up.ts";
       writeFileSync(new URL(made, import.meta.url), "export enum E { A = 3 }\\nexport const x: number = E.A;");
       const { x } = (await import(made)) as { x: number };
       console.log(named, data.a, x, typeof require);`,
      {
        name: "main.ts",
        files: { "named.ts": `export const named: string = "named";`, "data.json": '{ "a": 2 }' },
      },
    );
    expect(stdout, stderr).toBe("named 2 3 undefined\n");
  });

  it("gets the types of what it decorates from its project's own compiler, or hears which it lacks", async () => {
    const setting = {
      name: "main.ts",
      files: {
        "tsconfig.json":
          '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }',
      },
    };
    const source = `function mark(_: any) {}\n@mark class A {}\nconsole.log("by esbuild", A.name);`;
    await expect(hosted(source, setting)).rejects.toMatchObject({
      code: "LC_COMPILE",
      hint: expect.stringContaining("@swc/core") as string,
    });
    const compiler = `exports.transpileModule = (text, { fileName, compilerOptions: { emitDecoratorMetadata } }) =>
      ({ outputText: "console.log('compiled', " + emitDecoratorMetadata + ", " + text.includes("@mark") + ")", sourceMapText: "{}" });`;
    const files = { ...setting.files, "node_modules/typescript/index.js": compiler };
    const { stdout } = await hosted(source, { ...setting, files });
    expect(stdout).toBe("compiled true true\n");
  });

  it("gets them for what is only named while the program runs, from a compiler that reads clocks", async () => {
    const compiler = `const loaded = performance.now();
      exports.transpileModule = (text) =>
        ({ outputText: "console.log('compiled', " + (loaded > 0) + ", " + text.includes("@mark") + ")", sourceMapText: "{}" });`;
    const { stdout, stderr } = await hosted(
      `await import("./entities/" + ["late", "ts"].join("."));`,
      {
        name: "main.ts",
        files: {
          "tsconfig.json":
            '{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }',
          "entities/late.ts": `function mark(_: any) {}\n@mark class Late {}`,
          "node_modules/typescript/index.js": compiler,
        },
      },
    );
    expect(stdout, stderr).toBe("compiled true true\n");
  });

  it("is JavaScript as it is where a program compiles it itself, as ts-node does", async () => {
    await both(
      `const compiled = (text) => "class Kept {\\n  constructor(x) {\\n    this.x = x;\\n  }\\n}\\n" + text.replace(" as Kept", "") +
         "\\n//# sourceMappingURL=data:application/json;base64," + Buffer.from('{"version":3,"sources":["x"],"names":[],"mappings":"AAAA"}').toString("base64");
       require.extensions[".ts"] = (module, filename) => module._compile(compiled(require("fs").readFileSync(filename, "utf8")), filename);
       const { made, where } = require("./typed.ts");
       console.log(made, where.split("\\n")[1].trim().replace(/\\(.*typed/, "(typed"));
       Error.prepareStackTrace = (_, frames) => frames.slice(0, 2).map((frame) => [frame.getLineNumber(), frame.getColumnNumber()]);
       console.log(require("./typed.ts").again());`,
      {
        name: "main.cjs",
        files: {
          "typed.ts":
            "declare class Kept {}\nexports.made = new Kept(1) as Kept;\nexports.where = new Error().stack;\nexports.again = () => new Error().stack;",
        },
      },
    );
  });
});
