/** Two clients that hold one thing: who took it, what happened to them meanwhile, and who was given it as well. */
import type { Hold } from "../../viewer/model/answer.ts";
import type { FaultSpan } from "../../viewer/model/faults.ts";
import { showDuration, showTime } from "../../viewer/model/words.ts";
import { leaseOf } from "./lease.ts";
import { faultPart, type Material, type Mechanism, part, type Part } from "./part.ts";

/** The sentence about two holders; `undefined` if the violation is not about that. */
export function holdersMechanism(material: Material): Mechanism | undefined {
  const { run, answer } = material;
  const holds = answer.holds.toSorted((a, b) => a.fromNs - b.fromNs);
  const [first, second] = overlapping(holds) ?? [];
  if (!first || !second) return undefined;
  const own = answer.faults.filter((fault) => {
    return fault.fromNs <= second.fromNs && fault.toNs >= first.fromNs;
  });
  const [mine, others] = [
    own.filter(({ targets }) => targets.includes(hostOf(first))),
    own.filter(({ targets }) => !targets.includes(hostOf(first))),
  ];
  const ended = first.toNs < run.endNs ? ` until ${showTime(first.toNs)}` : "";
  const lease = leaseOf(material, first, second.fromNs);
  const other = leaseOf(material, second, second.toNs);
  const hadEnded = lease !== undefined && lease.untilNs <= second.fromNs;
  const until =
    lease && `${hadEnded ? "that ended" : "that was to end"} at ${showTime(lease.untilNs)}`;
  const parts = [
    part(`${first.lane} took ${first.what} at ${showTime(first.fromNs)}`, first.event),
    ...(lease
      ? [part(` with a lease of ${showDuration(lease.lengthNs)} ${until}`, lease.granted)]
      : []),
    ...mine.slice(0, 2).map((fault) => {
      const { text, event } = meanwhile(fault, first);
      return part(`, ${text}`, event);
    }),
    ...others.slice(0, 1).map((fault) => part(`, ${faultPart(fault).text}`, fault.began)),
    part(`; ${second.lane} was given it at ${showTime(second.fromNs)}`, second.event),
    part(
      hadEnded
        ? `, while ${first.lane} still believed that it held it${ended}.`
        : `, while ${first.lane} still held it${ended}.`,
    ),
  ];
  const leases = [
    ...(lease ? [{ event: first.event, untilNs: lease.untilNs }] : []),
    ...(other ? [{ event: second.event, untilNs: other.untilNs }] : []),
  ];
  if (!lease || !hadEnded) return { parts, leases };
  const text = `its lease on ${first.what} ends, ${showDuration(lease.lengthNs)} after ${lease.server} gave it`;
  const line = { atNs: lease.untilNs, who: first.lane, text, tone: "cause" } as const;
  return { parts, leases, lines: [line] };
}

/** The first two that overlap. */
function overlapping(holds: readonly Hold[]): [Hold, Hold] | undefined {
  for (const [index, first] of holds.entries()) {
    const second = holds.slice(index + 1).find((other) => {
      return other.fromNs < first.toNs && other.lane !== first.lane && other.what === first.what;
    });
    if (second) return [first, second];
  }
  return undefined;
}

function hostOf({ lane }: Hold): string {
  return lane.split("/")[0] as string;
}

/** "and was paused from 14.431s to 15.608s": the commonest fault of a holder, in the past tense. */
function meanwhile(fault: FaultSpan, first: Hold): Part {
  if (fault.kind !== "pause" || fault.targets.length !== 1) return faultPart(fault);
  const from = fault.fromNs < first.fromNs ? "had been paused" : "was paused";
  return part(`${from} from ${showTime(fault.fromNs)} to ${showTime(fault.toNs)}`, fault.began);
}
