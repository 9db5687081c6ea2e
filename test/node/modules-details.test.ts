/** What Node's own tests ask of its loaders, asked of a simulated process and of the real Node alike. */
import { expect, it } from "vitest";
import { both } from "./arms.ts";

it("warns of circles, of a wrong main, and takes what a program puts around its files", async () => {
  const { stdout } = await both(
    `const Module = require("module");
     process.on("warning", ({ code, message }) => console.log(code, message.replaceAll(__dirname, "")));
     require("./a.js");
     require("./wrong-main");
     for (const name of ["no-index", "broken"]) {
       try { require("./" + name); } catch (error) {
         console.log(error.name, error.code, error.message.replaceAll(__dirname, "").split("\\n")[0]);
       }
     }
     require.extensions[".two.dots"] = (module) => { module.exports = "two dots"; };
     console.log(require("./file"), Module._resolveLookupPaths("./x"), require.resolve.paths("./x").length);
     Module.wrapper[0] += "exports.wrapped = true;";
     console.log(require("./plain.js"));`,
    {
      name: "program.cjs",
      files: {
        "a.js": `require("./b.js"); exports.a = 1;`,
        "b.js": `require("./a.js").missing;`,
        "wrong-main/package.json": `{ "main": "nowhere.js" }`,
        "wrong-main/index.js": "",
        "no-index/package.json": `{ "main": "nowhere.js" }`,
        "broken/package.json": `{`,
        "file.two.dots": "",
        "plain.js": "exports.plain = 1;",
      },
    },
  );
  expect(stdout).toContain("DEP0128");
  expect(stdout).toContain("property 'missing'");
});

it("reads exports and imports as Node does, and fails in its words", async () => {
  const targets = {
    "./space": "./with%20space.js",
    "./deep/*": "./lib/*.js",
    "./deep/internal/*": null,
    "./fallback": [[], null, "elsewhere:x", "./lib/x.js"],
    "./below": "../below.js",
    "./number": 12,
    "./absent": "./absent.js",
    "./native": { "node-addons": "./lib/x.js", default: "./lib/y.js" },
  };
  await both(
    `import { createRequire } from "node:module";
     const require = createRequire(import.meta.url);
     const requests = ["space", "deep/x", "deep/internal/x", "fallback", "below", "number", "absent", "native",
       "deep/../x", "deep/%2e./x", "deep/no%64e_modules/x", "deep/x%2Fy", "nothing"];
     const shown = (error) => error.code + " " + error.message.split(/ imported from|\\n/)[0]
       .replaceAll(import.meta.dirname, "");
     for (const request of requests) {
       try { console.log(request, require("pkg/" + request)); } catch (error) { console.log(request, shown(error)); }
       await import("pkg/" + request).then((found) => console.log(found.default), (error) => console.log(shown(error)));
     }
     for (const request of ["#own", "#other/x", "#none", "#", "%40x", "mixed", "numeric"]) {
       await import(request).then((found) => console.log(found.default), (error) => console.log(error.code));
     }`,
    {
      files: {
        "package.json": JSON.stringify({
          type: "module",
          imports: { "#own": "./own.js", "#other/*": "pkg/deep/*" },
        }),
        "own.js": "export default 'own';",
        "node_modules/pkg/package.json": JSON.stringify({ exports: targets }),
        "node_modules/pkg/with space.js": "module.exports = 'spaced';",
        "node_modules/pkg/lib/x.js": "module.exports = 'x';",
        "node_modules/pkg/lib/y.js": "module.exports = 'y';",
        "node_modules/mixed/package.json": `{ "exports": { ".": "./x.js", "node": "./y.js" } }`,
        "node_modules/numeric/package.json": `{ "exports": { ".": { "1": "./x.js" } } }`,
      },
    },
  );
});

it("finds what it imports the same way each time, and says what is wrong with it", async () => {
  await both(
    `import { rmSync, writeFileSync } from "node:fs"; import { types } from "node:util";
     import { createRequire } from "node:module";
     const awaits = await import("./awaits.mjs");
     try { createRequire(import.meta.url)("./awaits.mjs"); } catch ({ code }) { console.log(code); }
     console.log(types.isModuleNamespaceObject(awaits), types.isModuleNamespaceObject({ ...awaits }));
     const errors = [];
     for (let i = 0; i < 2; i++) await import("./" + "bad.mjs").catch((error) => errors.push(error));
     console.log(errors[0].name, errors[0] === errors[1]);
     await import("./late.mjs").catch(({ code }) => console.log(code));
     writeFileSync(new URL("./late.mjs", import.meta.url), "export default 1");
     const late = await import("./late.mjs");
     rmSync(new URL("./late.mjs", import.meta.url));
     console.log((await import("./late.mjs")) === late, typeof arguments);
     for (const url of ["node:unknown", "data:invalid,x", "data:text/css,", "http://a.b/c"]) {
       await import(url).catch(({ code }) => console.log(url, code));
     }
     await import("./commonjs.js").catch(({ message }) => console.log(message.replaceAll(import.meta.dirname, "")));`,
    {
      writesBesideItself: true,
      files: {
        "package.json": `{ "type": "module" }`,
        "awaits.mjs": "await 0; export const a = 1;",
        "bad.mjs": "export {",
        "commonjs.js": "console.log(require);",
      },
    },
  );
});

it("resolves what is relative to a URL in its own working directory", async () => {
  const { stdout } = await both(
    `import { pathToFileURL } from "node:url";
     const { pathname } = new URL(".", import.meta.url);
     console.log(pathToFileURL("x").pathname === pathname + "x");
     process.chdir("folder");
     console.log(pathToFileURL("x").pathname === pathname + "folder/x");`,
    { files: { "folder/y": "" } },
  );
  expect(stdout).toBe("true\ntrue\n");
});

it("loads what the command line and NODE_OPTIONS name before a program, from whatever it reads it", async () => {
  await both(
    `import { spawn } from "node:child_process"; import { text } from "node:stream/consumers";
     const cwd = import.meta.dirname;
     const run = async (args, input = "", env = {}) => {
       const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env } });
       child.stdin.on("error", () => {}).end(input);
       const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
       console.log(args.join(" "), out, error.split("\\n")[0].replace(/^\\S*node: /, "node: ").replace(/:\\d+\\)/, ")"), child.exitCode);
     };
     await run(["--require", "./first.cjs", "--import", "./second.mjs", "./main.cjs"]);
     await run(["./main.cjs"], "", { NODE_OPTIONS: "--require ./first.cjs" });
     await run([], "console.log('from input', typeof require)");
     await run(["--input-type=module", "-"], "console.log('module', typeof require)");
     await run(["--input-type=module", "-e", "import fs from 'fs'; console.log(typeof fs)"]);
     await run(["-C", "special", "-p", "require('pkg')"]);
     for (const mode of ["none", "warn-with-error-code", "strict", "wrong"]) {
       await run(["--unhandled-rejections=" + mode, "-e",
         "process.on('uncaughtException', (e) => console.log(e.message)); Promise.reject(new Error('no'));"]);
     }`,
    {
      files: {
        "first.cjs": `console.log("first"); require("module").runMain = ((run) => function (...args) {
          console.log("replaced"); return run.apply(this, args); })(require("module").runMain);`,
        "second.mjs": `console.log("second");`,
        "main.cjs": `console.log("main");`,
        "node_modules/pkg/package.json": `{ "exports": { "special": "./s.js", "default": "./d.js" } }`,
        "node_modules/pkg/s.js": "module.exports = 'special';",
        "node_modules/pkg/d.js": "module.exports = 'default';",
      },
    },
  );
});
