/** `npm run demo`: what `npx lightcone demo` shows, in a folder of its own, from what is built here. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readOptions } from "./options.mjs";

readOptions("demo");
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
if (!existsSync(main)) {
  console.error("demo: lightcone is not built here; run `npm ci` first");
  process.exit(2);
}
const cwd = mkdtempSync(join(tmpdir(), "lightcone-demo-"));
const { status } = spawnSync(process.execPath, [main, "demo"], { cwd, stdio: "inherit" });
process.exit(status ?? 2);
