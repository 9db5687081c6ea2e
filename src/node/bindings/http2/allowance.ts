/** How often a peer may do what costs us more than it: a burst, and so many a second. */

/** Tokens that come back with time: how a peer's resets, and oddities, are limited. */
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

  /** Takes one; false when there is none. */
  take(): boolean {
    const nowS = Math.floor(this.#nowS());
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowS - this.#atS) * this.#rate);
    this.#atS = nowS;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
