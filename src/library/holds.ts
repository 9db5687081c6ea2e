/** A world as a test of any test runner: resolves if it holds, and rejects with the story if it does not. */
import { relative } from "node:path";
import { type Exploration, exploreWorld, formatSeed, toldExploration } from "../explore/index.ts";
import {
  describeProgress,
  type Explored,
  faultsWord,
  plainStyle,
  PrintedByChecks,
  Progress,
  renderNotes,
} from "../report/index.ts";
import { callerDirectory, worldPath } from "./caller.ts";
import { type ExploreOptions, type Limits, readOptions } from "./options.ts";
import { World } from "./world.ts";

const TICK_MS = 1_000;

/**
 * Explores a world and resolves if it held. Rejects with an error whose message is the story, with the command that
 * replays it and the path of its page. `path` is relative to the file that calls this. Progress of a long campaign,
 * and what was not judged, is written to the standard error.
 *
 * @example
 * import test from "node:test";
 * import { holds } from "lightcone/explore";
 * test("the lock has one holder", () => holds("./lock.world.ts", { runs: 200 }));
 */
export async function holds(path: string, options: ExploreOptions = {}): Promise<void> {
  const limits = readOptions("holds", path, options as never);
  await holdsWithin(worldPath(path, callerDirectory()), limits, console);
}

/** Where sentences about a campaign go. */
export interface Told {
  log(text: string): void;
  warn(text: string): void;
}

/** The same for a world's absolute path and options that are read. `told`: the test runner's console. */
export async function holdsWithin(path: string, limits: Limits, told: Told): Promise<void> {
  const { runs, forMs, shrinkMs, firstSeed, jobs, faults, strict } = limits;
  const directory = process.cwd();
  // What was found with faults says nothing of a test without them.
  const corpus = limits.corpus ?? faults;
  const world = await World.load(path, {
    jobs,
    faults,
    onWarning: (sentence) => sink.write(`${sentence}\n`),
  });
  const pool = World.poolOf(world);
  const telling = new Telling(() =>
    describeProgress({ ...pool.totals, runsMax: runs, wallMs: telling.wallMs, wallMsMax: forMs }),
  );
  try {
    const printed = new PrintedByChecks((text) => told.log(text.trimEnd()));
    const exploration = await exploreWorld(pool, {
      firstSeed,
      runs,
      forMs,
      shrinkMs: () => shrinkMs,
      directory,
      corpus,
      onRun: (outcome) => printed.tell(outcome.printed),
      onFound: ({ seed, schedule }, replay) => {
        const file =
          replay.path === undefined ? `there is no replay file: ${replay.problem}` : replay.command;
        telling.found(`seed ${formatSeed(seed)} is violated`);
        const shrinking = `shrinking ${faultsWord(schedule.length)}`;
        sink.write(`seed ${formatSeed(seed)} is violated: ${file}; ${shrinking}\n`);
      },
      onShrink: (left, made) => telling.shrinking(left, made),
    });
    judge(exploration, toldExploration(pool, exploration, { firstSeed, strict, directory }), told);
  } finally {
    telling.close();
    world.close();
  }
}

/** Rejects with the story, or with what was not judged; writes what is only worth knowing. */
function judge(exploration: Exploration, explored: Explored, told: Told): void {
  const { finding, verdict, world, neverTrue, unjudged, remarks } = explored;
  if (finding) throw spoken(`${finding.story}${renderNotes(finding.notes, plainStyle)}`);
  const { failure } = exploration.campaign;
  if (failure !== undefined) throw failure;
  const never = neverTrue.map((name) => `never true in any run: sometimes ${name}`);
  const missing = [...unjudged, ...never];
  if (verdict === "violated") {
    throw spoken([`${world}: not all was judged`, ...missing].join("\n  "));
  }
  for (const sentence of [...missing, ...remarks]) told.warn(`${world}: ${sentence}`);
}

/** The message contains the position. The stack would only show this file. */
function spoken(message: string): Error {
  const error = new Error(message);
  error.stack = message;
  return error;
}

/** Progress of a long test is reported from time to time, bypassing the test runner's own output. */
const sink = { write: (text: string) => process.stderr.write(`lightcone: ${text}`) };

class Telling {
  readonly #startMs = performance.now();
  readonly #figures: () => string;
  #progress = new Progress(sink, plainStyle);
  #foundWords: string | undefined;
  readonly #ticks = setInterval(() => {
    if (this.#foundWords === undefined) this.#progress.update(this.#figures);
  }, TICK_MS);

  constructor(figures: () => string) {
    this.#figures = figures;
    this.#ticks.unref();
  }

  get wallMs(): number {
    return performance.now() - this.#startMs;
  }

  found(words: string): void {
    this.#foundWords = words;
    this.#progress = new Progress(sink, plainStyle);
  }

  shrinking(left: number, runs: number): void {
    this.#progress.update(() => `${this.#foundWords} · shrinking · ${left} left · ${runs} runs`);
  }

  close(): void {
    clearInterval(this.#ticks);
  }
}

/** How a world is called in a test's name: its path below the working directory. */
export function shownPath(path: string): string {
  return relative(process.cwd(), path);
}
