/**
 * The part of Lightcone that a process in a run can access: its probe, and the context of its inline
 * program.
 */
import type { LightconeError } from "../base/errors.ts";
import type { Prng } from "../base/prng.ts";
import { type Duration, MS, parseDurationNs } from "../base/units.ts";
import {
  readOperation,
  refuseAssertion,
  refuseIntegers,
  refuseItems,
  refuseName,
} from "./arguments.ts";
import type { Assertions } from "./assertions.ts";
import { plain } from "./plain.ts";
import type { OperationRecorder, Recording } from "./recorder.ts";
import type { HandFaults, InlineContext, Probe, Random, RecordOperation } from "./types.ts";

const TIMER_MAX_MS = 2 ** 31 - 1;

/** The objects that a host's functions operate on. */
export interface FaceTargets {
  readonly host: Recording;
  readonly recorder: OperationRecorder;
  readonly assertions: Assertions;
  /**
   * Whether the process still lives. What an ended one still runs (its `catch` and `finally` blocks, which JavaScript
   * cannot skip) must leave no trace in the run.
   */
  readonly isAlive: () => boolean;
  /** The program has come to a step. Does not return if its process ends here. */
  readonly step: (name: string) => void;
  /** The program tells a part of its state; `value` is plain data. */
  readonly state: (name: string, value: unknown) => void;
  /** Whether the program takes a rare path now. */
  readonly buggify: (name: string) => boolean;
  /** Faults to place; `checked` reports mistakes in the arguments. */
  readonly faults: (checked: <T>(look: () => T) => T) => HandFaults;
  /** Whether the calm has begun. */
  readonly calm: () => boolean;
  readonly isDefinite: (error: unknown, f: string) => boolean;
  /**
   * Called with the error of an invalid argument before it is thrown. A program that catches all errors of
   * its operations must not hide it.
   */
  readonly onMisuse: (error: LightconeError) => void;
}

/** The probe of one process. */
export function probeOf(targets: FaceTargets): Probe {
  const { host, recorder, assertions, isDefinite } = targets;
  const checked = checker(targets.onMisuse);
  const { isAlive } = targets;
  const op = async (...args: readonly unknown[]): Promise<unknown> => {
    if (!isAlive()) return never();
    const { f, key, input, run } = checked(() => readOperation(args));
    const open = recorder.invoke(host, f, key, input);
    try {
      const output: unknown = await run();
      if (!isAlive()) return never();
      recorder.complete(open, "ok", output);
      return output;
    } catch (error) {
      if (!isAlive()) return never();
      recorder.complete(open, isDefinite(error, f) ? "fail" : "info", error);
      throw error;
    }
  };
  return {
    op: op as RecordOperation,
    always: (name, condition, detail) => {
      if (!isAlive()) return;
      checked(() => refuseAssertion("always", name, condition));
      assertions.always(host, name, condition, detail);
    },
    sometimes: (name, condition) => {
      if (!isAlive()) return;
      checked(() => refuseAssertion("sometimes", name, condition));
      assertions.sometime(host, name, condition);
    },
    eventually: (name, condition, detail) => {
      if (!isAlive()) return;
      checked(() => refuseAssertion("eventually", name, condition));
      assertions.eventual(host, name, condition, detail);
    },
    step: (name) => {
      if (!isAlive()) return;
      checked(() => refuseName("step", name));
      targets.step(name);
    },
    state: (name, value) => {
      if (!isAlive()) return;
      checked(() => refuseName("state", name));
      targets.state(name, plain(value));
    },
    buggify: (name) => {
      checked(() => refuseName("buggify", name));
      return targets.buggify(name);
    },
    calm: () => targets.calm(),
    faults: targets.faults(checked),
  };
}

/** The promise of a process that has ended: nothing that waits for it goes on. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** Wraps a validation of arguments: its error is reported, and thrown. */
function checker(onMisuse: (error: LightconeError) => void): <T>(look: () => T) => T {
  return (look) => {
    try {
      return look();
    } catch (error) {
      onMisuse(error as LightconeError);
      throw error;
    }
  };
}

/** Random numbers as programs get them. */
export function randomOf(prng: Prng, checked: <T>(look: () => T) => T = (look) => look()): Random {
  const random = (() => prng.float()) as Random;
  random.integer = (min, max) => {
    checked(() => refuseIntegers(min, max));
    return prng.between(min, max);
  };
  random.pick = (items) => {
    checked(() => refuseItems(items));
    return prng.pick(items);
  };
  return random;
}

/** Creates the argument of an inline program. `setTimeout` is the process's own. */
export function inlineContext(
  probe: Probe,
  options: {
    readonly host: string;
    readonly index: number;
    readonly prng: Prng;
    readonly setTimeout: (action: () => void, delayMs: number) => unknown;
    readonly onMisuse: (error: LightconeError) => void;
  },
): InlineContext {
  const { prng } = options;
  const checked = checker(options.onMisuse);
  const random = randomOf(prng, checked);
  const sleep = (duration: Duration): Promise<void> => {
    const delayMs = checked(() => parseDurationNs(duration, "sleep")) / MS;
    return new Promise((done) => wait(delayMs, done));
  };
  /**
   * Waits in steps, because Node's timers accept at most 2^31 - 1 milliseconds and fire immediately for
   * longer ones.
   */
  const wait = (delayMs: number, done: () => void): void => {
    const stepMs = Math.min(delayMs, TIMER_MAX_MS);
    options.setTimeout(stepMs < delayMs ? () => wait(delayMs - stepMs, done) : done, stepMs);
  };
  return { ...probe, host: options.host, index: options.index, random, sleep };
}
