/** Builds `dist`: JavaScript and types by tsc, then whatever else the package carries. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const tsc = `${root}node_modules/typescript/bin/tsc`;
if (!existsSync(tsc)) {
  console.error("build: TypeScript is not installed; run `npm ci` first");
  process.exit(1);
}
const done = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (done.status !== 0) process.exit(done.status ?? 1);
const main = `${root}dist/cli/main.js`;
if (existsSync(main)) chmodSync(main, 0o755);

// Lua, set up for Redis's scripts already. It comes from a package, and goes with its licence.
const { buildInterpreter } = await import("../dist/blocks/redis/scripting/build-interpreter.js");
writeFileSync(`${root}dist/blocks/redis/lua/lua.wasm`, buildInterpreter());
const licence = `${root}node_modules/wasmoon-lua5.1/LICENSE`;
copyFileSync(licence, `${root}dist/blocks/redis/lua/LICENSE`);
