/**
 * `npm run mutation [HISTORIES]`: the mutation suite at length. Every algorithm gets so many valid and so
 * many broken histories (2,000 if not given), and so does every planted bug until it is noticed.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readOptions, wholeNumber } from "./options.mjs";

const { positionals } = readOptions("mutation", {}, true);
const histories = wholeNumber("mutation", "the number of histories", positionals[0] ?? "2000");
const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const child = spawn(
  process.execPath,
  [vitest, "run", "test/check-mutation", "--testTimeout", "600000"],
  { cwd: root, stdio: "inherit", env: { ...process.env, MUTATION_HISTORIES: String(histories) } },
);
child.on("close", (code) => process.exit(code ?? 1));
