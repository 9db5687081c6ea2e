/** Programs find the files that they and their packages read beside themselves. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { both, hosted, inFolder, runHosted, runReal, type Setting } from "./arms.ts";

/** Runs a program on both arms, after `arrange` has made of its folder what no text can say. */
async function arranged(
  source: string,
  setting: Setting,
  arrange: (folder: string) => void,
): Promise<string> {
  return inFolder(source, setting, async (entry) => {
    arrange(dirname(entry));
    const [host, real] = [await runHosted(entry, setting), await runReal(entry, setting)];
    expect(host.stdout, host.stderr + real.stderr).toBe(real.stdout);
    expect(real.code, real.stderr).toBe(0);
    return host.stdout;
  });
}

const lua = {
  "node_modules/lua-queue/package.json": '{ "name": "lua-queue", "version": "4.0.0" }',
  "node_modules/lua-queue/lib/index.js": `
    const fs = require("fs"), path = require("path");
    exports.commands = () => fs.readdirSync(path.join(__dirname, "commands")).map((name) => [
      name, fs.readFileSync(path.join(__dirname, "commands", name), "utf8")]);
    exports.version = require("../package.json").version;
    exports.stat = () => {
      const s = fs.statSync(path.join(__dirname, "commands", "add-3.lua"));
      return [s.isFile(), s.size, fs.existsSync(__filename), path.basename(__filename)];
    };`,
  "node_modules/lua-queue/lib/commands/add-3.lua": "return 3",
  "node_modules/lua-queue/lib/commands/remove-1.lua": "return 1",
};

const wasm = {
  "node_modules/@crdt/wasm/package.json":
    '{ "name": "@crdt/wasm", "version": "1.0.0", "type": "module", "exports": { ".": { "import": "./index.mjs", "require": "./index.cjs" }, "./data": "./dist/data.bin", "./private/*": null, "./files/*": "./dist/*" } }',
  "node_modules/@crdt/wasm/index.mjs": `
    import { readFileSync } from "node:fs";
    export const bytes = readFileSync(new URL("./dist/data.bin", import.meta.url));
    export const here = import.meta.dirname.split("/").slice(-2).join("/");`,
  "node_modules/@crdt/wasm/index.cjs": "module.exports = 'commonjs';",
  "node_modules/@crdt/wasm/dist/data.bin": "\u0000asm data",
  "node_modules/@crdt/wasm/dist/more/deep.txt": "deep",
};

describe("a package reads its own files", () => {
  it("by __dirname: a folder of scripts", async () => {
    const { stdout } = await both(
      `import { commands, stat, version } from "lua-queue/lib/index.js";
       console.log(JSON.stringify([commands(), stat(), version]));`,
      { files: lua },
    );
    expect(stdout).toContain("remove-1.lua");
  });

  it("by import.meta.url, from an ES module", async () => {
    const { stdout } = await both(
      `import { bytes, here } from "@crdt/wasm";
       console.log(bytes.length, here);`,
      { files: wasm },
    );
    expect(stdout).toBe("9 @crdt/wasm\n");
  });

  it("none of whose JavaScript is imported", async () => {
    const { stdout } = await both(
      `import { createRequire } from "node:module";
       import { readFileSync } from "node:fs";
       const require = createRequire(import.meta.url);
       const path = require.resolve("wasm-data/dist/data.wasm");
       console.log(path, readFileSync(path, "utf8"), require("wasm-data/package.json").version);`,
      {
        files: {
          "node_modules/wasm-data/package.json": '{ "name": "wasm-data", "version": "1.2.3" }',
          "node_modules/wasm-data/dist/data.wasm": "bytes",
        },
      },
    );
    expect(stdout).toContain("bytes 1.2.3");
  });

  it("nested below another, and not the one above", async () => {
    const { stdout } = await both(`import { data } from "outer"; console.log(data);`, {
      files: {
        "node_modules/outer/package.json":
          '{ "name": "outer", "type": "module", "main": "./i.js" }',
        "node_modules/outer/i.js": `
          import { createRequire } from "node:module"; import { readFileSync } from "node:fs";
          export const data = readFileSync(createRequire(import.meta.url).resolve("inner/x"), "utf8");`,
        "node_modules/outer/node_modules/inner/x": "the nested one",
        "node_modules/inner/x": "the hoisted one",
      },
    });
    expect(stdout).toBe("the nested one\n");
  });

  it("behind a link, as in a workspace, by the link and by its real path", async () => {
    const stdout = await arranged(
      `import { createRequire } from "node:module";
       import { readFileSync, readlinkSync, realpathSync } from "node:fs";
       import { own } from "shared";
       const require = createRequire(import.meta.url);
       const link = new URL("node_modules/shared", import.meta.url).pathname;
       console.log(own, readlinkSync(decodeURI(link)), require.resolve("shared/data.txt"));
       console.log(readFileSync(decodeURI(link) + "/data.txt", "utf8"), realpathSync(decodeURI(link)));`,
      {
        name: "app/program.mjs",
        files: {
          "app/package.json": '{ "name": "app" }',
          "packages/shared/package.json": '{ "name": "shared", "main": "./index.js" }',
          "packages/shared/index.js": `exports.own = require("fs").readFileSync(__dirname + "/data.txt", "utf8");`,
          "packages/shared/data.txt": "shared data",
        },
      },
      (folder) => {
        mkdirSync(join(folder, "node_modules"));
        symlinkSync("../../packages/shared", join(folder, "node_modules/shared"));
      },
    );
    expect(stdout).toContain("packages/shared/data.txt\n");
  });

  it("in pnpm's layout, where all is links", async () => {
    const store = "node_modules/.pnpm";
    const stdout = await arranged(
      `import { text, peer } from "top"; console.log(text, peer);`,
      {
        files: {
          [`${store}/top@1.0.0/node_modules/top/package.json`]:
            '{ "name": "top", "main": "./index.js" }',
          [`${store}/top@1.0.0/node_modules/top/index.js`]: `
            const fs = require("fs");
            exports.text = fs.readFileSync(require("path").join(__dirname, "t.txt"), "utf8");
            exports.peer = fs.readFileSync(require.resolve("dep/d.txt"), "utf8");`,
          [`${store}/top@1.0.0/node_modules/top/t.txt`]: "of top",
          [`${store}/dep@2.0.0/node_modules/dep/package.json`]: '{ "name": "dep" }',
          [`${store}/dep@2.0.0/node_modules/dep/d.txt`]: "of dep",
        },
      },
      (folder) => {
        symlinkSync(".pnpm/top@1.0.0/node_modules/top", join(folder, "node_modules/top"));
        const beside = join(folder, store, "top@1.0.0/node_modules/dep");
        symlinkSync("../../dep@2.0.0/node_modules/dep", beside);
      },
    );
    expect(stdout).toBe("of top of dep\n");
  });

  it("under a path with spaces and letters of other alphabets", async () => {
    const { stdout } = await both(
      `import { readFileSync, readdirSync } from "node:fs";
       import { text } from "daten";
       import { fileURLToPath } from "node:url";
       console.log(text, import.meta.resolve("daten/größe.txt").split("/").at(-1));
       console.log(readFileSync(new URL("./ein ordner/é.txt", import.meta.url), "utf8"));
       console.log(readdirSync(fileURLToPath(new URL("./ein ordner", import.meta.url))));`,
      {
        name: "mein ördner/program.mjs",
        files: {
          "mein ördner/ein ordner/é.txt": "gelesen",
          "mein ördner/node_modules/daten/package.json": '{ "name": "daten", "main": "i.js" }',
          "mein ördner/node_modules/daten/i.js":
            'exports.text = require("fs").readFileSync(__dirname + "/größe.txt", "utf8");',
          "mein ördner/node_modules/daten/größe.txt": "groß",
        },
      },
    );
    expect(stdout).toContain("groß gr%C3%B6%C3%9Fe.txt");
  });
});

describe("a native add-on", () => {
  it("is refused by name, however it is loaded, and its package may do without", async () => {
    const { stdout } = await hosted(
      `import { errors } from "addon"; console.log(errors.join("\\n"));`,
      {
        files: {
          "node_modules/addon/package.json": '{ "name": "addon", "main": "i.js" }',
          "node_modules/addon/i.js": `const path = require("path"); exports.errors = [];
            const attempt = (load) => { try { load(); } catch (error) {
              exports.errors.push(error.code + " " + path.basename(error.message)); } };
            attempt(() => require("./build/native.node"));
            attempt(() => require(path.join(__dirname, "build", "native.node")));`,
          "node_modules/addon/build/native.node": "\u007fELF, and so on",
        },
      },
    );
    const refusal = "LC_NOT_SIMULATED native.node: native add-ons are not simulated\n";
    expect(stdout).toBe(refusal + refusal);
  });
});

describe("a program reads its own files", () => {
  it("by the patterns in which programs name them", async () => {
    const { stdout } = await both(
      `import { readFileSync as read, readdirSync } from "node:fs";
       import path, { dirname, join } from "node:path";
       import { fileURLToPath } from "node:url";
       const __dirname = dirname(fileURLToPath(import.meta.url));
       const root = join(__dirname, "..")
       const language = process.env.LANGUAGE ?? "de";
       console.log(read(new URL("./a.txt", import.meta.url), "utf8"));
       console.log(read(path.join(__dirname, "data", "b.txt"), "utf8"));
       console.log(read(__dirname + "/c.txt", "utf8"), read(\`\${__dirname}/d.txt\`, "utf8"));
       console.log(read(path.resolve(root, "e.txt"), "utf8"), readdirSync(join(__dirname, "data")));
       console.log(read(join(import.meta.dirname, "words", \`\${language}.txt\`), "utf8"));
       console.log(read(new URL(\`./word-\${language}.txt\`, import.meta.url), "utf8"));
       console.log(read(fileURLToPath(import.meta.url), "utf8").length);`,
      {
        name: "src/program.mjs",
        files: {
          "src/a.txt": "a",
          "src/data/b.txt": "b",
          "src/c.txt": "c",
          "src/d.txt": "d",
          "e.txt": "e",
          "package.json": "{}",
          "src/words/de.txt": "wort",
          "src/word-de.txt": "ein wort",
        },
      },
    );
    expect(stdout).toContain("ein wort\n");
  });

  it("which it finds by listing its own folder, and requires", async () => {
    const { stdout } = await both(
      `const { readdirSync } = require("fs"), { join } = require("path");
       for (const name of readdirSync(join(__dirname, "models")).sort())
         console.log(name, require(join(__dirname, "models", name)).model);
       console.log(readdirSync(__dirname).includes("models"));`,
      {
        name: "program.cjs",
        files: {
          "models/a.js": 'exports.model = "A " + require("./b").model;',
          "models/b.js": 'exports.model = "B " + require("../lib").lib;',
          "lib.js": 'exports.lib = "of the library";',
        },
      },
    );
    expect(stdout).toBe("a.js A B of the library\nb.js B of the library\ntrue\n");
  });

  it("and all else of its project, but for its history", async () => {
    const { stdout } = await hosted(
      `import { existsSync, readdirSync } from "node:fs";
       const own = new URL("./program.mjs", import.meta.url);
       console.log(existsSync(own), existsSync("settings.json"), readdirSync("."));`,
      { files: { "settings.json": "{}", ".git/config": "", "package.json": "{}" } },
    );
    expect(stdout).toBe("true true [ 'package.json', 'program.mjs', 'settings.json' ]\n");
  });

  it("and changes them in the host's memory alone", async () => {
    await inFolder(
      `import { appendFileSync, readFileSync, statSync } from "node:fs";
       const log = new URL("./log.txt", import.meta.url);
       appendFileSync(log, "+");
       console.log(readFileSync(log, "utf8"), statSync(log).size);`,
      { files: { "log.txt": "log" } },
      async (entry) => {
        expect((await runHosted(entry)).stdout).toBe("log+ 4\n");
        expect((await runHosted(entry)).stdout).toBe("log+ 4\n");
        expect((await runReal(entry)).stdout).toBe("log+ 4\n");
        expect(realpathSync(entry)).toBe(entry);
        writeFileSync(join(dirname(entry), "log.txt"), "new");
        expect((await runHosted(entry)).stdout).toBe("new+ 4\n");
      },
    );
  });
});

describe("what a program asks for by a name that only it knows", () => {
  const files = {
    "jobs/one.cjs": "module.exports = () => 'one, ' + require('./part.cjs');",
    "jobs/part.cjs": "module.exports = 'in parts';",
    "jobs/two.mjs": `import { readFileSync } from "node:fs";
      export const text = readFileSync(new URL("./two.txt", import.meta.url), "utf8");
      export default () => "two, " + text;`,
    "jobs/two.txt": "with data",
    "jobs/three.mjs":
      "export const late = await new Promise((r) => setTimeout(r, 5, 'three, awaited'));",
    "node_modules/plugin/package.json":
      '{ "name": "plugin", "exports": { "import": "./plugin.mjs" } }',
    "node_modules/plugin/plugin.mjs": "export const name = 'a plugin';",
  };

  it("is imported, whatever kind of module it is", async () => {
    const { stdout } = await both(
      `const at = (name) => new URL("./jobs/" + name, import.meta.url);
       const one = await import(at("one.cjs"));
       console.log(one.default());
       const two = await import(at("two.mjs").href);
       console.log(two.default(), Object.keys(two), (await import(at("two.mjs"))) === two);
       console.log((await import(at("three.mjs"))).late);
       const wanted = process.argv[2] ?? "plugin";
       console.log((await import(wanted)).name);
       await import(at("none.mjs")).catch((error) => console.log(error instanceof Error));`,
      { files },
    );
    expect(stdout).toContain(
      "two, with data [ 'default', 'text' ] true\nthree, awaited\na plugin\n",
    );
  });

  it("is required, relative to the file that asks", async () => {
    await both(
      `import { load } from "./lib/loader.cjs";
       console.log(load("../jobs/one.cjs")(), load("plain").name);
       try { load("missing") } catch (error) { console.log(error.code, error.message.split("\\n")[0]); }`,
      {
        files: {
          ...files,
          "lib/loader.cjs":
            "exports.jobs = require('path').join(__dirname, '../jobs'); exports.load = (name) => require(name);",
          "node_modules/plain/index.js": "exports.name = 'plain'",
        },
      },
    );
  });
});
