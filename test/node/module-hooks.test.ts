/** A program's own hooks of loading modules, compared with the real Node. */
import * as realModule from "node:module";
import { describe, it } from "vitest";
import { both } from "./arms.ts";

const files = {
  "five.mjs": "export const x = 5;",
  "one.cjs": "module.exports = 1;",
  "deep.mjs": `import { x } from "./five.mjs"; import made from "made:up"; export default [x, made];`,
};
const attempt = `const attempt = async (name, call) => {
  try { console.log(name, await call()); } catch ({ code, message }) { console.log(name, code, message.split("\\n")[0]); }
};`;

describe("module.registerHooks", () => {
  it.runIf("registerHooks" in realModule)(
    "asks for what is required and imported, the last first",
    async () => {
      await both(
        `import * as m from "node:module";
       const require = m.createRequire(import.meta.url); ${attempt}
       const log = [];
       const first = m.registerHooks({
         resolve(name, context, next) { log.push("first " + name + " " + typeof context.parentURL); return next(name, context); },
         load(url, context, next) { log.push("load " + url.split("/").pop() + " " + context.format); return next(url, context); },
       });
       const second = m.registerHooks({
         resolve(name, context, next) {
           log.push("second " + name);
           if (name === "bad:short") return { url: name };
           return name.startsWith("made:") ? { url: name, shortCircuit: true } : next(name);
         },
         load(url, context, next) {
           if (url === "made:up") return { format: "module", source: "export default import.meta.url;", shortCircuit: true };
           if (url === "made:cjs") return { format: "commonjs", source: "exports.a = 1; exports.f = __filename", shortCircuit: true };
           if (url === "made:odd") return { format: "odd", source: "", shortCircuit: true };
           if (url === "made:nothing") return { format: "module", shortCircuit: true };
           const loaded = next(url, context);
           return url.endsWith("five.mjs") ? { ...loaded, source: String(loaded.source).replace("5", "7") } : loaded;
         },
       });
       await attempt("deep", async () => (await import("./deep.mjs")).default);
       await attempt("cjs", async () => { const { a, f } = await import("made:cjs"); return [a, f]; });
       for (const name of ["bad:short", "made:odd", "made:nothing"]) await attempt(name, () => import(name));
       await attempt("required", () => [require("./one.cjs"), require("./five.mjs").x, require("made:cjs").a]);
       await attempt("own", () => require("path") === require("node:path"));
       second.deregister();
       await attempt("gone", () => import("made:other"));
       first.deregister();
       // Node 22 resolves what a module imports before it loads any of it.
       console.log(log.sort().join("\\n"));`,
        { files },
      );
    },
  );
});

describe("module.register", () => {
  it("asks hooks in modules of their own, which may wait", async () => {
    await both(
      `import { createRequire, register } from "node:module"; ${attempt}
       register("./hooks.mjs", import.meta.url, { data: { made: "hooked" } });
       register("./later.mjs", { parentURL: import.meta.url });
       await attempt("deep", async () => (await import("./deep.mjs")).default);
       await attempt("one", async () => (await import("./one.cjs")).default);
       await attempt("required", () => createRequire(import.meta.url)("./one.cjs"));
       await attempt("short", () => import("made:short"));
       await attempt("absent", () => register("./absent.mjs", import.meta.url));`,
      {
        execArgv: ["--no-deprecation"],
        files: {
          ...files,
          "hooks.mjs": `let made; export async function initialize(data) { made = data.made; }
            export const resolve = async (name, context, next) => name === "made:up" ? { url: name, shortCircuit: true } : next(name);
            export async function load(url, context, next) {
              if (url === "made:up") return { format: "module", source: "export default " + JSON.stringify(made), shortCircuit: true };
              const loaded = await next(url, context);
              return url.endsWith("five.mjs") ? { ...loaded, source: String(loaded.source).replace("5", "6") } : loaded;
            }`,
          "later.mjs": `export async function resolve(name, context, next) {
              await new Promise((done) => setTimeout(done, 5));
              return name === "made:short" ? { url: name } : next(name);
            }`,
        },
      },
    );
  });
});
