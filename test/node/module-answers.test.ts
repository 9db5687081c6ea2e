/** What modules and their loader show of themselves, and say when they cannot do what they are asked for. */
import { describe, it } from "vitest";
import { both } from "./arms.ts";

describe("a module", () => {
  it("is printed as Node prints it, while it is loaded and afterwards", async () => {
    await both(
      `const part = require("./part.cjs"); console.log(module, require, module.constructor === require("module"));
       console.log(part, module.children[0].parent === module, Object.keys(module), "parent" in module, Object.hasOwn(module, "parent"));
       const Module = require("module"), made = new Module("made", module); console.log(made, Module.wrap("text"), Module.wrapper);`,
      {
        name: "program.cjs",
        files: {
          "part.cjs": "exports.part = require('./deep.cjs');",
          "deep.cjs": "module.exports = 1;",
        },
      },
    );
  });

  it("warns of names that a module of a cycle does not have yet", async () => {
    await both(
      `process.on("warning", ({ message }) => console.log("warning", message));
       console.log(require("./a.cjs"));`,
      {
        name: "program.cjs",
        files: {
          "a.cjs": "exports.early = 1; exports.b = require('./b.cjs'); exports.late = 2;",
          "b.cjs":
            "const a = require('./a.cjs'); const { early, late, __esModule } = a; module.exports = [early, late, 'never' in a, Object.keys(a)];",
        },
      },
    );
  });

  it("that a program has just written above its project is found there", async () => {
    await both(
      `const { mkdtempSync, writeFileSync } = require("fs"), { join } = require("path"), os = require("os");
       const path = join(os.tmpdir(), "lightcone-made-" + process.version + ".cjs");
       writeFileSync(path, "module.exports = 'made';"); console.log(require(path)); require("fs").rmSync(path);`,
      { name: "program.cjs" },
    );
  });
});

describe("require of an ES module", () => {
  it("says as Node does why it cannot", async () => {
    await both(
      `for (const name of ["awaits", "imports-awaiting", "throws", "broken", "circle"]) {
         for (let again = 0; again < 2; again++) {
           try { console.log(require("./" + name + ".mjs")); }
           catch ({ name: kind, code, message }) { console.log(name, kind, code, message.replaceAll(__dirname, "DIR")); }
         }
       }`,
      {
        name: "program.cjs",
        files: {
          "awaits.mjs": "await 1; export const x = 1;",
          "imports-awaiting.mjs": "import './awaits.mjs';",
          "throws.mjs": "throw new Error('boom');",
          "broken.mjs": "let x = ;",
          "circle.mjs":
            "import { createRequire } from 'module'; createRequire(import.meta.url)('./circle.mjs');",
        },
      },
    );
  });

  it("whose names are those of CommonJS explains what to write instead", async () => {
    await both(
      `for (const name of ["a.mjs", "b.mjs", "c.mjs", "d/e.js"]) {
         await import("./" + name).catch(({ name: kind, code, message }) => console.log(name, kind, code, message.replaceAll(import.meta.dirname, "DIR")));
       }`,
      {
        files: {
          "a.mjs": "require('fs');",
          "b.mjs": "console.log(__dirname);",
          "c.mjs": "await 1; module.exports = 1;",
          "d/e.js": "exports.a = 1;",
          "d/package.json": `{ "type": "module" }`,
        },
      },
    );
  });
});

describe("a namespace", () => {
  it("refuses assignments in Node's words, before its module has run and after", async () => {
    await both(
      `import * as self from "./program.mjs"; export let later = 1; export const fixed = 2;
       for (const change of [() => { self.later = 3; }, () => { delete self.later; }]) {
         try { change(); console.log("done"); } catch ({ name, message }) { console.log(name, message); }
       }
       for (const change of [() => { self.fixed = 3; }, () => { self.none = 3; }]) {
         try { change(); console.log("done"); } catch ({ name }) { console.log(name); }
       }
       later++; console.log(self.later);
       setTimeout(() => { try { self.later = 3; } catch ({ message }) { console.log(message); } });`,
    );
  });
});

describe("the global object", () => {
  it("has Node's names in Node's order, as values where they are values", async () => {
    await both(
      `console.log(Object.keys(globalThis).join());
       for (const name of ["Event", "Headers", "AbortController", "fetch", "crypto", "Response", "WebSocket", "global", "globalThis"]) {
         const found = Object.getOwnPropertyDescriptor(globalThis, name);
         console.log(name, found && Object.keys(found).join(), found?.enumerable, found?.configurable, found?.writable);
       }
       console.log(typeof Object.getOwnPropertyDescriptors(globalThis).Event, Reflect.getOwnPropertyDescriptor(globalThis, "Blob") !== undefined);`,
    );
  });
});

describe("V8's messages", () => {
  it("quote the code that a program has written", async () => {
    await both(
      `import path, { sep, none as renamed } from "./a.mjs"; import * as all from "./a.mjs"; import fs from "node:fs";
       const calls = [() => path(), () => sep(), () => renamed(), () => all.nothing(), () => all(), () => fs.nothing(), () => fs.promises.nothing(), () => new sep(),
         () => { const { a } = renamed; }, () => process.nothing(), () => Math.nothing(), () => globalThis.nothing(), () => sep.a.b.c(), () => setTimeout.nothing(), () => JSON(), () => Buffer.nothing(), () => navigatorless()];
       for (const call of calls) {
         try { call(); } catch (error) { console.log(error.name, error.message, error.stack.split("\\n")[0] === \`\${error.name}: \${error.message}\`); }
       }`,
      {
        files: { "a.mjs": "export default 1; export const sep = 2; export let none = undefined;" },
      },
    );
    await both(
      `for (const call of [() => process.nothing(), () => console.nothing.more(), () => { this(); }, () => require("fs").nothing(), () => exports(), () => new Date.nothing()]) {
         try { call(); } catch (error) { console.log(error.name, error.message); }
       }
       global.made = 5; try { made(); } catch (error) { console.log(error.message); } try { made.more.less; } catch (error) { console.log(error.message); }`,
      { name: "program.cjs" },
    );
  });
});

describe("import()", () => {
  it("checks its second argument as V8 does", async () => {
    await both(
      `for (const options of [5, null, "text", () => {}, {}, { with: 5 }, { with: null }, { with: { type: 5 } }, { with: { type: "json" } }, { with: { type: "css" } }]) {
         await import("./data.json", options).then((all) => console.log(all.default), ({ name, code, message }) => console.log(name, code, message.replaceAll(import.meta.dirname, "DIR")));
       }`,
      { files: { "data.json": `{"a":1}` } },
    );
  });
});

describe("an import of WebAssembly", () => {
  it("instantiates it with what it imports, where Node does", async () => {
    // It imports `./env.mjs`'s `base`, and exports `add` (its parameter and `base`) and a global, `limit`.
    const wasm =
      "0061736d01000000010a0260017f017f6000017f021201092e2f656e762e6d6a7304626173650001" +
      "030201000606017f00412a0b070f02036164640001056c696d697403000a09010700200010006a0b";
    await both(
      `import { writeFileSync } from "node:fs";
       writeFileSync("sum.wasm", Buffer.from(${JSON.stringify(wasm)}, "hex")); writeFileSync("broken.wasm", "no");
       await import("./sum.wasm").then((sum) => console.log(sum.add(2), sum.limit, Object.keys(sum), sum), ({ name, code }) => console.log(name, code));
       await import("./broken.wasm").catch(({ name, code, message }) => console.log(name, code, message.replace(import.meta.dirname, "DIR")));`,
      { files: { "env.mjs": "export const base = () => 40;" } },
    );
  });
});
