/**
 * Imports a file of TypeScript with decorators: as it is where the loader takes it (a world's does), else what the
 * compiler makes of it, since Node itself does not.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The exports of `NAME.ts` in this folder. */
export async function loadTypeScript(name) {
  const source = join(here, `${name}.ts`);
  try {
    return await import(pathToFileURL(source));
  } catch (error) {
    if (error.code !== "ERR_UNKNOWN_FILE_EXTENSION" && !(error instanceof SyntaxError)) throw error;
  }
  // In a folder from which the packages are found.
  const cache = join(here, "../../node_modules/.built");
  mkdirSync(cache, { recursive: true });
  const built = mkdtempSync(join(cache, "program-"));
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const project = join(here, dirname(name), "tsconfig.json");
  const { status, stdout } = spawnSync(
    process.execPath,
    [compiler, "-p", project, "--outDir", built],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stdout);
  try {
    return await import(pathToFileURL(join(built, `${basename(name)}.js`)));
  } finally {
    rmSync(built, { recursive: true });
  }
}
