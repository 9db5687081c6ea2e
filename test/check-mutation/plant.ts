/** Plants a bug into a copy of the checkers and runs the suite against it, in a thread of its own. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Mutant } from "./mutants.ts";

/** What became of a planted bug. */
export interface Fate {
  readonly caught: boolean;
  /** How the suite noticed, or that it did not. */
  readonly how: string;
}

/** A mutant that loops for ever has been noticed, too. */
const patienceMs = 20_000;

const entry = `
import { parentPort, workerData } from "node:worker_threads";
import { subjects } from "./subjects.ts";
import { runSubject } from "./suite.ts";
const { names, count } = workerData;
let how;
for (const subject of subjects) {
  if (how || !names.some((name) => subject.name.includes(name))) continue;
  const { misses } = runSubject(subject, count);
  const miss = misses[0];
  if (miss) how = subject.name + ", history " + miss.seed + ": " + miss.got + ", not " + miss.expected;
}
parentPort.postMessage(how ?? "");
`;

/** The suite with `mutant` planted, as one CommonJS text. */
async function bundleWith(mutant: Mutant | undefined): Promise<string> {
  const target = mutant && resolve("src/check", mutant.file);
  const result = await build({
    stdin: { contents: entry, resolveDir: resolve("test/check-mutation"), loader: "ts" },
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    plugins: [
      {
        name: "plant",
        setup(context) {
          context.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            if (!mutant || path !== target) return undefined;
            return { contents: planted(readFileSync(path, "utf8"), mutant), loader: "ts" };
          });
        },
      },
    ],
  });
  return result.outputFiles[0]?.text ?? "";
}

/** The source with the bug in it. Throws if the place is not there, or is there twice. */
export function planted(source: string, mutant: Mutant): string {
  const parts = source.split(mutant.find);
  if (parts.length !== 2) {
    throw new Error(
      `${mutant.file} has ${JSON.stringify(mutant.find)} ${parts.length - 1} times: choose the same slip anew`,
    );
  }
  return parts.join(mutant.put);
}

/** Runs the suite, with `count` histories of each kind for each subject that meets the mutant. */
export async function tryMutant(mutant: Mutant, count: number): Promise<Fate> {
  const code = await bundleWith(mutant);
  const worker = new Worker(code, { eval: true, workerData: { names: mutant.subjects, count } });
  try {
    return await new Promise<Fate>((done) => {
      const timer = setTimeout(() => done({ caught: true, how: "never ended" }), patienceMs);
      worker.on("message", (how: string) => {
        clearTimeout(timer);
        done(how === "" ? { caught: false, how: "not noticed" } : { caught: true, how });
      });
      worker.on("error", (error) => {
        clearTimeout(timer);
        done({ caught: true, how: `crashed: ${error.message}` });
      });
    });
  } finally {
    await worker.terminate();
  }
}
