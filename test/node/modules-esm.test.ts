/** ES modules as Node has them: strict, with real namespaces and live bindings, in Node's order. */
import { describe, expect, it } from "vitest";
import { both } from "./arms.ts";

describe("an ES module", () => {
  it("is strict, and has what an ES module has", async () => {
    const { stdout } = await both(
      `console.log("this", typeof this, typeof require, typeof module, typeof exports, typeof __dirname, typeof __filename);
       for (const f of [() => { Object.freeze({ a: 1 }).a = 2; }, () => { undeclared = 3; }, () => { delete Object.freeze({ a: 1 }).a; }, () => { "str".length = 3; }]) {
         try { f(); console.log("silent"); } catch (error) { console.log(error.name); }
       }
       (function () { console.log("this in a function", typeof this); })();
       console.log((function (a) { arguments[0] = 9; return a; })(1));
       console.log(typeof import.meta.url, Object.keys(import.meta).filter((key) => key !== "main"));`,
    );
    expect(stdout).toContain("ReferenceError");
  });

  it("keeps the names of what it declares", async () => {
    await both(
      `import * as A from "./a.mjs";
       import anonymous, { later } from "./b.mjs"; import Class from "./c.mjs"; import arrow from "./d.mjs";
       class User { static table = User.name; }
       class MyError extends Error { constructor(m) { super(m); this.name = this.constructor.name; } }
       function handler() {}
       console.log(A.User.name, User.name, User.table, new A.MyError("x").name, new MyError("x").name, A.handler.name, handler.name);
       console.log(anonymous.name, Class.name, new Class().made, arrow.name, later);`,
      {
        files: {
          "a.mjs": `export class User {} export class MyError extends Error { constructor(m) { super(m); this.name = new.target.name; } } export function handler() {}`,
          "b.mjs": `export let later = typeof hoisted; export default function () {} function hoisted() {}`,
          "c.mjs": `export default class { made = new.target?.name ?? this.constructor.name }`,
          "d.mjs": `export default () => 1`,
        },
      },
    );
  });

  it("exports by live bindings, through other modules too", async () => {
    await both(
      `import { count, add, renamed as again } from "./all.mjs";
       import * as ns from "./all.mjs";
       import fallback, * as own from "./counter.mjs";
       console.log(count, again, ns.count); add(); console.log(count, again, ns.count, fallback);
       const { count: copied } = ns; add(); console.log(copied, count, own.default);
       try { ns.count = 7; } catch (error) { console.log(error.name); }
       try { ns.more = 7; } catch (error) { console.log(error.name); }
       try { delete ns.count; } catch (error) { console.log(error.message); }
       try { count++; } catch (error) { console.log(error.name); }
       console.log(Object.keys(ns), "count" in ns, ns.nothing, Object.isExtensible(ns), Object.prototype.toString.call(ns));
       console.log(Reflect.getPrototypeOf(ns), ns[Symbol.toStringTag], ns, JSON.stringify(ns), ns.inner.deep);
       const shorthand = { count, add }; console.log(shorthand.count === count, typeof shorthand.add, \`\${count}\`);`,
      {
        files: {
          "counter.mjs": `export let count = 0; export function add() { count++; } export default count; export { count as "with a space" };`,
          "all.mjs": `export * from "./counter.mjs"; export { count as renamed } from "./counter.mjs"; export * as inner from "./inner.mjs"; export const z = 1, { a, b: [c = 5] } = { a: 2, b: [] };`,
          "inner.mjs": `export const deep = "deep";`,
        },
      },
    );
  });

  it("hoists functions over circles, and refuses what is not there yet", async () => {
    const { stdout } = await both(`import { b } from "./a.mjs"; console.log("main", b);`, {
      files: {
        "a.mjs": `import { b, useA } from "./b.mjs"; export function early() { return "early"; } export const late = "late"; export default class {} console.log("a", b, useA()); export { b };`,
        "b.mjs": `import fallback, { early, late } from "./a.mjs"; import * as self from "./b.mjs";
            console.log(early()); try { late; } catch (error) { console.log(error.name, error.message); }
            try { fallback; } catch (error) { console.log(error.name); }
            try { self.b; } catch (error) { console.log(error.name, error.message); }
            export const b = "b"; export const useA = () => late; console.log(self.b, Object.keys(self));`,
      },
    });
    expect(stdout).toContain("Cannot access 'late' before initialization");
  });

  it("awaits beside its siblings, and before its parents", async () => {
    const { stdout } = await both(
      `import "./a.mjs"; import "./b.mjs"; import "./c.mjs"; console.log("main");
       await import("./fails.mjs").catch((error) => console.log("caught", error.message));
       await import("./fails.mjs").catch((error) => console.log("again", error.message));`,
      {
        files: {
          "a.mjs": `import "./deep.mjs"; console.log("a start"); await new Promise((r) => setTimeout(r, 20)); console.log("a end");`,
          "b.mjs": `console.log("b start"); await new Promise((r) => setTimeout(r, 5)); console.log("b end");`,
          "c.mjs": `import "./a.mjs"; console.log("c");`,
          "deep.mjs": `for await (const x of [1, 2]) console.log("deep", x);`,
          "fails.mjs": `console.log("failing"); await null; throw new Error("no");`,
        },
      },
    );
    expect(stdout).toContain("b start\n");
    expect(stdout.match(/failing/g)).toHaveLength(1);
  });

  it("is one, however it is reached, and another with another query", async () => {
    await both(
      `import { readdirSync } from "node:fs";
       import { createRequire } from "node:module";
       import { registry } from "./models/registry.mjs";
       for (const f of readdirSync(new URL("./models/", import.meta.url)).filter((x) => x.endsWith(".model.mjs")).sort())
         await import(new URL("./models/" + f, import.meta.url));
       console.log([...registry.keys()].join());
       const one = await import("./models/registry.mjs"), two = await import("./models/../models/registry.mjs"), other = await import("./models/registry.mjs?2");
       console.log(one === two, one.registry === registry, other.registry === registry, other.url.endsWith("?2"));
       const require = createRequire(import.meta.url);
       console.log(require("./models/registry.mjs").registry === registry, require("./common.cjs").registry === registry);
       console.log((await import("./common.cjs")).default === require("./common.cjs"));`,
      {
        env: { NODE_NO_WARNINGS: "1" },
        files: {
          "models/registry.mjs": `export const registry = new Map(); export const url = import.meta.url;`,
          "models/user.model.mjs": `import { registry } from "./registry.mjs"; registry.set("user", 1);`,
          "models/post.model.mjs": `import { registry } from "./registry.mjs"; registry.set("post", 1);`,
          "common.cjs": `exports.registry = require("./models/registry.mjs").registry;`,
        },
      },
    );
  });

  it("runs what is imported for its effects, whatever its package says of them", async () => {
    const { stdout } = await both(`import "./server.js"; console.log("main");`, {
      files: {
        "package.json": '{ "type": "module", "sideEffects": false }',
        "server.js": `console.log("the server runs");`,
      },
    });
    expect(stdout).toBe("the server runs\nmain\n");
  });

  it("takes of CommonJS what Node finds in it", async () => {
    await both(
      `import all, { named, reexported } from "./c.cjs"; import * as ns from "./c.cjs";
       console.log(all.named === named, reexported, Object.keys(ns).filter((key) => key !== "module.exports"), all.hidden, ns.hidden);
       import transpiled, { __esModule as mark } from "./t.cjs"; console.log(transpiled, mark);
       import fs, { readFileSync } from "node:fs"; import * as fsNs from "fs"; console.log(fs.readFileSync === readFileSync, fsNs.default === fs, fsNs.readFileSync === readFileSync);
       import data from "./data.json" with { type: "json" }; console.log(data, (await import("./data.json", { with: { type: "json" } })).default === data);
       import { text } from "data:text/javascript,export const text = 'from a URL'"; console.log(text);
       await import("./bad.mjs").catch((error) => console.log(error.name, error.message));
       await import("./bad-builtin.mjs").catch((error) => console.log(error.name, error.message));`,
      {
        files: {
          "c.cjs": `const name = "hid" + "den"; exports.named = 1; exports[name] = 2; Object.defineProperty(exports, "getter", { enumerable: true, get() { return 3; } }); __export(require("./more.cjs")); function __export(m) { for (const k in m) exports[k] = m[k]; }`,
          "more.cjs": `exports.reexported = "more";`,
          "t.cjs": `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "its default"; exports.x = 1;`,
          "data.json": `{ "a": [1] }`,
          "bad.mjs": `import { nothing } from "./c.cjs";`,
          "bad-builtin.mjs": `import { nothing } from "node:fs";`,
        },
      },
    );
  });

  it("chooses the file of a package by Node's conditions", async () => {
    await both(
      `import kind from "kinds"; import { createRequire } from "node:module"; import own from "#own"; import self from "app/self";
       console.log(kind, createRequire(import.meta.url)("kinds"), own, self);
       for (const name of ["kinds/hidden", "kinds/none/x", "absent", "./no.mjs", "./folder", "kinds/pattern/a.js"])
         await import(name).then((ns) => console.log(ns.default), (error) => console.log(error.code, error.message));`,
      {
        files: {
          "package.json":
            '{ "name": "app", "type": "module", "exports": { "./self": "./self.js" }, "imports": { "#own": { "browser": "./no.js", "node": "./own.js" } } }',
          "own.js": `export default "own";`,
          "self.js": `export default "self";`,
          "folder/index.js": "",
          "node_modules/kinds/package.json":
            '{ "name": "kinds", "module": "./module.js", "browser": "./browser.js", "exports": { ".": { "module": "./module.js", "import": "./i.mjs", "require": "./r.cjs" }, "./none/*": null, "./pattern/*.js": "./lib/*.mjs" } }',
          "node_modules/kinds/i.mjs": `export default "import";`,
          "node_modules/kinds/r.cjs": `module.exports = "require";`,
          "node_modules/kinds/module.js": `export default "module";`,
          "node_modules/kinds/lib/a.mjs": `export default "by a pattern";`,
        },
      },
    );
  });

  it("shows its own lines in stack traces, and its URL", async () => {
    const { stdout } = await both(
      `import { fail } from "./fail.mjs";
       import process from "node:process"; const where = (stack) => stack.split("\\n").slice(1).filter((line) => line.includes("file:")).map((line) => line.trim().replace(new URL(".", import.meta.url).href, "")).join("|");
       try { setTimeout(() => {}, 0); if (process.pid) fail(setTimeout, clearTimeout); } catch (error) { console.log(where(error.stack)); }
       async function outer() { await null; await inner(); } async function inner() { await null; throw new Error("async"); }
       await outer().catch((error) => console.log(where(error.stack)));`,
      {
        files: {
          "fail.mjs": `import { join } from "node:path";\n\nexport function fail() {\n  setImmediate(() => {}); console.assert(join("a")); throw new Error("here");\n}`,
        },
      },
    );
    expect(stdout).toContain("fail.mjs:4:60");
  });
});
