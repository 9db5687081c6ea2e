/**
 * `node tools/consistency-doc.mjs` writes `docs/consistency.md` and its pictures from the table of levels.
 * A test (test/check-consistency/page.test.ts) fails while they differ.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { readOptions } from "./options.mjs";

readOptions("consistency-doc");
const root = fileURLToPath(new URL("..", import.meta.url));
const outfile = join(mkdtempSync(join(tmpdir(), "lightcone-doc-")), "page.mjs");
await build({
  entryPoints: [join(root, "tools/consistency-doc/page.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile,
});
const { consistencyFiles } = await import(pathToFileURL(outfile).href);
const files = consistencyFiles();
for (const [path, content] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
const images = "docs/images/consistency";
for (const name of readdirSync(join(root, images))) {
  if (!files.has(`${images}/${name}`)) rmSync(join(root, images, name));
}
console.log(`${files.size} files written, docs/consistency.md and ${files.size - 1} pictures`);
