/** The package, built from the sources as they are, once for all files of tests that need it. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Below node_modules, so that the built package finds its dependencies. */
const builds = join(root, "node_modules", ".cache", "lightcone-builds");

/** Builds of other sources are removed after this time: nobody works with them any more. */
const KEPT_MS = 24 * 3_600_000;

/** Returns the folder of the built package. */
export function builtPackage(): string {
  const folder = join(builds, digestOfSources());
  if (existsSync(folder)) return folder;
  removeOld();
  // Whoever else builds the same at this moment comes to the same.
  const made = `${folder}.${process.pid}`;
  mkdirSync(made, { recursive: true });
  const args = [join(root, "tools/build.mjs"), "--unchecked", "--out", join(made, "dist")];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the package does not build: ${stdout}${stderr}`);
  copyFileSync(join(root, "package.json"), join(made, "package.json"));
  try {
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function digestOfSources(): string {
  const hash = createHash("sha256").update(process.version);
  const sources = (readdirSync(join(root, "src"), { recursive: true }) as string[])
    .filter((name) => statSync(join(root, "src", name)).isFile())
    .toSorted()
    .map((name) => join("src", name));
  for (const name of ["package-lock.json", "tsconfig.json", "tsconfig.build.json", ...sources]) {
    hash.update(`${name}\0`).update(readFileSync(join(root, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

function removeOld(): void {
  if (!existsSync(builds)) return;
  for (const name of readdirSync(builds)) {
    const folder = join(builds, name);
    const status = statSync(folder, { throwIfNoEntry: false });
    if (status === undefined || Date.now() - status.mtimeMs < KEPT_MS) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}
