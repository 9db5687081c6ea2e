/**
 * `lightcone/probe`: assertions and recorded operations for programs that also run outside of any world.
 * There they do nothing. Inside a world, the import resolves to the host's own probe instead.
 */
import type { Probe, RecordOperation } from "./types.ts";

/** Runs the operation; outside a world nobody records it. */
export const op: RecordOperation = async (...args: readonly unknown[]) => {
  const run = args.at(-1) as () => never;
  return run();
};

/** Must be true whenever it is reached. */
export function always(_name: string, _condition: boolean, _detail?: unknown): void {}

/** Must be true at least once in a campaign. */
export function sometimes(_name: string, _condition: boolean): void {}

/** Must be true at some moment of the calm after the faults. */
export function eventually(_name: string, _condition: boolean, _detail?: unknown): void {}

/** Whether the program runs on a simulated host. */
export const simulated: boolean = false;

export type { Probe, RecordOperation };
