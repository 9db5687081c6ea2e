/** `node:module` and `import.meta.resolve` are the process's own: no door leads to the real machine. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("createRequire", () => {
  it("gives the process's own built-in modules", async () => {
    const { stdout } = await hosted(
      `import * as fs from "node:fs";
       import timers from "node:timers";
       import Module, { createRequire, builtinModules, isBuiltin } from "node:module";
       const require = createRequire(import.meta.url);
       console.log(require("node:fs").readFileSync === fs.readFileSync);
       console.log(require("timers").setTimeout === setTimeout, require("timers") === timers);
       console.log(require("module") === Module, Module.createRequire === createRequire);
       console.log(require("os").hostname(), require("process") === process);
       const before = Date.now();
       require("timers").setTimeout(() => console.log(Date.now() - before), 60_000);
       console.log(builtinModules.includes("fs"), isBuiltin("node:fs"), isBuiltin("express"));`,
    );
    expect(stdout).toBe("true\ntrue true\ntrue true\nalone true\ntrue true false\n60000\n");
  });

  it("finds, caches and refuses as Node does", async () => {
    await both(
      `import { createRequire } from "node:module";
       import { pathToFileURL } from "node:url";
       const require = createRequire(import.meta.url);
       const say = (what) => { try { console.log(what()); } catch (error) {
         console.log(error.name, error.code, error.message, error.requireStack); } };
       say(() => require("./data.json"));
       say(() => require("./data"));
       say(() => require("./code.cjs") === require("./code.cjs"));
       say(() => Object.keys(require.cache).map((name) => name.split("/").at(-1)));
       say(() => require.resolve("./code.cjs"));
       say(() => require.resolve("fs") + require.resolve("node:fs"));
       say(() => require.resolve.paths("x").slice(0, 1));
       say(() => require.resolve.paths("./x").length + String(require.resolve.paths("fs")));
       say(() => require("./missing"));
       say(() => require.resolve("not-installed"));
       say(() => require("@scope/missing/deep"));
       say(() => require(""));
       say(() => require(1));
       say(() => require.resolve(1));
       say(() => require("dual"));
       say(() => require("dual/data"));
       say(() => require("dual/hidden"));
       say(() => require("dual/private/x"));
       say(() => require("dual/files/a.txt.js"));
       say(() => require("no-main"));
       say(() => require("node:nothing"));
       say(() => require.resolve("dual", { paths: [import.meta.dirname + "/elsewhere"] }));
       say(() => createRequire("relative/path"));
       say(() => createRequire(7));
       say(() => createRequire("http://example.com/x.js"));
       say(() => typeof createRequire(pathToFileURL("/x/y.js")));
       say(() => require.main);
       say(() => typeof require.extensions[".js"]);
       say(() => require("#own"));
       say(() => require("#fs").join("a", "b"));
       say(() => require("#none"));
       say(() => require("itself/code"));
       say(() => require("./broken.json"));`,
      {
        files: {
          "package.json":
            '{ "name": "itself", "exports": { "./code": "./code.cjs" }, "imports": { "#own": "./code.cjs", "#fs": "node:path" } }',
          "data.json": '{ "kept": [1, 2] }',
          "code.cjs": "module.exports = { made: module.children.length, file: __filename };",
          "broken.json": "{ not: json }",
          "node_modules/dual/package.json":
            '{ "name": "dual", "exports": { ".": { "import": "./i.mjs", "require": "./i.cjs" }, "./data": "./data.json", "./private/*": null, "./files/*.js": "./files/*" } }',
          "node_modules/dual/i.cjs": "module.exports = 'as commonjs';",
          "node_modules/dual/i.mjs": "export default 'as a module';",
          "node_modules/dual/data.json": "[1]",
          "node_modules/dual/files/a.txt": "module.exports = 'text';",
          "node_modules/dual/private/x": "",
          "node_modules/no-main/package.json": '{ "name": "no-main", "exports": { "./x": "./x" } }',
          "elsewhere/node_modules/dual/index.js": "",
          "elsewhere/mark.txt": "",
        },
      },
    );
  });

  it("gives modules that programs may make and load themselves", async () => {
    await both(
      `import Module, { createRequire } from "node:module";
       const made = new Module("/virtual/made.js");
       made.filename = "/virtual/made.js";
       made.paths = Module._nodeModulePaths("/virtual");
       made._compile("exports.name = __filename + typeof require; exports.own = module.id;", "/virtual/made.js");
       console.log(made.exports, made instanceof Module, Module.Module === Module, made.paths);
       console.log(Module.wrap("x"), Module.wrapper.length, Module._extensions[".json"] !== undefined);
       const load = Module._load;
       Module._load = function (request, ...rest) {
         return request === "intercepted" ? "yes" : load.call(this, request, ...rest);
       };
       console.log(createRequire(import.meta.url)("intercepted"));
       console.log(Module._resolveFilename("fs"), typeof Module.syncBuiltinESMExports());`,
    );
  });

  it("knows no source map of a file that has none", async () => {
    const { stdout } = await hosted(
      `import Module from "node:module";
       console.log(Module.findSourceMap?.("/x.js"));`,
    );
    expect(stdout).toBe("undefined\n");
  });
});

describe("what else node:module has", () => {
  it("works as Node's, where it only computes", async () => {
    await both(
      `import * as module from "node:module";
       const map = new module.SourceMap({ version: 3, sources: ["a.ts"], names: [], mappings: "AAAA;AACA", file: "a.js" });
       console.log(map.findEntry(1, 0), module.builtinModules.length, module.findSourceMap("/none.js"));
       console.log(module.stripTypeScriptTypes?.("let x: number = 1;"));
       console.log(module.findPackageJSON?.("dep", import.meta.url)?.split("/").slice(-3));
       console.log(module.findPackageJSON?.(import.meta.url)?.split("/").at(-1));
       console.log(Object.keys(module).filter((name) => !/^_/.test(name)).sort().join());`,
      {
        env: { NODE_NO_WARNINGS: "1" },
        files: {
          "package.json": '{ "name": "own" }',
          "node_modules/dep/package.json": '{ "name": "dep", "main": "lib/i.js" }',
          "node_modules/dep/lib/i.js": "",
        },
      },
    );
  });
});

describe("the files of those who call", () => {
  it("are the user's, by util.getCallSites, and by a stack that a program formats itself", async () => {
    const { stdout, stderr } = await hosted(
      `import { callers } from "./lib/callers.cjs";
       const ask = () => callers();
       for (const folder of ask()) console.log(folder.replace(/.*lightcone-test-\\w+/, ""));`,
      {
        files: {
          "lib/callers.cjs": `const { createRequire } = require("module"), util = require("util");
            const frames = () => {
              const before = Error.prepareStackTrace;
              Error.prepareStackTrace = (_, frames) => frames;
              const { stack } = new Error();
              Error.prepareStackTrace = before;
              return stack.slice(1).map((frame) => ({ scriptName: frame.getFileName() }));
            };
            exports.callers = () => (util.getCallSites ?? frames)().slice(1, 3).map(({ scriptName }) =>
              createRequire(scriptName).resolve.paths("x")[0]);`,
        },
      },
    );
    expect(stdout, stderr).toBe("/node_modules\n/node_modules\n");
  });
});

describe("import.meta", () => {
  it("resolves as Node does, with its errors", async () => {
    await both(
      `const say = (what) => { try { console.log(what()); } catch (error) {
         console.log(error.name, error.code, error.message); } };
       for (const specifier of ["fs", "node:fs", "./data.json", "./missing.js", "../up", "dual", "dual/data",
         "dual/hidden", "dual/private/x", "not-installed", "@scope/none", "main-only", "main-only/x.js",
         "https://example.com/a.js", "data:text/javascript,1", "file:///etc/nothing", "#own", "#none",
         "./d%2fd.js", "node:nothing", "itself/code", "./a?query#hash", "linked.txt"]) {
         say(() => specifier + " " + import.meta.resolve(specifier));
       }
       console.log(Object.keys(import.meta).filter((key) => key !== "main"), import.meta.filename);
       console.log(import.meta.dirname, import.meta.url, Object.getPrototypeOf(import.meta));`,
      {
        files: {
          "package.json":
            '{ "name": "itself", "exports": { "./code": "./code.cjs" }, "imports": { "#own": "./code.cjs" } }',
          "code.cjs": "",
          "data.json": "{}",
          "node_modules/dual/package.json":
            '{ "name": "dual", "exports": { ".": { "import": "./i.mjs", "require": "./i.cjs" }, "./data": "./data.json", "./private/*": null } }',
          "node_modules/dual/i.mjs": "",
          "node_modules/dual/data.json": "",
          "node_modules/main-only/package.json": '{ "name": "main-only", "main": "lib/m" }',
          "node_modules/main-only/lib/m.js": "",
          "node_modules/main-only/x.js": "",
        },
      },
    );
  });
});

describe("a name that depends on the file", () => {
  it("is only replaced where it is free, and not in text", async () => {
    await both(
      `import { fileURLToPath } from "node:url";
       import { dirname } from "node:path";
       import { kinds } from "./kinds.cjs";
       const __filename = fileURLToPath(import.meta.url);
       const __dirname = dirname(__filename);
       console.log("import.meta.url and __dirname", /import.meta/.source, __dirname, __filename);
       console.log(kinds("given"), ((__dirname) => __dirname)("a parameter"));`,
      {
        files: {
          "kinds.cjs":
            "exports.kinds = (__dirname) => [__dirname, typeof __filename, 'require.resolve', typeof require];",
        },
      },
    );
  });

  it("is undefined in an ES module, and text in CommonJS", async () => {
    await both(
      `import { kind } from "./lib.cjs"; import { kind as own } from "./lib.mjs";
       console.log(kind, own, typeof __dirname, typeof __filename);
       try { String(__dirname) } catch (error) { console.log(error.name); }`,
      {
        files: {
          "lib.cjs": "exports.kind = typeof __dirname;",
          "lib.mjs": "export const kind = typeof __dirname;",
        },
      },
    );
  });

  it("says which module is the main one", async () => {
    const { stdout } = await both(
      `const lib = require("./lib.cjs");
       console.log(require.main === module, lib.isMain, require.main === lib.main);
       if (require.main === module) console.log("runs");`,
      {
        name: "program.cjs",
        files: {
          "lib.cjs": "exports.isMain = require.main === module; exports.main = require.main;",
        },
      },
    );
    expect(stdout).toContain("runs");
  });
});
