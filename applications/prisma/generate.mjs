/**
 * `node applications/prisma/generate.mjs CHECKOUT SCHEMA`: generates the Prisma client of a checkout with Prisma's query
 * compiler (WebAssembly) instead of its native engines. The schema is the application's own; only the `engineType` of
 * its generator is another, in a copy below the checkout's node_modules. Prisma 6.16 or later has to be installed there.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const [checkout, schema] = process.argv.slice(2).map((path) => resolve(path));
const text = readFileSync(schema, "utf8");
const generator = /(generator\s+\w+\s*\{)([^}]*)\}/;
if (!generator.test(text)) throw new Error(`${schema} has no generator`);
const copy = `${checkout}/node_modules/.prisma/schema.prisma`;
writeFileSync(
  copy,
  text.replace(generator, (_, head, lines) => {
    const kept = lines
      .split("\n")
      .filter((line) => !/^\s*(engineType|previewFeatures|binaryTargets)\b/.test(line));
    return `${head}${kept.join("\n").trimEnd()}\n  engineType = "client"\n}`;
  }),
);
const { status } = spawnSync(
  process.execPath,
  [`${checkout}/node_modules/prisma/build/index.js`, "generate", "--schema", copy],
  {
    cwd: checkout,
    stdio: "inherit",
    env: {
      ...process.env,
      // Generating uses neither, and would download both; Prisma takes a file that is there instead.
      PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    },
  },
);
process.exitCode = status ?? 1;
