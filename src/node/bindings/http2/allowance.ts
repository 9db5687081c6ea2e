/**
 * A rate limit for requests of a peer that cost this side more than the peer: a burst, and a number
 * per second.
 */

/** A token bucket that refills over time. It limits a peer's resets and irregular frames. */
export class Allowance {
  readonly #burst: number;
  readonly #rate: number;
  readonly #nowS: () => number;
  #tokens: number;
  #atS = 0;

  constructor(burst: number, rate: number, nowS: () => number) {
    this.#burst = burst;
    this.#rate = rate;
    this.#nowS = nowS;
    this.#tokens = burst;
  }

  /** Takes one token. Returns false if there is none. */
  take(): boolean {
    const nowS = Math.floor(this.#nowS());
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowS - this.#atS) * this.#rate);
    this.#atS = nowS;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
