/** Describes faults in words, for stories: the beginning of a fault and its end. */
import { formatNs } from "../../base/units.ts";
import type { Fault } from "./fault.ts";
import { faultKind } from "./registry.ts";

/** Describes a fault as a sentence: "worker-1 pauses for 2.1s". */
export function describeFault(fault: Fault): string {
  const kind = faultKind(fault.kind);
  const text = kind.tell(fault);
  return kind.instant === true ? text : `${text} for ${formatNs(fault.durationNs)}`;
}

/** Describes the end of a fault: "worker-1 resumes". */
export function describeLift(fault: Fault): string {
  return faultKind(fault.kind).tellLift(fault);
}
