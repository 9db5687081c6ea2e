/** `lightcone cause`: branches a violated run at many moments, and says when its violation became inevitable. */
import { resolve } from "node:path";
import {
  type Cause,
  explained,
  findCause,
  formatSeed,
  openReplay,
  requestOf,
  type TurningPoint,
  withDeadline,
  withMeta,
} from "../../explore/index.ts";
import {
  count,
  endedSentence,
  Progress,
  renderMoments,
  styleFor,
  turningSentence,
} from "../../report/index.ts";
import { type Command, parseOptions } from "../command.ts";
import { Interrupt, parseCount, parseWallMs, startPool, usage } from "../session.ts";
import { timelineOf } from "../timeline.ts";

const options = {
  ascii: { type: "boolean" },
  for: { type: "string" },
  futures: { type: "string" },
  jobs: { type: "string" },
  json: { type: "boolean" },
  world: { type: "string" },
} as const;

const DEFAULT_FOR_MS = 120_000;
const FUTURES_MAX = 10_000;

export const command: Command = {
  summary: "say when a violation became inevitable, from its file",
  usage: `
lightcone cause FILE [--for 2m] [--futures N] [--jobs N] [--world FILE] [--json]

Runs what .lightcone/NAME-SEED.json recorded up to many moments, and lets it go on from each of them in other ways:
messages take other times, programs draw other random numbers. Says from which moment on every future violates the
same check, when the last chance was, and what happened between the two. Each moment is tried with the faults of
the run, and with all faults over from that moment on.

  --for TIME    how long it may take (default: 2m)
  --futures N   how many futures each moment has (default: 12)
  --jobs N      how many processes (default: one for each core)
  --world FILE  the world to run, where the file names one outside of its project and of this one
  --ascii       draw with no other characters
  --json        one object: the moments with their futures, and the two turning points

Ctrl-C ends it, and what is known by then is told. Exit code: 0 told, 2 could not run, or the violation is gone.
`,
  async run(args) {
    const { values, positionals } = parseOptions("cause", args, options);
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw usage("cause", "which one replay file?");
    const forMs =
      values.for === undefined ? DEFAULT_FOR_MS : parseWallMs("cause", "for", values.for);
    const futures =
      values.futures === undefined
        ? undefined
        : parseCount("cause", "futures", values.futures, FUTURES_MAX);
    const jobs = values.jobs === undefined ? undefined : parseCount("cause", "jobs", values.jobs);
    const replay = openReplay(resolve(file), values.world, "--world FILE");
    const interrupt = new Interrupt();
    const pool = await startPool({ world: replay.worldPath, jobs, signal: interrupt.signal });
    const progress = new Progress(process.stderr, styleFor(process.stderr));
    try {
      const cause = await withDeadline(interrupt.signal, forMs, (signal) => {
        const onStep = (runs: number): void => progress.update(() => `${runs} futures`);
        const options = { signal, onStep, ...(futures !== undefined && { futures }) };
        return findCause(pool, requestOf(replay), options);
      });
      progress.close();
      process.stdout.write(values.json === true ? asJson(cause) : told(cause, values));
      return 0;
    } finally {
      progress.close();
      interrupt.close();
      pool.stop();
    }
  },
};

function told(cause: Cause, drawing: { readonly ascii?: boolean }): string {
  const { outcome, violation, same, calm, runs } = cause;
  const style = styleFor(process.stdout);
  const subtitle = `seed ${formatSeed(outcome.seed)} · ${violation.check}`;
  const ended = endedSentence(cause);
  const lines = [
    "",
    ...renderMoments(cause, style),
    "",
    ...turn(calm ? "the same faults" : "what it had", same, cause, drawing),
    ...(calm ? turn("all faults over from then on", calm, cause, drawing) : []),
    ...(ended === undefined ? [] : [style.yellow(ended)]),
    style.dim(`tried ${count(runs)} futures`),
  ];
  const body = lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
  return `${style.red("✗")} ${style.bold(outcome.world)}  ${style.dim(subtitle)}\n${body}\n`;
}

/** A turning point: the sentence, and what happened between the last chance and the inevitable. */
function turn(
  how: string,
  point: TurningPoint,
  { outcome }: Cause,
  { ascii = false }: { readonly ascii?: boolean },
): string[] {
  const { lastChanceNs, inevitableNs } = point;
  const sentence = turningSentence(how, point);
  if (!outcome.trace || lastChanceNs === undefined || inevitableNs === undefined) {
    return [sentence, ""];
  }
  // What happened at the last chance itself is not yet decisive.
  const withinNs = [lastChanceNs + 1, inevitableNs] as const;
  const drawn = timelineOf(withMeta(explained(outcome)), { ascii, withinNs });
  return [`${sentence}:`, ...drawn.trimEnd().split("\n"), ""];
}

function asJson(cause: Cause): string {
  const { outcome, violation, moments, same, calm, runs, ended } = cause;
  const { world, seed } = outcome;
  const { summary } = violation.evidence;
  const { check } = violation;
  return `${JSON.stringify({ world, seed, check, summary, moments, same, calm, runs, ended })}\n`;
}
