/** Installs the packages of a folder with a lock file of its own, which are no part of `npm ci` in the root. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Whether what the folder's lock file names is installed. `folder` ends in a slash. */
export function isInstalled(folder) {
  const stamp = `${folder}node_modules/.installed`;
  return existsSync(stamp) && readFileSync(stamp, "utf8") === lockOf(folder);
}

/** Installs what the folder's lock file names, unless it is there. Ends the tool called `name` if npm fails. */
export function installPackages(name, folder, shown) {
  if (isInstalled(folder)) return;
  console.error(`${name}: installing the packages of ${shown} (once) ...`);
  const args = ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  const shell = process.platform === "win32";
  // What npm says is no result of the tool.
  const stdio = ["ignore", process.stderr, process.stderr];
  const { status } = spawnSync("npm", args, { cwd: folder, stdio, shell });
  if (status !== 0) {
    console.error(`${name}: \`npm ci\` in ${shown} failed; it needs a network, once`);
    process.exit(2);
  }
  writeFileSync(`${folder}node_modules/.installed`, lockOf(folder));
}

function lockOf(folder) {
  return readFileSync(`${folder}package-lock.json`, "utf8");
}
