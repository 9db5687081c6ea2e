/**
 * `npm run disks [-- --programs 20] [--seed 1]`: compares the simulated disk with ext4, XFS and btrfs. Random programs of
 * file operations run on images on loop devices, which crash after each call. It needs Linux, root, loop devices,
 * and the packages e2fsprogs, xfsprogs and btrfs-progs.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readOptions, wholeNumber } from "./options.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { programs, seed } = readOptions("disks", {
  programs: { type: "string", default: "20" },
  seed: { type: "string", default: "1" },
}).values;
for (const command of ["mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "losetup"]) {
  if (spawnSync(command, ["--version"]).error) {
    console.error(`disks: there is no ${command}`);
    process.exit(1);
  }
}
if (process.getuid?.() !== 0) {
  console.error("disks: only root may mount file systems");
  process.exit(1);
}
const env = {
  ...process.env,
  LIGHTCONE_DISK_PROGRAMS: String(wholeNumber("disks", "--programs", programs)),
  LIGHTCONE_DISK_SEED: String(wholeNumber("disks", "--seed", seed)),
};
const args = [`${root}node_modules/vitest/vitest.mjs`, "run", "test/disk/reality"];
process.exit(spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env }).status ?? 1);
