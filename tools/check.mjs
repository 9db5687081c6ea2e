/**
 * `npm run check`: lint (with the walls of `tools/layers.mjs`), format, types, all at once.
 * `npm run check -- --fix` formats and fixes what can be fixed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { overrides } from "./layers.mjs";
import { readOptions } from "./options.mjs";
import base from "./oxlint.base.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Writes the lint configuration, walls included, and returns its path. */
export function writeLintConfig() {
  const path = join(mkdtempSync(join(tmpdir(), "lightcone-lint-")), "oxlintrc.json");
  writeFileSync(
    path,
    JSON.stringify({ ...base, overrides: [...base.overrides, ...overrides()] }, null, 2),
  );
  return path;
}

function run(name, args) {
  return new Promise((done) => {
    const child = spawn(
      process.execPath,
      [join(root, "node_modules", ...args[0].split("/")), ...args.slice(1)],
      {
        cwd: root,
      },
    );
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (out += chunk));
    child.on("close", (code) => {
      console.log(`${code === 0 ? "✓" : "✗"} ${name}`);
      if (code !== 0) console.log(out.trimEnd());
      done(code === 0);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { fix } = readOptions("check", { fix: { type: "boolean" } }).values;
  const lintConfig = writeLintConfig();
  const results = await Promise.all([
    run("lint", [
      "oxlint/bin/oxlint",
      "-c",
      lintConfig,
      "--deny-warnings",
      ...(fix ? ["--fix"] : []),
      "src",
      "test",
      "tools",
      "bench",
      "examples",
      "corpus",
    ]),
    run("format", ["oxfmt/bin/oxfmt", ...(fix ? ["."] : ["--check", "."])]),
    run("types", ["typescript/bin/tsc", "-p", "tsconfig.json"]),
    run("types of the page", ["typescript/bin/tsc", "-p", "tsconfig.viewer.json"]),
    run("types of the package", [
      "typescript/bin/tsc",
      "-p",
      "tsconfig.build.json",
      "--noEmit",
      "--isolatedDeclarations",
    ]),
  ]);
  rmSync(dirname(lintConfig), { recursive: true, force: true });
  process.exit(results.every(Boolean) ? 0 : 1);
}
