/**
 * `npm run build [-- --out DIR] [--unchecked]` builds `dist`: JavaScript and types by tsc, then whatever else the package
 * carries.
 *   --out DIR      build into this folder instead; it must be able to find the package's dependencies
 *   --unchecked    JavaScript alone, as it is: without the types, and without looking at them
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { readOptions } from "./options.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { out, unchecked } = readOptions("build", {
  out: { type: "string", default: join(root, "dist") },
  unchecked: { type: "boolean" },
}).values;
const dist = resolve(out);
rmSync(dist, { recursive: true, force: true });
const tsc = `${root}node_modules/typescript/bin/tsc`;
if (!existsSync(tsc)) {
  console.error("build: TypeScript is not installed; run `npm ci` first");
  process.exit(1);
}
const quick = unchecked ? ["--noCheck", "--declaration", "false"] : [];
const done = spawnSync(
  process.execPath,
  [tsc, "-p", "tsconfig.build.json", "--outDir", dist, ...quick],
  { cwd: root, stdio: "inherit" },
);
if (done.status !== 0) process.exit(done.status ?? 1);
const main = join(dist, "cli", "main.js");
if (existsSync(main)) chmodSync(main, 0o755);
// What every campaign starts several times starts fast.
await bundle(join(dist, "cli", "runner-process.js"));

// The page of a run, and the licences of what is bundled into it.
const assets = pathToFileURL(join(dist, "explore", "viewer-assets.js")).href;
const { bundleViewer, viewerFiles } = await import(assets);
const page = bundleViewer(`${root}src/viewer/page`);
[page.script, page.protocols, page.style].forEach((text, index) => {
  writeFileSync(join(dist, "viewer", viewerFiles[index]), text);
});
copyFileSync(`${root}node_modules/preact/LICENSE`, join(dist, "viewer", "LICENSE-preact"));

// The world of `lightcone demo`.
copyFileSync(`${root}examples/demo/demo.world.ts`, join(dist, "cli", "demo.world.ts"));

// Lua, set up for Redis's scripts already. It comes from a package, and goes with its licence.
const redis = join(dist, "blocks", "redis");
const maker = pathToFileURL(join(redis, "scripting", "build-interpreter.js")).href;
const { buildInterpreter } = await import(maker);
writeFileSync(join(redis, "lua", "lua.wasm"), buildInterpreter());
const licence = `${root}node_modules/wasmoon-lua5.1/LICENSE`;
copyFileSync(licence, join(redis, "lua", "LICENSE"));
