/**
 * A fault that has waited for a message strikes: told at its own time, with what the message said. It is in no schedule, and
 * follows from the fault that has waited.
 */
import type { Fault } from "./fault.ts";
import type { FaultKind, FaultReach } from "./kind.ts";

/** The parameters of a strike. */
export type StrikeParams = {
  /** What happens, in words. */
  readonly what: string;
};

/** The kind. No word draws it. */
export const strikeKind: FaultKind<StrikeParams> = {
  name: "strike",
  instant: true,
  tell: ({ params }) => params.what,
  tellLift: () => "",
  lighter: () => [],
  isValid: ({ what }) => typeof what === "string",
};

/** Tells that a fault strikes now. */
export function strike<Params extends object>(
  fault: Fault<Params>,
  reach: FaultReach,
  what: string,
): void {
  const startNs = reach.kernel.nowNs;
  const { targets } = fault;
  reach.follow(fault, { kind: strikeKind.name, targets, startNs, durationNs: 0, params: { what } });
}
