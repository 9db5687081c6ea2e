/**
 * `npm run mutation [HISTORIES]`: the mutation suite at length. Every algorithm gets so many valid and so
 * many broken histories (2,000 if not given), and so does every planted bug until it is noticed.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const histories = process.argv[2] ?? "2000";
if (!/^[1-9][0-9]*$/.test(histories)) {
  console.error(`mutation: ${histories} is not a number of histories`);
  process.exit(2);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, "run", "test/check-mutation", "--testTimeout", "600000"],
  { cwd: root, stdio: "inherit", env: { ...process.env, MUTATION_HISTORIES: histories } },
);
child.on("close", (code) => process.exit(code ?? 1));
