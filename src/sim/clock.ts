/**
 * A host's clocks. The monotonic one counts from the host's boot and may drift; the wall clock is the
 * monotonic one plus an offset that faults and daemons may step.
 */
import type { Kernel } from "./kernel.ts";

/** Where the world's wall clocks start, in milliseconds since the epoch: 2026-01-01T00:00:00Z. */
export const WORLD_EPOCH_MS = 1_767_225_600_000;

/** The clocks of one host. */
export class HostClock {
  readonly #kernel: Kernel;
  /** Local nanoseconds that pass in one true nanosecond, minus one. */
  #drift = 0;
  /** The monotonic reading at `#sinceNs`. */
  #baseNs = 0;
  #sinceNs = 0;
  #wallOffsetNs = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
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
    return WORLD_EPOCH_MS + (this.#bootNs + this.monotonicNs() + this.#wallOffsetNs) / 1_000_000;
  }

  /** How long a local duration lasts in true nanoseconds, an integer. */
  trueDelayNs(localNs: number): number {
    return this.#drift === 0 ? localNs : Math.ceil(localNs / (1 + this.#drift));
  }

  /** Moves the wall clock by `deltaNs` at once. The monotonic clock is not affected. */
  stepWall(deltaNs: number): void {
    this.#wallOffsetNs += deltaNs;
  }

  /** How far the wall clock is from true time, in nanoseconds. */
  wallErrorNs(): number {
    return this.#bootNs + this.monotonicNs() + this.#wallOffsetNs - this.#kernel.nowNs;
  }

  /** From now on this clock gains `ppm` microseconds a second (or loses, when negative). */
  setDriftPpm(ppm: number): void {
    this.#baseNs = this.monotonicNs();
    this.#sinceNs = this.#kernel.nowNs;
    this.#drift = ppm / 1_000_000;
  }

  /** True time at boot. The wall clock keeps running on its battery while the machine is off. */
  #bootNs = 0;

  /** Called when the machine boots: monotonic time starts again at zero, wall time continues. */
  reboot(): void {
    this.#bootNs += this.monotonicNs();
    this.#baseNs = 0;
    this.#sinceNs = this.#kernel.nowNs;
  }
}
