/** What programs assert of themselves: always, sometimes, eventually. */
import { Kind, type Kernel } from "../sim/kernel.ts";
import { stackHere } from "../node/index.ts";
import { userFrames } from "./load.ts";
import { digestText, plain } from "./plain.ts";
import type { Recorded } from "./recorder.ts";
import { placesOf } from "./thrown.ts";

/** An `always` that was not so. */
export interface BrokenAlways {
  readonly name: string;
  readonly host: string;
  readonly atNs: number;
  readonly event: number;
  readonly detail: unknown;
  /** Where the program says so: "worker.ts:12:5", with the function where it has a name. */
  readonly place: string | undefined;
}

/** An `eventually` that was reached. */
export interface Eventually {
  readonly name: string;
  readonly host: string;
  /** The last time that it was asked, and whether it was ever true in the calm. */
  lastNs: number;
  event: number;
  trueInCalm: boolean;
  /** What it was when it was last asked, and what was told with it. */
  last: boolean;
  detail: unknown;
  /** How often it was asked in the calm. */
  timesInCalm: number;
  readonly place: string | undefined;
}

/** More are not kept of an `always` that is not so again and again. */
const BROKEN_KEPT_MAX = 16;

/** All assertions of one run. */
export class Assertions {
  readonly #kernel: Kernel;
  readonly #calmFromNs: number;
  readonly broken: BrokenAlways[] = [];
  /** How often each `always` was not so. */
  readonly #times = new Map<string, number>();
  /** By name: whether it was ever true. */
  readonly sometimes: Map<string, boolean> = new Map();
  readonly eventually: Map<string, Eventually> = new Map();
  /** The assertions that programs came by, such as "always the queue is bounded". */
  readonly reached: Set<string> = new Set();
  /** When each host last asserted anything. */
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
    // Where it was asked is dear to find out; a program may well ask a thousand times.
    if (times >= BROKEN_KEPT_MAX) return;
    this.broken.push({
      name,
      host: host.name,
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
    const key = `${host.name} ${name}`;
    let state = this.eventually.get(key);
    if (!state) {
      state = {
        name,
        host: host.name,
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
    const digest = digestText(`${assertion} ${name} ${condition}`);
    // Without calling the program's own code: that somebody watches must not change the run.
    const told = kernel.observer && {
      assertion,
      name,
      condition,
      detail: plain(detail, { quiet: true }),
    };
    return kernel.mark(host.id, Kind.assert, digest, told);
  }
}

/** The user's line that asserts. */
function placeOfCall(): string | undefined {
  return placesOf(userFrames(stackHere()))[0];
}
