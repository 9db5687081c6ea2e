/**
 * A host's clocks. The monotonic one counts from the host's boot and may drift; the wall clock is the
 * monotonic one plus an offset that faults and daemons may step.
 */
import type { ClockDetail } from "../trace/details.ts";
import { type EventHandle, type Kernel, Kind } from "./kernel.ts";

/** The clocks of one host. */
export class HostClock {
  /** How often programs have read the wall clock. */
  readings = 0;
  readonly #kernel: Kernel;
  readonly #host: number;
  /** Local nanoseconds that pass in one true nanosecond, minus one. */
  #drift = 0;
  /** What it gains without any fault, in parts per million. */
  #ownPpm = 0;
  /** What it gains because of a fault, and because of a daemon that disciplines it: always, and while it slews. */
  #faultPpm = 0;
  #setPpm = 0;
  #slewPpm = 0;
  /** Ends the slew that is under way. */
  #slewEnd: EventHandle | undefined;
  /** The monotonic reading at `#sinceNs`. */
  #baseNs = 0;
  #sinceNs = 0;
  #wallOffsetNs = 0;
  /** How many leap seconds were inserted, and the one that is being smeared. */
  #leaps = 0;
  #smear: { readonly sinceNs: number; readonly lastsNs: number } | undefined;
  /** The reading of a wall clock that stands still. */
  #frozenMs: number | undefined;
  /** Jumps that are due at a reading; `reads` is 0 once they have happened. */
  readonly #jumps = new Map<unknown, { reads: number; readonly stepNs: number }>();

  /** `host`: the number of the host, under which its changes are recorded. */
  constructor(kernel: Kernel, host: number) {
    this.#kernel = kernel;
    this.#host = host;
    this.#sinceNs = kernel.nowNs;
  }

  /** Monotonic nanoseconds since boot, an integer. */
  monotonicNs(): number {
    const elapsedNs = this.#kernel.nowNs - this.#sinceNs;
    if (this.#drift === 0) return this.#baseNs + elapsedNs;
    return Math.floor(this.#baseNs + elapsedNs * (1 + this.#drift));
  }

  /** Wall time in milliseconds since the epoch, with a fraction. */
  wallMs(): number {
    if (this.#frozenMs !== undefined) return this.#frozenMs;
    const { epochMs } = this.#kernel;
    const sinceEpochNs = this.#bootNs + this.monotonicNs() + this.#wallOffsetNs + this.#leapNs();
    return epochMs + sinceEpochNs / 1_000_000;
  }

  /**
   * A leap second: from now on the wall clock is a second behind, and this is right. Linearly over `smearNs`
   * nanoseconds of true time; at once with 0.
   */
  leap(smearNs: number): void {
    this.endSmear();
    if (smearNs === 0) this.#leaps++;
    else this.#smear = { sinceNs: this.#kernel.nowNs, lastsNs: smearNs };
    this.#tell();
  }

  /** The leap second that is being smeared is over. */
  endSmear(): void {
    if (this.#smear === undefined) return;
    this.#smear = undefined;
    this.#leaps++;
  }

  #leapNs(): number {
    if (this.#leaps === 0 && this.#smear === undefined) return 0;
    const { sinceNs = 0, lastsNs = 1 } = this.#smear ?? {};
    const part = this.#smear ? Math.min(1, (this.#kernel.nowNs - sinceNs) / lastsNs) : 0;
    return -Math.round((this.#leaps + part) * 1_000_000_000);
  }

  /**
   * Wall time as a program reads it. If a jump is due between two readings, it happens at the reading that it
   * was set for.
   */
  readWallMs(): number {
    this.readings++;
    if (this.#jumps.size > 0) this.#countReading();
    return this.wallMs();
  }

  #countReading(): void {
    for (const jump of this.#jumps.values()) {
      if (jump.reads > 0 && --jump.reads === 0) this.stepWall(jump.stepNs);
    }
  }

  /** Lets the wall clock jump by `stepNs` at its `reads`th reading from now, once. `key` identifies the jump. */
  jumpAtRead(key: unknown, reads: number, stepNs: number): void {
    this.#jumps.set(key, { reads, stepNs });
  }

  /** Forgets a jump, whether it has happened or not. */
  forgetJump(key: unknown): void {
    this.#jumps.delete(key);
  }

  /** The sum of the jumps at readings that have happened and were not forgotten, in nanoseconds. */
  get jumpedNs(): number {
    let sumNs = 0;
    for (const { reads, stepNs } of this.#jumps.values()) if (reads === 0) sumNs += stepNs;
    return sumNs;
  }

  /** Stops the wall clock, or lets it run again, at the reading that it stopped at. */
  freezeWall(frozen: boolean): void {
    if (frozen === (this.#frozenMs !== undefined)) return;
    const readingMs = this.wallMs();
    this.#frozenMs = frozen ? readingMs : undefined;
    if (!frozen) this.#wallOffsetNs += Math.round((readingMs - this.wallMs()) * 1_000_000);
    this.#tell();
  }

  /** How long a local duration lasts in true nanoseconds, an integer. */
  trueDelayNs(localNs: number): number {
    return this.#drift === 0 ? localNs : Math.ceil(localNs / (1 + this.#drift));
  }

  /** Moves the wall clock by `deltaNs` at once. The monotonic clock is not affected. */
  stepWall(deltaNs: number): void {
    this.#wallOffsetNs += deltaNs;
    if (deltaNs !== 0) this.#tell();
  }

  /** How far the wall clock is from true time, in nanoseconds. */
  wallErrorNs(): number {
    return this.#bootNs + this.monotonicNs() + this.#wallOffsetNs - this.#kernel.nowNs;
  }

  /** What this clock gains without any fault, in microseconds a second. Set before it is read. */
  setOwnDriftPpm(ppm: number): void {
    this.#ownPpm = ppm;
    if (ppm !== 0) this.#changeRate();
  }

  /** From now on this clock gains `ppm` microseconds a second (or loses, when negative) beyond what it always does. */
  setDriftPpm(ppm: number): void {
    this.#faultPpm = ppm;
    this.#changeRate();
  }

  /** A daemon corrects the frequency: `ppm` microseconds a second more from now on. As Linux, at most 500 either way. */
  setFrequencyPpm(ppm: number): void {
    this.#setPpm = Math.max(-SLEW_PPM, Math.min(SLEW_PPM, ppm));
    this.#changeRate();
  }

  /**
   * A daemon has the clock run a little faster or slower until it has moved by `deltaNs`, as adjtime(3) does: half a
   * millisecond a second. What is left of an earlier slew is forgotten.
   */
  slew(deltaNs: number): void {
    if (this.#slewEnd !== undefined) this.#kernel.cancel(this.#slewEnd);
    this.#slewEnd = undefined;
    this.#slewPpm = Math.sign(deltaNs) * SLEW_PPM;
    this.#changeRate();
    if (deltaNs === 0) return;
    const lastsNs = Math.max(1, Math.round(Math.abs(deltaNs) / (SLEW_PPM / 1_000_000)));
    this.#slewEnd = this.#kernel.schedule(
      lastsNs,
      this.#host,
      Kind.internal,
      endSlew,
      this as HostClock,
    );
  }

  /** @internal */
  endSlew(): void {
    this.#slewEnd = undefined;
    this.#slewPpm = 0;
    this.#changeRate();
  }

  #changeRate(): void {
    this.#baseNs = this.monotonicNs();
    this.#sinceNs = this.#kernel.nowNs;
    const ppm = this.#faultPpm + this.#ownPpm + this.#setPpm + this.#slewPpm;
    const drift = ppm / 1_000_000;
    if (drift === this.#drift) return;
    this.#drift = drift;
    this.#tell();
  }

  /** Records the state of the clocks after a change. */
  #tell(): void {
    const kernel = this.#kernel;
    const errorNs = this.wallErrorNs();
    const ppm = Math.round(this.#drift * 1_000_000);
    const detail: ClockDetail = { errorNs, ppm, frozen: this.#frozenMs !== undefined };
    kernel.mark(this.#host, Kind.clock, errorNs | 0, kernel.observer && detail);
  }

  /** True time at boot. The wall clock keeps running on its battery while the machine is off. */
  #bootNs = 0;

  /** Called when the machine boots: monotonic time starts again at zero, wall time continues. */
  reboot(): void {
    this.#bootNs += this.monotonicNs();
    this.#baseNs = 0;
    this.#sinceNs = this.#kernel.nowNs;
    // The kernel that boots knows of no correction.
    if (this.#setPpm === 0 && this.#slewPpm === 0) return;
    this.#setPpm = 0;
    this.slew(0);
  }
}

/** The fastest that Linux corrects a clock, in parts per million. */
const SLEW_PPM = 500;

function endSlew(clock: HostClock): void {
  clock.endSlew();
}
