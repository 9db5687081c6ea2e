/**
 * `npm run kernels [-- SEEDS [FIRST]]`: random cuts, crashes, half-closes and writes on two real Linux stacks
 * (network namespaces; needs root) and on two simulated ones, compared. 20 s a seed, five at a time.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [seeds = "20", first = "1"] = process.argv.slice(2);
if (![seeds, first].every((text) => /^[0-9]+$/.test(text))) {
  console.error("kernels: how many seeds, and the first of them, are numbers");
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  ["node_modules/vitest/vitest.mjs", "run", "test/network/kernels.test.ts", "--maxConcurrency=5"],
  {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: "inherit",
    env: { ...process.env, LIGHTCONE_KERNELS: `${first} ${seeds}` },
  },
);
process.exit(status ?? 1);
