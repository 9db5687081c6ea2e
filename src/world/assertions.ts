/** The assertions that programs make: always, sometimes, eventually. */
import { digestOfText } from "../base/fingerprint.ts";
import { Kind, type Kernel } from "../sim/kernel.ts";
import { stackHere } from "../node/index.ts";
import { userFrames } from "./load.ts";
import { plain } from "./plain.ts";
import type { Recorded } from "./recorder.ts";
import { placesOf } from "./thrown.ts";

/** An `always` whose condition was false. */
export interface BrokenAlways {
  readonly name: string;
  readonly host: string;
  readonly atNs: number;
  readonly event: number;
  readonly detail: unknown;
  /** The position of the assertion in the program: "worker.ts:12:5", with the function if it has a name. */
  readonly place: string | undefined;
}

/** An `eventually` that was reached. */
export interface Eventually {
  readonly name: string;
  readonly host: string;
  /** The last time it was evaluated, and whether it was ever true in the calm period. */
  lastNs: number;
  event: number;
  trueInCalm: boolean;
  /** Its last value, and the detail given with it. */
  last: boolean;
  detail: unknown;
  /** How often it was evaluated in the calm period. */
  timesInCalm: number;
  readonly place: string | undefined;
}

/** The number of failures recorded of an `always` that fails repeatedly. */
const BROKEN_KEPT_MAX = 16;

/** All assertions of one run. */
export class Assertions {
  readonly #kernel: Kernel;
  readonly #calmFromNs: number;
  readonly broken: BrokenAlways[] = [];
  /** How often each `always` was false. */
  readonly #times = new Map<string, number>();
  /** By name: whether it was ever true. */
  readonly sometimes: Map<string, boolean> = new Map();
  readonly eventually: Map<string, Eventually> = new Map();
  /** The assertions that programs reached, such as "always the queue is bounded". */
  readonly reached: Set<string> = new Set();
  /** When each host last evaluated an assertion. */
  readonly lastNs: Map<string, number> = new Map();

  constructor(kernel: Kernel, calmFromNs: number) {
    this.#kernel = kernel;
    this.#calmFromNs = calmFromNs;
  }

  always(host: Recorded, name: string, condition: boolean, detail: unknown): void {
    const event = this.#mark(host, "always", name, condition, detail);
    if (condition) return;
    const times = this.#times.get(name) ?? 0;
    this.#times.set(name, times + 1);
    // Finding the position is expensive, and a program may well evaluate the assertion a thousand times.
    if (times >= BROKEN_KEPT_MAX) return;
    this.broken.push({
      name,
      host: host.label,
      atNs: this.#kernel.nowNs,
      event,
      detail: plain(detail),
      place: placeOfCall(),
    });
  }

  sometime(host: Recorded, name: string, condition: boolean): void {
    this.#mark(host, "sometimes", name, condition, undefined);
    this.sometimes.set(name, condition || this.sometimes.get(name) === true);
  }

  eventual(host: Recorded, name: string, condition: boolean, detail: unknown): void {
    const event = this.#mark(host, "eventually", name, condition, detail);
    const { nowNs } = this.#kernel;
    const key = `${host.label} ${name}`;
    let state = this.eventually.get(key);
    if (!state) {
      state = {
        name,
        host: host.label,
        lastNs: nowNs,
        event,
        trueInCalm: false,
        last: false,
        detail: undefined,
        timesInCalm: 0,
        place: placeOfCall(),
      };
      this.eventually.set(key, state);
    }
    state.lastNs = nowNs;
    state.event = event;
    state.last = condition;
    state.detail = condition ? undefined : plain(detail);
    if (nowNs >= this.#calmFromNs) state.timesInCalm++;
    if (condition && nowNs >= this.#calmFromNs) state.trueInCalm = true;
  }

  #mark(
    host: Recorded,
    assertion: string,
    name: string,
    condition: boolean,
    detail: unknown,
  ): number {
    const kernel = this.#kernel;
    this.reached.add(`${assertion} ${name}`);
    this.lastNs.set(host.name, kernel.nowNs);
    const digest = digestOfText(`${assertion} ${name} ${condition}`);
    // The program's own code is not called: observation must not change the run.
    const told = kernel.observer && {
      assertion,
      name,
      condition,
      detail: plain(detail, { quiet: true }),
    };
    return kernel.mark(host.id, Kind.assert, digest, told);
  }
}

/** The position in the user's code that makes the assertion. */
function placeOfCall(): string | undefined {
  return placesOf(userFrames(stackHere()))[0];
}
