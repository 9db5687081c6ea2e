/** Sets between the runs of a process how early V8 optimizes. Only runner processes load the platform for it. */
import { setFlagsFromString } from "node:v8";
import { processesRanForLong } from "../node/index.ts";

/** How much of a function must have run before V8 optimizes it: V8's default, and eight times that. */
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
 * Called after a run: sets how early V8 optimizes in the next one. V8 optimizes on a background thread,
 * which uses a core that another runner could use, and its results for functions of processes that end with
 * their run are soon lost. If processes are short-lived, a run costs a quarter less when V8 waits. If they
 * run for long, early optimization is better. From Node 24 on there is a faster intermediate compiler, and
 * nothing to gain.
 */
export function tuneEngine(): void {
  const wanted = !processesRanForLong();
  if (knob === undefined || wanted === isPatient) return;
  isPatient = wanted;
  setFlagsFromString(`${knob.flag}=${knob.usual * (wanted ? PATIENT_TIMES : 1)}`);
}
