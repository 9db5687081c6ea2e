/** Random histories of a real object, some of them with a lie, and a referee that tries every order. */
import type { Prng } from "../../../src/base/prng.ts";
import { keyOf, type Model } from "../../../src/check/objects/model.ts";
import { HistoryBuilder } from "../../../src/history/build.ts";
import type { Operation } from "../../../src/history/operation.ts";

/** What a client asks next. */
export interface Ask {
  readonly f: string;
  readonly input?: unknown;
}

/** An object that clients talk to: what they ask, what it answers, and how an answer can be false. */
export interface Subject<State> {
  readonly model: Model<State>;
  ask(prng: Prng, nth: number): Ask;
  /** The true answer of an operation on `state`, to be handed to the model's step; all that are possible. */
  answers(state: State, ask: Ask): readonly unknown[];
  lie(prng: Prng, ask: Ask, truth: unknown): unknown;
  /** Whether a lie may also be to answer without having acted (a lock given out twice). */
  readonly pretends?: boolean;
}

/** How random histories are made. */
export interface Shape {
  readonly processes: number;
  readonly operations: number;
  /** The chance that an operation is never answered. */
  readonly lost: number;
  /** The chance that an answer is a lie. */
  readonly lies: number;
}

/** A random history: processes ask, at some moment in between the object acts, and answers. */
export function randomHistory<State>(
  subject: Subject<State>,
  prng: Prng,
  shape: Shape,
): readonly Operation[] {
  const builder = new HistoryBuilder();
  const { model } = subject;
  let state = model.initial(undefined);
  const names = Array.from({ length: shape.processes }, (_, i) => i);
  let fresh = shape.processes;
  const open = new Map<number, { id: number; ask: Ask; done: boolean; answer: unknown }>();
  let asked = 0;
  while (asked < shape.operations || open.size > 0) {
    const seat = prng.below(shape.processes);
    const current = open.get(seat);
    if (!current) {
      if (asked >= shape.operations) continue;
      const ask = subject.ask(prng, asked++);
      const process = names[seat] as number;
      const id = builder.invoke({ process, f: ask.f, input: ask.input ?? null });
      open.set(seat, { id, ask, done: false, answer: undefined });
      continue;
    }
    if (!current.done && prng.chance(0.6)) {
      const possible = subject.answers(state, current.ask);
      const answer = possible.length > 0 ? prng.pick(possible) : undefined;
      const operation = {
        ...(builder.operation(current.id) as Operation),
        output: answer,
        outcome: "ok" as const,
      };
      const next = possible.length > 0 ? model.step(state, operation) : undefined;
      if (!next) continue;
      state = next.state;
      current.done = true;
      current.answer = answer;
      continue;
    }
    if (!current.done && subject.pretends && prng.chance(shape.lies / 3)) {
      current.done = true;
      current.answer = true;
      continue;
    }
    // Whoever waits for a lock in vain gives up in the end.
    const givesUp = !current.done && (asked >= shape.operations || prng.chance(0.1));
    if (givesUp || prng.chance(shape.lost)) {
      builder.complete(current.id, current.done || prng.chance(0.5) ? "info" : "fail");
      names[seat] = fresh++;
      open.delete(seat);
    } else if (current.done) {
      const output = prng.chance(shape.lies)
        ? subject.lie(prng, current.ask, current.answer)
        : current.answer;
      builder.complete(current.id, "ok", { output });
      open.delete(seat);
    }
  }
  return builder.finish().operations;
}

/** Tries every order that real time allows. For histories of up to some twenty operations. */
export function linearizableByForce<State>(
  model: Model<State>,
  operations: readonly Operation[],
): boolean {
  const kept = operations.filter(({ outcome }) => outcome !== "fail");
  const must = kept.reduce(
    (mask, { outcome }, i) => (outcome === "ok" ? mask | (1 << i) : mask),
    0,
  );
  const seen = new Set<string>();
  const explore = (done: number, state: State): boolean => {
    if ((done & must) === must) return true;
    const key = `${done} ${keyOf(model.hash ? model.hash(state) : state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    let firstReturn = Infinity;
    kept.forEach(({ completeRank }, i) => {
      if (!(done & (1 << i))) firstReturn = Math.min(firstReturn, completeRank);
    });
    return kept.some((operation, i) => {
      if (done & (1 << i) || operation.invokeRank > firstReturn) return false;
      const next = model.step(state, operation);
      return next !== undefined && explore(done | (1 << i), next.state);
    });
  };
  return explore(0, model.initial(undefined));
}
