/**
 * The clock that a time server has its time from. The host's own wall clock is taken for true time; a reference adds the error
 * that such a device has.
 */

/** The kinds of references. */
export const references = ["GPS", "atomic", "host"] as const;

/** A kind of reference. */
export type ReferenceName = (typeof references)[number];

/** How wrong a reference is. */
interface ErrorModel {
  /** What it is called in packets (RFC 5905, figure 12). */
  readonly id: string;
  /** Noise of each reading: its standard deviation. */
  readonly noiseMs: number;
  /** How fast it gains or loses time: at most so many parts per million, drawn once. */
  readonly driftPpm: number;
  /** A fixed error, at most so large, drawn once: cables and antennas. */
  readonly offsetMs: number;
}

/**
 * A GPS receiver: some 50 ns of noise behind a pulse per second, and the delay of its cable. An atomic clock: hardly any noise,
 * and a frequency error of 1e-11 at most, too small to be seen by an NTP client.
 */
const models: Readonly<Record<ReferenceName, ErrorModel>> = {
  GPS: { id: "GPS", noiseMs: 0.000_05, driftPpm: 0, offsetMs: 0.000_2 },
  atomic: { id: "ATOM", noiseMs: 0.000_001, driftPpm: 0.000_01, offsetMs: 0.000_1 },
  host: { id: "LOCL", noiseMs: 0, driftPpm: 0, offsetMs: 0 },
};

/** Reads the time of one reference. */
export class Reference {
  readonly id: string;
  readonly #model: ErrorModel;
  readonly #offsetMs: number;
  readonly #drift: number;
  /** What the monotonic clock has to be added to give the wall clock's time. */
  #aheadMs: number;
  readonly #sinceMs: number;

  /** `errorMs`: an error on top of what such a device has, such as that of a server that is wrong. */
  constructor(name: ReferenceName, errorMs = 0) {
    const model = models[name];
    this.#model = model;
    this.id = model.id;
    this.#offsetMs = errorMs + model.offsetMs * (2 * Math.random() - 1);
    this.#drift = (model.driftPpm / 1_000_000) * (2 * Math.random() - 1);
    this.#aheadMs = Date.now() - performance.now();
    this.#sinceMs = performance.now();
  }

  /** The time, in milliseconds since 1970 with a fraction. */
  nowMs(): number {
    const sinceMs = performance.now() - this.#sinceMs;
    const noiseMs = this.#model.noiseMs === 0 ? 0 : this.#model.noiseMs * gaussian();
    return this.#wallMs() + this.#offsetMs + this.#drift * sinceMs + noiseMs;
  }

  /** `Date.now()` has whole milliseconds; the monotonic clock says where within one it is. */
  #wallMs(): number {
    const monotonicMs = performance.now();
    const wholeMs = Date.now();
    const guessMs = monotonicMs + this.#aheadMs;
    const wallMs = Math.min(Math.max(guessMs, wholeMs), wholeMs + 0.999_999);
    this.#aheadMs = wallMs - monotonicMs;
    return wallMs;
  }
}

/** A number from the standard normal distribution (Box and Muller). */
function gaussian(): number {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
  return radius * Math.cos(2 * Math.PI * Math.random());
}
