/**
 * The part of a run with which its page opens: all of the story, or only what the mechanism is about where the rest of
 * the story lies far away from it.
 */
import { type Answer, spanOf } from "./answer.ts";
import { Kind } from "../../trace/kinds.ts";
import type { Run } from "./run.ts";

/** What the mechanism takes must be less than this share of the story, or else the whole story is shown. */
const SHARE = 0.5;

/** The window for an answer, in nanoseconds. */
export function openingWindow(
  { trace, endNs }: Run,
  answer: Answer,
): readonly [fromNs: number, toNs: number] {
  const whole = [answer.fromNs, answer.toNs] as const;
  const core = answer.mechanism.flatMap(({ event }) => {
    const isFault = event === 0 || trace.kind[event - 1] === Kind.fault;
    return isFault ? [] : [trace.timeNs[event - 1] as number];
  });
  if (answer.event > 0) core.push(trace.timeNs[answer.event - 1] as number);
  for (const { fromNs, toNs } of answer.holds) core.push(fromNs, toNs);
  // Operations that raced are shown from their requests to their answers.
  for (const { invoke, fromNs, toNs } of answer.isTurn ? answer.operations : []) {
    if (answer.did.has(invoke)) core.push(fromNs, Math.min(toNs, endNs));
  }
  if (new Set(core).size < 2) return whole;
  // What lies within as much time again before or after belongs to it.
  const near = (moments: readonly number[]): void => {
    const [from, to] = spanOf(core, endNs);
    const width = Math.max(to - from, (whole[1] - whole[0]) * 0.02);
    core.push(...moments.filter((at) => at >= from - width && at <= to + width));
  };
  near(answer.faults.flatMap(({ fromNs, toNs }) => [fromNs, toNs]));
  // The other operations of a race only show it.
  if (!answer.isTurn) near(answer.operations.flatMap(({ fromNs, toNs }) => [fromNs, toNs]));
  const [from, to] = spanOf(core, endNs);
  const all = spanOf([...whole, from, to], endNs);
  if (to - from > SHARE * (all[1] - all[0])) return all;
  const margin = Math.max((to - from) * 0.08, endNs * 0.0005);
  return [Math.max(0, from - margin), Math.min(endNs, to + 1.6 * margin)];
}
