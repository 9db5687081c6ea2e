/** What goes wrong at a stand-in for a service outside: how it answers while faults are on. */
import type { Prng } from "../base/prng.ts";

/** The ways in which a service lets its users down. */
export const serviceWays = [
  "unavailable",
  "limited",
  "slow",
  "half",
  "schema",
  "certificate",
  "duplicate",
  "reorder",
] as const;

/** One of these ways. */
export type ServiceWay = (typeof serviceWays)[number];

/** One trouble for a while. */
export interface ServiceTrouble {
  readonly how: ServiceWay;
  /** The share of the requests, connections or webhooks that it concerns. */
  readonly probability: number;
  /** `slow`: how long an answer takes; `reorder`: how long a webhook is held back. */
  readonly byNs: number;
  /** `unavailable`, `limited`: what `Retry-After` says, in seconds; `undefined`: there is none. */
  readonly retryAfterS: number | undefined;
  /** `schema`: decides what is different. */
  readonly draw: number;
}

/** The troubles of one service. */
export class ServiceTroubles {
  readonly #prng: Prng;
  /** What is wrong now; empty if nothing is. */
  active: readonly ServiceTrouble[] = [];
  /** How often something went wrong. */
  struck = 0;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /** The first trouble of these kinds that strikes now. */
  strikes(...ways: readonly ServiceWay[]): ServiceTrouble | undefined {
    for (const trouble of this.active) {
      if (!ways.includes(trouble.how) || !this.#prng.chance(trouble.probability)) continue;
      this.struck++;
      return trouble;
    }
    return undefined;
  }
}
