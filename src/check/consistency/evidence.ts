/** Converts a finding to evidence: the smallest sub-history that still shows it, described step by step. */
import type { Operation } from "../../history/operation.ts";
import type { Evidence, Step } from "../verdict.ts";
import { show } from "../objects/model.ts";
import { INITIAL, sessionOf, type Accesses } from "./accesses.ts";
import type { Finding, Link } from "./finding.ts";

/** Returns "x = 7", or "7" if there is only one object. */
function subject(accesses: Accesses, at: number): string {
  const key = accesses.keys[accesses.key[at] as number];
  const value = show(accesses.values[accesses.value[at] as number]);
  return key === undefined || key === null ? value : `${show(key)} = ${value}`;
}

/** Returns "worker-2", or "process 2" if the process has only a number. */
export function who(operation: Operation): string {
  const session = sessionOf(operation);
  return typeof session === "number" ? `process ${session}` : session;
}

function nameOf(accesses: Accesses, at: number): string {
  return who(accesses.operations[at] as Operation);
}

/** Describes a finding, in the order in which the operations were invoked. */
export function tell(accesses: Accesses, found: Finding): Evidence {
  const steps: Step[] = [];
  for (const at of found.accesses) steps.push(stepOf(accesses, at, closing(found, at)));
  for (const link of found.links) {
    const text = orderSentence(accesses, link);
    if (text !== undefined) steps.push({ text });
  }
  const operations = [
    ...new Set(found.accesses.map((at) => (accesses.operations[at] as Operation).index)),
  ].sort((a, b) => a - b);
  const key = accesses.keys[accesses.key[found.culprit] as number];
  return {
    summary: summaryOf(accesses, found),
    anomaly: found.anomaly,
    ...(key === undefined || key === null ? {} : { key }),
    steps,
    operations,
  };
}

/** The write that the read `at` should have observed, if the finding says so. */
function closing(found: Finding, at: number): number | undefined {
  return found.links.find(({ kind, from }) => kind === "overwritten" && from === at)?.to;
}

function stepOf(accesses: Accesses, at: number, missed: number | undefined): Step {
  const operation = accesses.operations[at] as Operation;
  const events = [operation.invokeEvent, operation.completeEvent].filter(
    (event) => event !== undefined,
  );
  return {
    atNs: operation.completeNs < Infinity ? operation.completeNs : operation.invokeNs,
    who: who(operation),
    text: sentence(accesses, at, missed),
    operation: operation.index,
    ...(events.length > 0 ? { events } : {}),
  };
}

function sentence(accesses: Accesses, at: number, missed: number | undefined): string {
  const what = subject(accesses, at);
  if (accesses.isWrite[at] === 1) {
    const unanswered = accesses.operations[at]?.outcome === "info";
    return unanswered ? `writes ${what}, and gets no answer` : `writes ${what}`;
  }
  const from = accesses.readsFrom[at] as number;
  const source =
    from >= 0
      ? nameOf(accesses, from) === nameOf(accesses, at)
        ? ", its own write"
        : `, which ${nameOf(accesses, from)} wrote`
      : from === INITIAL
        ? ", the initial value"
        : ", which nobody wrote";
  const but = missed === undefined ? "" : `, though ${subject(accesses, missed)} should be there`;
  return `reads ${what}${source}${but}`;
}

/** For an `order` link, explains why one write comes before the other. */
function orderSentence(accesses: Accesses, link: Link): string | undefined {
  if (link.kind !== "order" || link.because === undefined) return undefined;
  const reader = nameOf(accesses, link.because);
  return `so ${subject(accesses, link.from)} comes before ${subject(accesses, link.to)}: when ${reader} read ${subject(accesses, link.to)}, ${subject(accesses, link.from)} was already part of what it depends on`;
}

function summaryOf(accesses: Accesses, found: Finding): string {
  const { culprit, links } = found;
  const reader = nameOf(accesses, culprit);
  const read = subject(accesses, culprit);
  const missedAt = closing(found, culprit);
  const missed = missedAt === undefined ? "a newer write" : subject(accesses, missedAt);
  const viewer =
    found.viewer === undefined
      ? reader
      : nameOf(accesses, (accesses.lanes[found.viewer] as readonly number[])[0] as number);
  switch (found.anomaly) {
    case "out-of-thin-air":
      return `${reader} read ${read}, which nobody had written`;
    case "missing-own-write":
      return `${reader} read ${read} after its own write of ${missed}`;
    case "non-monotonic-read":
      return `${reader} read ${read} after it had seen the newer ${missed}`;
    case "non-monotonic-write":
      return `${reader} read ${read}, yet it had seen what the writer of ${missed} wrote after that`;
    case "missing-dependency":
      return `${reader} read ${read}, yet it had seen a write whose writer had read ${missed}`;
    case "write-co-init-read":
      return `${reader} read ${read}, though ${missed} precedes that read causally`;
    case "write-co-read":
      return `${reader} read ${read}, which ${missed} had replaced in all that the read depends on`;
    case "cyclic-causal-order":
      return "causes run in a circle: each of these operations depends on the one before it";
    case "cyclic-conflict":
      return "no common order of the conflicting writes explains what was read";
    case "write-hb-init-read":
    case "cyclic-view":
      return `no one order of the writes explains all that ${viewer} read`;
    case "divergence": {
      const other = links.find(({ kind }) => kind === "session")?.from ?? culprit;
      return `all is calm, yet ${nameOf(accesses, other)} reads ${subject(accesses, other)} and ${reader} reads ${read}`;
    }
    default:
      return "no one order of these operations respects every session and explains every answer";
  }
}

/**
 * Removes operations, larger groups first, as long as the remainder still violates the level (Zeller's
 * ddmin, without the complements). Every remaining operation is needed.
 */
export function minimise<Item>(
  items: readonly Item[],
  violates: (rest: readonly Item[]) => boolean,
  goOn: () => boolean = () => true,
): readonly Item[] {
  let kept = [...items];
  for (let size = Math.ceil(kept.length / 2); size >= 1;) {
    let removed = false;
    for (let start = 0; start < kept.length && goOn();) {
      const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (rest.length < kept.length && rest.length > 0 && violates(rest)) {
        kept = rest;
        removed = true;
      } else start += size;
    }
    if (!goOn()) break;
    if (size === 1 && !removed) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return kept;
}
