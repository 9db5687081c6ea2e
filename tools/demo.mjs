/**
 * `npm run demo`: looks for the run in which redlock, as it comes from npm, lets two workers hold one lock.
 * The demo expects to find it, so it ends well (exit code 0) when the campaign does not.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readOptions } from "./options.mjs";

readOptions("demo");
const root = fileURLToPath(new URL("..", import.meta.url));
const command = ["explore", "examples/redlock/redlock.world.ts", "--seed", "0x12", "--for", "50s"];

if (!existsSync(`${root}dist/cli/main.js`)) {
  console.error("demo: lightcone is not built here; run `npm ci` first");
  process.exit(2);
}
console.log(`\
Five Redis servers and three workers that share a lock, each on a simulated machine of its own.
redlock 4.2.0 and ioredis come from npm, unmodified. Workers pause, servers crash, clocks jump,
the network splits. Is the lock ever held by two?

$ npx lightcone ${command.join(" ")}
`);
const { status } = spawnSync(process.execPath, ["dist/cli/main.js", ...command], {
  cwd: root,
  stdio: "inherit",
});
if (status === 1) {
  console.log(
    "\nFound, as expected. The command after `replay` brings it back, to the last event.",
  );
} else if (status === 0) {
  console.log("\nNothing was found this time, though something should have been.");
}
process.exit(status === 1 ? 0 : status === 0 ? 1 : 2);
