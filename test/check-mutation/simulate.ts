/** Histories of a reference object that acts at one instant, and a referee that tries every order. */
import type { Prng } from "../../src/base/prng.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import type { Ask, Reference } from "./references.ts";

/** How a history is made. */
export interface Shape {
  readonly processes: number;
  readonly operations: number;
  /** How often an operation that has acted (or not) is never answered. */
  readonly lost: number;
}

interface Open {
  readonly index: number;
  readonly ask: Ask;
  acted: boolean;
  output: unknown;
}

/** A linearizable history: each operation acts at one random moment while it is open. */
export function simulate(reference: Reference, prng: Prng, shape: Shape): History {
  const builder = new HistoryBuilder();
  let state = reference.initial;
  let asked = 0;
  const names = Array.from({ length: shape.processes }, (_, at) => at);
  const open = new Map<number, Open>();
  let idle = 0;
  let fresh = shape.processes;
  while (asked < shape.operations || open.size > 0) {
    const seat = prng.below(shape.processes);
    const process = names[seat] as number;
    const current = open.get(seat);
    if (!current) {
      if (asked >= shape.operations) continue;
      const ask = reference.ask(prng, asked++);
      const index = builder.invoke({ process, f: ask.f, input: ask.input });
      open.set(seat, { index, ask, acted: false, output: undefined });
    } else if (!current.acted) {
      const answers = reference.answers(state, current.ask, process);
      if (answers.length > 0) {
        current.output = prng.pick(answers);
        state = reference.step(state, current.ask, process, current.output);
        current.acted = true;
        idle = 0;
      } else if (++idle > 8 * shape.processes) {
        // Everybody waits: this one gives up, and nothing has happened.
        builder.complete(current.index, "fail");
        open.delete(seat);
        idle = 0;
      }
    } else if (prng.chance(shape.lost)) {
      builder.complete(current.index, "info");
      names[seat] = fresh++;
      open.delete(seat);
    } else {
      builder.complete(current.index, "ok", { output: current.output });
      open.delete(seat);
    }
  }
  return builder.finish();
}

/** Whether `a` had ended before `b` began. */
export function before(a: Operation, b: Operation): boolean {
  return a.completeRank < b.invokeRank;
}

/** The same history with one operation changed; `undefined` leaves it out. */
export function withChanged(
  history: History,
  operation: Operation,
  change: Partial<Operation> | undefined,
): History {
  const operations = history.operations.flatMap((one) =>
    one !== operation ? [one] : change ? [{ ...one, ...change }] : [],
  );
  return { operations: operations.map((one, index) => ({ ...one, index })) };
}

/** Whether one session had ended `a` before it began `b`. */
export function beforeInSession(a: Operation, b: Operation): boolean {
  return a.process === b.process && before(a, b);
}

/** The same sessions, each in its own order, but at other times: sequentially consistent if it was before. */
export function atOtherTimes(prng: Prng, history: History): History {
  const sessions = new Map<unknown, { operation: Operation; end: boolean }[]>();
  for (const operation of history.operations) {
    const moments = sessions.get(operation.process) ?? [];
    moments.push({ operation, end: false });
    if (operation.outcome !== "info") moments.push({ operation, end: true });
    sessions.set(operation.process, moments);
  }
  const ranks = new Map<Operation, { invokeRank: number; completeRank: number }>();
  const open = [...sessions.values()];
  for (let rank = 0; open.length > 0; rank++) {
    const at = prng.below(open.length);
    const moments = open[at] as { operation: Operation; end: boolean }[];
    const [{ operation, end }] = moments.splice(0, 1) as [(typeof moments)[number]];
    if (moments.length === 0) open.splice(at, 1);
    const known = ranks.get(operation);
    if (end && known) known.completeRank = rank;
    else ranks.set(operation, { invokeRank: rank, completeRank: Infinity });
  }
  const moved = history.operations.map((operation) => ({ ...operation, ...ranks.get(operation) }));
  moved.sort((a, b) => a.invokeRank - b.invokeRank);
  return { operations: moved.map((operation, index) => ({ ...operation, index })) };
}

/** The referee: tries every order that `precedes` (real time) allows, up to some twenty operations. */
export function linearizableByForce(
  reference: Reference,
  history: History,
  precedes: (a: Operation, b: Operation) => boolean = before,
): boolean {
  const kept = history.operations.filter(({ outcome }) => outcome !== "fail");
  const must = kept.reduce(
    (mask, { outcome }, at) => (outcome === "ok" ? mask | (1 << at) : mask),
    0,
  );
  const dead = new Set<string>();
  const explore = (done: number, state: unknown): boolean => {
    if ((done & must) === must) return true;
    const name = `${done} ${JSON.stringify(state)}`;
    if (dead.has(name)) return false;
    dead.add(name);
    const left = kept.filter((_, at) => !(done & (1 << at)));
    return kept.some((operation, at) => {
      if (done & (1 << at) || left.some((other) => precedes(other, operation))) return false;
      const { f, input, output, outcome, process } = operation;
      const outputs =
        outcome === "ok" ? [output] : reference.answers(state, { f, input }, process as number);
      return outputs.some((answer) => {
        const next = reference.step(state, { f, input }, process as number, answer);
        return next !== undefined && explore(done | (1 << at), next);
      });
    });
  };
  return explore(0, reference.initial);
}

/**
 * One random change to a valid history: an answer becomes a lie, two answers change places, or an operation
 * is left out; tried until the referee finds no order.
 */
export function breakByForce(
  reference: Reference,
  prng: Prng,
  history: History,
  precedes: (a: Operation, b: Operation) => boolean = before,
): History | undefined {
  const answered = history.operations.filter(({ outcome }) => outcome === "ok");
  for (let attempt = 0; attempt < 6 && answered.length > 1; attempt++) {
    const one = prng.pick(answered);
    const other = prng.pick(answered);
    const kind = prng.below(4);
    let changed: History;
    if (kind < 2) {
      const ask = { f: one.f, input: one.input };
      changed = withChanged(history, one, { output: reference.lie(prng, ask, one.output) });
    } else if (kind === 2) {
      changed = withChanged(history, one, undefined);
    } else {
      if (one.f !== other.f || one === other) continue;
      // Answers that repeat the question fit only the same question.
      if (Array.isArray(one.input) && shapeOf(one) !== shapeOf(other)) continue;
      changed = withChanged(withChanged(history, one, { output: other.output }), other, {
        output: one.output,
      });
    }
    if (!linearizableByForce(reference, changed, precedes)) return changed;
  }
  return undefined;
}

function shapeOf({ input }: Operation): string {
  return JSON.stringify(input);
}
