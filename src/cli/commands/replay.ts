/** `lightcone replay`: reproduces a violation, and reports whether the run is identical to the original. */
import { resolve } from "node:path";
import { LightconeError } from "../../base/errors.ts";
import {
  explained,
  CoverageTally,
  openReplay,
  requestOf,
  packageVersion,
  replayCommand,
  type Replay,
  type RunnerPool,
  saveTrace,
  withMeta,
  renderRun,
} from "../../explore/index.ts";
import {
  count,
  faultsWord,
  renderLines,
  runAsJson,
  type Style,
  styleFor,
} from "../../report/index.ts";
import { type Command, type ExitCode, parseOptions } from "../command.ts";
import { timelineOf } from "../timeline.ts";
import { type RunOutcome, showRun, startPool, traceLines, usage } from "../session.ts";

const options = {
  all: { type: "boolean" },
  ascii: { type: "boolean" },
  json: { type: "boolean" },
  timeline: { type: "boolean" },
  trace: { type: "boolean" },
  world: { type: "string" },
} as const;

export const command: Command = {
  summary: "run a violation again, from its file",
  usage: `
lightcone replay FILE [--world FILE] [--timeline] [--trace] [--json]

Runs what .lightcone/NAME-SEED.json recorded: the same world, seed and faults. Says whether the code has
changed since, and whether it was the same run to the last event. Writes the trace of the run and a page
that shows it.

  --world FILE  the world to run, where the file names one outside of its project and of this one
  --timeline    draw what led to the violation: hosts as lanes, messages as arrows, faults as bands. With --all
                draw everything; with --ascii use no other characters
  --trace       print operations, faults and output as they happened
  --json        one object: seed, verdict, fingerprint, events, violations

Exit code: 0 held (the violation is gone), 1 violated, 2 could not run.
`,
  async run(args) {
    const { values, positionals } = parseOptions("replay", args, options);
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw usage("replay", "which one replay file?");
    const replay = openReplay(file, values.world, "--world FILE");
    const showing = showRun();
    const { onReached } = showing;
    const pool = await startPool({ world: replay.worldPath, jobs: 1, onReached });
    try {
      showing.durationNs = pool.info.durationNs;
      const { trace: printed = false, timeline: drawn = false, json = false } = values;
      const trace = printed || drawn || !json;
      const outcome = explained(await pool.run({ ...requestOf(replay), timeline: printed, trace }));
      showing.close();
      process.stderr.write(outcome.printed ?? "");
      if (drawn && !json) process.stdout.write(`${timelineOf(withMeta(outcome), values)}\n`);
      const code = tell(replay, pool, outcome, json);
      if (trace) {
        const command = replayCommand(process.cwd(), resolve(file), replay.worldPath);
        const style = styleFor(process.stdout);
        const saved = { directory: process.cwd(), replay: command };
        for (const [label, text] of traceLines(await saveTrace(pool, outcome, saved))) {
          if (!json) process.stdout.write(`  ${style.dim(label.padEnd(6))}  ${style.cyan(text)}\n`);
        }
      }
      return code;
    } finally {
      showing.close();
      pool.stop();
    }
  },
};

function tell(replay: Replay, pool: RunnerPool, outcome: RunOutcome, json: boolean): ExitCode {
  const style = styleFor(process.stdout);
  if (json) {
    process.stdout.write(runAsJson(outcome));
  } else {
    if (outcome.timeline) {
      process.stdout.write(`${renderLines(outcome.timeline, style).join("\n")}\n\n`);
    }
    if (outcome.verdict === "violated") {
      const { faultsBefore } = replay;
      const after = outcome.schedule.length;
      const subtitle =
        faultsBefore === after
          ? faultsWord(after)
          : `${faultsWord(faultsBefore)}, ${after === 0 ? "none" : after} after shrinking`;
      process.stdout.write(renderRun(outcome, { style, subtitle, footer: [] }));
    } else if (outcome.coverage?.idle.length) {
      tellIdle(outcome, style);
    } else {
      process.stdout.write(
        `${style.green("✓")} ${style.bold(outcome.world)}  ${style.dim("the violation is gone")}\n`,
      );
    }
    process.stdout.write(`  ${compare(replay, pool, outcome, style)}\n`);
  }
  const same = outcome.fingerprint === replay.fingerprint;
  if (!same && isSameCode(replay, outcome)) throw notTheSame(replay, outcome);
  return outcome.verdict === "violated" ? 1 : 0;
}

/** A check that now finds nothing to judge gives no information about the violation. */
function tellIdle(outcome: RunOutcome, style: Style): void {
  const tally = new CoverageTally();
  tally.add(outcome.coverage);
  process.stdout.write(
    `${style.yellow("?")} ${style.bold(outcome.world)}  ${style.dim("the violation is gone, and so is what was judged")}\n`,
  );
  for (const idle of tally.idle) {
    process.stdout.write(`  ${style.yellow(tally.describeIdle(idle))}\n`);
  }
}

/** Whether nothing has changed since the recording: neither the world's programs nor Lightcone and Node. */
function isSameCode({ code, lightcone }: Replay, outcome: RunOutcome): boolean {
  return code === outcome.code && lightcone === packageVersion();
}

/** Describes what has changed since the recording. */
function changes(
  { code, lightcone, name }: Replay,
  { info }: RunnerPool,
  outcome: RunOutcome,
): string {
  if (name !== info.name) return `this is another world (it was ${JSON.stringify(name)})`;
  if (code !== outcome.code) return "the code has changed since";
  return `Lightcone has changed since (it was ${lightcone}, this is ${packageVersion()})`;
}

/** Compares the code and the run with the recorded ones. */
function compare(replay: Replay, pool: RunnerPool, outcome: RunOutcome, style: Style): string {
  const same = outcome.fingerprint === replay.fingerprint;
  const sameCode = isSameCode(replay, outcome);
  const events = `${count(outcome.events)} events`;
  if (same && sameCode) {
    return style.dim(`the same run, to the last of ${events}: fingerprint ${outcome.fingerprint}`);
  }
  if (same) {
    return style.yellow(
      `${changes(replay, pool, outcome)}, yet it is the same run: fingerprint ${outcome.fingerprint}, ${events}`,
    );
  }
  return style.yellow(
    `${sameCode ? "not the same run" : `${changes(replay, pool, outcome)}, and it is another run`}: fingerprint ${outcome.fingerprint} (${events}), then ${replay.fingerprint} (${count(replay.events)} events)`,
  );
}

function notTheSame(replay: Replay, outcome: RunOutcome): LightconeError {
  const here = `Lightcone ${packageVersion()} on Node ${process.version}`;
  return new LightconeError(
    "LC_DIVERGED",
    `the code is the same, and the run is not: fingerprint ${outcome.fingerprint}, then ${replay.fingerprint}`,
    `Recorded by Lightcone ${replay.lightcone} on Node ${replay.node}; this is ${here}. ` +
      "Try `lightcone run --verify` with its seed.",
  );
}
