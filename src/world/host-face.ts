/** What one process of a run can reach of Lightcone: its probe, and what its inline program is given. */
import { LightconeError } from "../base/errors.ts";
import type { Prng } from "../base/prng.ts";
import { type Duration, MS, parseDurationNs } from "../base/units.ts";
import type { Assertions } from "./assertions.ts";
import type { OperationRecorder, Recording } from "./recorder.ts";
import type { InlineContext, Probe, Random, RecordOperation } from "./types.ts";

/** Where a host's face leads to. */
export interface FaceTargets {
  readonly host: Recording;
  readonly recorder: OperationRecorder;
  readonly assertions: Assertions;
  readonly isDefinite: (error: unknown, f: string) => boolean;
}

/** The probe of one process. */
export function probeOf(targets: FaceTargets): Probe {
  const { host, recorder, assertions, isDefinite } = targets;
  const op = async (...args: readonly unknown[]): Promise<unknown> => {
    const run = args.at(-1);
    const [f, key, input] = args.slice(0, -1);
    if (typeof run !== "function" || typeof f !== "string" || args.length > 4) {
      throw new LightconeError(
        "LC_BAD_OPERATION",
        `${host.name}: op(...) takes a name, then a key and an input where there are any, then a function`,
      );
    }
    const open = recorder.invoke(host, f, key, input);
    try {
      const output: unknown = await run();
      recorder.complete(open, "ok", output);
      return output;
    } catch (error) {
      recorder.complete(open, isDefinite(error, f) ? "fail" : "info", error);
      throw error;
    }
  };
  return {
    op: op as RecordOperation,
    always: (name, condition, detail) => assertions.always(host, name, condition, detail),
    sometimes: (name, condition) => assertions.sometime(host, name, condition),
    eventually: (name, condition) => assertions.eventual(host, name, condition),
  };
}

/** What an inline program is called with. `setTimeout` is the process's own. */
export function inlineContext(
  probe: Probe,
  options: {
    readonly host: string;
    readonly index: number;
    readonly prng: Prng;
    readonly setTimeout: (action: () => void, delayMs: number) => unknown;
  },
): InlineContext {
  const { prng } = options;
  const random = (() => prng.float()) as Random;
  random.integer = (min, max) => prng.between(min, max);
  random.pick = (items) => prng.pick(items);
  const sleep = (duration: Duration): Promise<void> => {
    const delayMs = parseDurationNs(duration, "sleep") / MS;
    return new Promise((done) => {
      options.setTimeout(done, delayMs);
    });
  };
  return { ...probe, host: options.host, index: options.index, random, sleep };
}
