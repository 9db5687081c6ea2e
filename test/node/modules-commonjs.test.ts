/** CommonJS as Node has it: sloppy where it is sloppy, found and refused at run time, one instance a file. */
import { describe, expect, it } from "vitest";
import { both } from "./arms.ts";

describe("CommonJS", () => {
  it("is sloppy where it does not say otherwise", async () => {
    await both(
      `function protected() { return "a name"; }
       console.log(protected(), this === module.exports, typeof arguments, arguments.length);
       (function () { console.log(this === globalThis, this === global); })();
       function bare() { return this; } console.log(bare() === globalThis, bare.call(7) instanceof Number);
       (function () { "use strict"; console.log(this); })();
       with ({ inside: 1 }) { console.log(inside, typeof setTimeout); }
       var x = 1; console.log(delete x, 010, typeof await);
       made = "without a declaration"; console.log(made, global.made, typeof neverMade, delete global.made, typeof made);
       try { neverMade; } catch (error) { console.log(error.name, error.message); }
       try { neverMade(); } catch (error) { console.log(error.name, error.message); }
       (function (root) { root.fromUmd = 5; })(typeof self !== "undefined" ? self : this); console.log(exports.fromUmd);
       (function () { this.set = 6; })(); console.log(typeof set, set);
       if (true) { function inBlock() { return "in a block"; } } console.log(inBlock());
       console.log((function f(a, a) { return a; })(1, 2), ((text) => eval(text))("typeof module"), new Function("return typeof module")());`,
      { name: "program.cjs" },
    );
  });

  it("makes instances of what `this` is, or has", async () => {
    await both(
      `function Class() {}
       Class.create = function () { return new this(); };
       Class.bare = function () { return new this; };
       Class.Inner = class { constructor(x) { this.x = x; } };
       Class.inner = function (x) { return new this.Inner(x); };
       Class.named = function (name, x) { return new this[name](x).x; };
       Class.extend = function () { const made = () => new this(); return made(); };
       console.log(Class.create() instanceof Class, Class.bare() instanceof Class, Class.inner(1), Class.named("Inner", 2));
       console.log(Class.extend() instanceof Class);
       Class.lines = function () {
         const first = Class
         this.second = first
         return new this.Inner(this.second === Class)
       };
       console.log(Class.lines());
       try { (function () { return new this(); })(); } catch (error) { console.log(error.name); }`,
      { name: "program.cjs" },
    );
  });

  it("sees globals that others define and replace, by their bare names", async () => {
    await both(
      `require("./define.cjs"); console.log(setting, helper(), typeof later);
       global.later = 1; console.log(later, require("./use.cjs")());
       const before = setTimeout; globalThis.setTimeout = (f) => f("replaced"); setTimeout(console.log); require("./use.cjs").timer(); globalThis.setTimeout = before;
       setting = "assigned"; console.log(global.setting); setting += "!"; [setting] = [setting + "?"]; console.log(setting, { setting });
       const text = \`\${setting}\`; console.log(text)
       setImmediate(() => console.log("a line without a semicolon before"))
       helper()`,
      {
        name: "program.cjs",
        files: {
          "define.cjs": `global.setting = "defined"; helper = function () { return this === undefined || this === globalThis ? "no receiver" : "a receiver"; };`,
          "use.cjs": `module.exports = () => later + setting; module.exports.timer = () => setTimeout((x) => console.log("elsewhere", x));`,
        },
      },
    );
  });

  it("meets absent packages when it asks for them, and no sooner", async () => {
    await both(
      `const load = (f) => { try { console.log(f()); } catch (e) { console.log("caught", e.code, e.message.split("\\n")[0]); } };
       load(() => require("not-there")); load(() => require.resolve("not-there")); load(() => require("optional"));
       load(() => { try { return require("a"); } catch { return require("b"); } });
       for (const b of ["Release", "Debug"]) load(() => require("./build/" + b + "/native"));
       load(() => require(\`./plug/\${"nope"}.js\`)); load(() => require("./plug/" + "a")); load(() => require("./plug"));
       load(() => require("./plug/README.md"));
       import("not-there").catch((e) => console.log("caught", e.code));
       console.log(Object.keys(require.cache).map((name) => name.split("/").at(-1)), module.children.length);`,
      {
        name: "program.cjs",
        files: {
          "plug/a.js": `module.exports = "A";`,
          "plug/README.md": "# readme",
          "node_modules/optional/package.json": '{ "name": "optional", "main": "./missing.js" }',
          "node_modules/optional/index.js": `module.exports = require("peer-that-is-absent");`,
        },
      },
    );
  });

  it("requires ES modules, unless they await", async () => {
    await both(
      `const ns = require("./m.mjs"); console.log(ns.a, ns.default, ns.__esModule, Object.keys(ns), require("./m.mjs") === ns);
       console.log(require("./plain.mjs"), require("./whole.mjs"), require("./typed/x.js").kind, require("./detected.js").kind, require("sync").kind);
       try { require("./awaits.mjs"); } catch (error) { console.log(error.code); }
       try { require("./throws.mjs"); } catch (error) { console.log(error.message); }
       try { require("./throws.mjs"); } catch (error) { console.log(error.message); }
       import("./m.mjs").then((same) => console.log(same.default === ns.default, same.a));`,
      {
        name: "program.cjs",
        env: { NODE_NO_WARNINGS: "1" },
        files: {
          "m.mjs": `export const a = 1; export default "its default";`,
          "plain.mjs": `export const named = 1;`,
          "whole.mjs": `export { whole as "module.exports" }; const whole = "all of it";`,
          "typed/package.json": '{ "type": "module" }',
          "typed/x.js": `export const kind = typeof require;`,
          "detected.js": `export const kind = typeof module;`,
          "awaits.mjs": `await null; export default 1;`,
          "throws.mjs": `throw new Error("as it runs");`,
          "node_modules/sync/package.json":
            '{ "name": "sync", "exports": { "module-sync": "./s.mjs", "default": "./s.cjs" } }',
          "node_modules/sync/s.mjs": `export const kind = "module-sync";`,
          "node_modules/sync/s.cjs": `exports.kind = "default";`,
        },
      },
    );
  });

  it("loads a file once, however it is reached", async () => {
    const { stdout } = await both(
      `const fs = require("fs"), path = require("path");
       const shared = require("./models/shared.js"); shared.inc();
       for (const f of fs.readdirSync(path.join(__dirname, "models")).filter((x) => x.endsWith(".model.js"))) {
         const M = require(path.join(__dirname, "models", f)); console.log(f, M.n, M.prototype instanceof shared.Base, M.name);
       }
       delete require.cache[require.resolve("./models/shared.js")]; console.log(require("./models/shared.js") === shared);
       console.log(require("./circle/a.js"));`,
      {
        name: "program.cjs",
        files: {
          "models/shared.js": `let n = 0; class Base {} module.exports = { inc: () => ++n, Base };`,
          "models/user.model.js": `const { inc, Base } = require("./shared.js"); module.exports = class User extends Base { static n = inc(); };`,
          "circle/a.js": `exports.done = false; exports.b = require("./b.js"); exports.done = true;`,
          "circle/b.js": `exports.sees = require("./a.js").done;`,
        },
      },
    );
    expect(stdout).toContain("user.model.js 2 true User\n");
  });

  it("lets programs hook into the loader", async () => {
    await both(
      `const Module = require("module");
       Module._extensions[".txt"] = (module, file) => { module.exports = "text: " + require("fs").readFileSync(file, "utf8"); };
       console.log(require("./note.txt"), require("./note"));
       const js = Module._extensions[".js"];
       Module._extensions[".js"] = (module, file) => { const compile = module._compile; module._compile = (code, name) => compile.call(module, code.replace("ORIGINAL", "HOOKED"), name); js(module, file); };
       console.log(require("./code.js"));
       const resolve = Module._resolveFilename; Module._resolveFilename = function (request, ...rest) { return resolve.call(this, request === "alias" ? "./code.js" : request, ...rest); };
       console.log(require("alias")); const load = Module._load;
       Module._load = function (request) { const exports = load.apply(this, arguments); return request === "fs" ? { patched: true } : exports; };
       console.log(require("fs").patched, require("./inner.js"), module.parent, module.id, require.main === module, module.loaded);
       console.log(require("./inner.js") === require("./inner.js"), require.cache[require.resolve("./inner.js")].parent === module);`,
      {
        name: "program.cjs",
        files: {
          "note.txt": "a note",
          "code.js": `module.exports = "ORIGINAL";`,
          "inner.js": `module.exports = require("fs").patched;`,
        },
      },
    );
  });

  it("keeps frames of the loader's out of the stacks that programs format", async () => {
    const { stdout } = await both(
      `Error.stackTraceLimit = 50; // Node's loader has frames of its own.
       const files = () => { const before = Error.prepareStackTrace; Error.prepareStackTrace = (_, sites) => sites; const { stack } = new Error(); Error.prepareStackTrace = before;
         return stack.map((site) => [site.getFileName(), site.getLineNumber(), site.getColumnNumber(), site.getFunctionName()]).filter(([file]) => file && !file.startsWith("node:")); };
       exports.files = files;
       console.log(JSON.stringify(require("./caller.js")).replaceAll(__dirname, ""));`,
      {
        name: "program.cjs",
        files: {
          "caller.js": `\nmodule.exports = setTimeout && process.pid && (function named() { return module.parent.exports.files(); })();`,
        },
      },
    );
    expect(stdout).toContain("/caller.js");
    expect(stdout).not.toContain("lightcone:");
  });
});
