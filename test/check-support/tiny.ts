/** Tiny random histories of reads and writes, right and wrong alike, for the referee. */
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";
import type { Prng } from "../../src/base/prng.ts";

/** What a tiny history is made of. */
export interface TinyShape {
  readonly operations: number;
  readonly processes: number;
  readonly keys: number;
  /** True if every write has a value of its own. */
  readonly unique: boolean;
  /** How often a write gets no answer. */
  readonly unanswered: number;
}

/** A random shape, small enough for all orders to be tried. */
export function tinyShape(prng: Prng): TinyShape {
  return {
    operations: prng.between(3, 7),
    processes: prng.between(1, 3),
    keys: prng.between(1, 2),
    unique: prng.chance(0.7),
    unanswered: prng.chance(0.3) ? 0.3 : 0,
  };
}

/** A random history: reads return any value that some write of the key has, or nil. */
export function tinyHistory(prng: Prng, shape: TinyShape): History {
  const builder = new HistoryBuilder();
  const plans = Array.from({ length: shape.operations }, (_, at) => ({
    process: prng.below(shape.processes),
    key: prng.pick(["x", "y"].slice(0, shape.keys)),
    write: prng.chance(0.45),
    value: shape.unique ? at + 1 : prng.between(1, 2),
  }));
  const written = new Map<string, number[]>();
  for (const { key, write, value } of plans) {
    if (write) written.set(key, [...(written.get(key) ?? []), value]);
  }
  const open: { index: number; plan: (typeof plans)[number] }[] = [];
  const close = (at: number): void => {
    const [{ index, plan }] = open.splice(at, 1) as [(typeof open)[number]];
    if (plan.write) builder.complete(index, prng.chance(shape.unanswered) ? "info" : "ok");
    else {
      const values = [...(written.get(plan.key) ?? []), null];
      builder.complete(index, "ok", { output: prng.pick(values) });
    }
  };
  for (const plan of plans) {
    const busy = open.findIndex((one) => one.plan.process === plan.process);
    if (busy >= 0) close(busy);
    while (open.length > 0 && prng.chance(0.5)) close(prng.below(open.length));
    const { process, key, write, value } = plan;
    const f = write ? "write" : "read";
    open.push({ index: builder.invoke({ process, f, key, input: write ? value : null }), plan });
  }
  while (open.length > 0) close(prng.below(open.length));
  return builder.finish();
}
