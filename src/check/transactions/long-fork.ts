/**
 * Long fork: two reads of the same keys, each of which saw a write that the other missed. Every key is
 * written once, so a read is the set of keys that it saw written. Under prefix consistency (and so under
 * snapshot isolation) the sets of one group form a chain. (Jepsen's `long-fork` workload.)
 */
import type { History, Operation } from "../../history/operation.ts";
import { LightconeError } from "../../base/errors.ts";
import type { CheckOptions, CheckResult } from "../checker.ts";
import { rulingOf } from "../levels.ts";
import type { Evidence, Step } from "../verdict.ts";
import { impossibleLevels } from "./anomalies.ts";
import type { MicroOperation } from "./table.ts";
import { textOf } from "../../history/values.ts";

/** A read of a group of keys. */
interface GroupRead {
  readonly operation: Operation;
  /** The keys that it saw written, as texts. */
  readonly seen: ReadonlySet<string>;
}

/**
 * Checks every group of keys. Undecided if no group is read. Throws `LC_BAD_HISTORY` if a key was written
 * more than once.
 */
export function checkLongFork(history: History, _options: CheckOptions): CheckResult {
  const groups = readsByGroup(history);
  const evidence: Evidence[] = [];
  let reads = 0;
  for (const group of groups.values()) {
    reads += group.length;
    // In a chain each set contains all smaller ones, so comparing neighbours by size is enough.
    group.sort((a, b) => a.seen.size - b.seen.size);
    for (let i = 1; i < group.length; i++) {
      const smaller = group[i - 1] as GroupRead;
      const larger = group[i] as GroupRead;
      const missed = [...smaller.seen].find((key) => !larger.seen.has(key));
      if (missed === undefined) continue;
      const seen = [...larger.seen].find((key) => !smaller.seen.has(key)) as string;
      evidence.push(forkEvidence(smaller.operation, larger.operation, missed, seen));
      break;
    }
  }
  const details = { groups: groups.size, reads, forks: evidence.length };
  if (reads === 0) {
    return { verdict: { result: "unknown", why: "no transaction reads a group of keys" }, details };
  }
  if (evidence.length === 0) return { verdict: { result: "holds" }, details };
  const ruling = rulingOf(impossibleLevels(["long-fork"]));
  return { verdict: { result: "violated", evidence: evidence.slice(0, 8), ...ruling }, details };
}

function readsByGroup(history: History): Map<string, GroupRead[]> {
  const groups = new Map<string, GroupRead[]>();
  const valueOf = new Map<string, string>();
  for (const operation of history.operations) {
    if (operation.outcome !== "ok") continue;
    const told = Array.isArray(operation.output) ? operation.output : operation.input;
    if (!Array.isArray(told)) continue;
    const keys: string[] = [];
    const seen = new Set<string>();
    for (const [f, rawKey, rawValue] of told as MicroOperation[]) {
      if (f !== "r" && f !== "read") continue;
      const key = textOf(rawKey);
      keys.push(key);
      if (rawValue === null || rawValue === undefined) continue;
      const value = textOf(rawValue);
      const known = valueOf.get(key) ?? value;
      if (known !== value) {
        throw new LightconeError(
          "LC_BAD_HISTORY",
          `key ${key} was read as ${known} and as ${value}: long-fork needs every key to be written once`,
          "Use the model rw-register for keys that are written again.",
        );
      }
      valueOf.set(key, known);
      seen.add(key);
    }
    if (keys.length < 2) continue;
    const name = keys.sort().join();
    const group = groups.get(name);
    if (group) group.push({ operation, seen });
    else groups.set(name, [{ operation, seen }]);
  }
  return groups;
}

function forkEvidence(a: Operation, b: Operation, onlyA: string, onlyB: string): Evidence {
  const step = (operation: Operation, saw: string, missed: string): Step => ({
    atNs: operation.invokeNs,
    who: String(operation.process),
    text: `T${operation.index} saw the write of ${saw} and missed that of ${missed}`,
    operation: operation.index,
    events: [operation.invokeEvent, operation.completeEvent].filter(
      (event): event is number => event !== undefined,
    ),
  });
  return {
    summary: `long fork: T${a.index} saw ${onlyA} written before ${onlyB}, and T${b.index} the other way round`,
    anomaly: "long-fork",
    steps: [step(a, onlyA, onlyB), step(b, onlyB, onlyA)],
    operations: [a.index, b.index],
  };
}
