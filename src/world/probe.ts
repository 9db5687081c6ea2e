/**
 * `lightcone/probe`: assertions and recorded operations for programs that also run outside of a world.
 * There they do nothing. Inside a world, the import resolves to the host's own probe instead.
 */
import type { FaultHandle, HandFaults, Probe, RecordOperation } from "./types.ts";

/** Runs the operation. Outside a world it is not recorded. */
export const op: RecordOperation = async (...args: readonly unknown[]) => {
  const run = args.at(-1) as () => never;
  return run();
};

/** The condition must be true whenever this is reached. */
export function always(_name: string, _condition: boolean, _detail?: unknown): void {}

/** The condition must be true at least once in a campaign. */
export function sometimes(_name: string, _condition: boolean): void {}

/** The condition must be true at some moment of the calm period after the faults. */
export function eventually(_name: string, _condition: boolean, _detail?: unknown): void {}

/** A step that the program has come to. A fault may crash the process here. */
export function step(_name: string): void {}

/** A part of the program's state, for whoever looks at the run: its role, its term, the length of its queue. */
export function state(_name: string, _value: unknown): void {}

/** Whether to take a rare path that is correct and seldom taken. */
export function buggify(_name: string): boolean {
  return false;
}

/** Whether no fault will begin any more. Outside of a world nobody knows. */
export function calm(): boolean {
  return false;
}

const inert: FaultHandle = { lift() {}, [Symbol.dispose]() {} };

/** Faults to place from inside of the program. Outside of a world nothing happens. */
export const faults: HandFaults = new Proxy({} as HandFaults, { get: () => () => inert });

/** Whether the program runs on a simulated host. */
export const simulated: boolean = false;

export type { FaultHandle, HandFaults, Probe, RecordOperation };
