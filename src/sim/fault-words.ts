/** Describes faults in words, for stories: the beginning of a fault and its end. */
import { formatNs } from "../base/units.ts";
import type { Fault, LatencyFault, LossFault, PartitionFault } from "./faults.ts";

/** Describes a fault as a sentence: "worker-1 pauses for 2.1s". */
export function describeFault(fault: Fault): string {
  const who = list(fault.targets);
  const lasts = ` for ${formatNs(fault.durationNs)}`;
  const many = fault.targets.length > 1;
  switch (fault.kind) {
    case "crash":
      return fault.params.how === "machine"
        ? `${who} ${many ? "lose" : "loses"} power${lasts}`
        : `${who} ${many ? "crash" : "crashes"}, down${lasts}`;
    case "pause":
      return `${who} ${many ? "pause" : "pauses"}${lasts}`;
    case "partition":
      return `${partition(fault)}${lasts}`;
    case "latency":
      return `${between(fault)} takes ${formatNs(fault.params.addNs)} longer${lasts}`;
    case "loss":
      return `${between(fault)} is lost at ${percent(fault.params.probability)}${lasts}`;
    case "clock-step":
      return `${who}: wall clock jumps ${fault.params.stepNs < 0 ? "back" : "ahead"} by ${formatNs(Math.abs(fault.params.stepNs))}${lasts}`;
    case "clock-drift":
      return `${who}: clock ${fault.params.ppm < 0 ? "loses" : "gains"} ${percent(Math.abs(fault.params.ppm) / 1e6)}${lasts}`;
  }
}

/** Describes the end of a fault: "worker-1 resumes". */
export function describeLift(fault: Fault): string {
  const who = list(fault.targets);
  const many = fault.targets.length > 1;
  switch (fault.kind) {
    case "crash":
      return `${who} ${many ? "start" : "starts"} again, memory lost`;
    case "pause":
      return `${who} ${many ? "resume" : "resumes"}`;
    case "partition":
      return "the partition heals";
    case "latency":
      return `${between(fault)} is as fast as before`;
    case "loss":
      return `${between(fault)} arrives again`;
    case "clock-step":
    case "clock-drift":
      return `${who}: clock is set right`;
  }
}

function partition(fault: PartitionFault): string {
  const { shape, from, to, both } = fault.params;
  if (shape === "isolate") {
    const only = list(from);
    return both ? `${only} is cut off from all` : `nothing that ${only} sends arrives`;
  }
  if (!both) return `${list(from)} to ${list(to)} is cut`;
  return `${list(from)} ${from.length > 1 ? "are" : "is"} apart from ${list(to)}`;
}

function between(fault: LatencyFault | LossFault): string {
  const { from, to, both } = fault.params;
  return `what goes ${both ? "between" : "from"} ${list(from)} ${both ? "and" : "to"} ${list(to)}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

function list(names: readonly string[]): string {
  if (names.length <= 4) return names.join(", ");
  return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}
