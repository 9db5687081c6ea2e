/** How V8 is set up in the processes that run worlds. */
import { setFlagsFromString } from "node:v8";
import { processesRanForLong } from "../node/index.ts";

/** The young generation in MiB: a run makes much garbage, and next to nothing of it lives long. */
const SEMI_SPACE_MB = 64;

/** V8's flags for a process that runs one world again and again. */
export const engineFlags: readonly string[] = [
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  // Every run evaluates the same code again: what was compiled once is worth keeping.
  "--no-flush-bytecode",
  // A packet goes through many small functions, in the program, in Node's library and in ours.
  "--max-inlined-bytecode-size-cumulative=2000",
];

/** How much of a function must have run before V8 optimizes it: its own default, and eight times that. */
const PATIENCE: Readonly<Record<number, { flag: string; usual: number }>> = {
  20: { flag: "--interrupt-budget", usual: 67_584 },
  21: { flag: "--interrupt-budget", usual: 67_584 },
  22: { flag: "--invocation-count-for-turbofan", usual: 3_000 },
  23: { flag: "--invocation-count-for-turbofan", usual: 3_000 },
};
const PATIENT_TIMES = 8;

const knob = PATIENCE[Number.parseInt(process.versions.node, 10)];
let isPatient = false;

/**
 * After a run, sets how soon V8 optimizes in the next one. It does so beside us, on a core that another runner
 * could have, and what it makes of functions of processes that end with their run is soon lost: where processes
 * are short-lived, a run costs a quarter less when V8 waits. Where they run for long, it is to make haste.
 * From Node 24 on, a quicker compiler stands in between, and there is nothing to gain.
 */
export function tuneEngine(): void {
  const wanted = !processesRanForLong();
  if (knob === undefined || wanted === isPatient) return;
  isPatient = wanted;
  setFlagsFromString(`${knob.flag}=${knob.usual * (wanted ? PATIENT_TIMES : 1)}`);
}
