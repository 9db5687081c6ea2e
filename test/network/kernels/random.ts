/**
 * Random scenarios. No two things happen within a moment of each other, since two real machines would not
 * agree on which was first.
 */
import { Prng } from "../../../src/base/prng.ts";
import { type Act, type Event, half, type Half, type Role, type Scenario } from "./scenario.ts";

/** What a busy machine may be late, doubled. */
const SLOT_MS = 130;
const SLOTS = 40;
const BOOT_MS = 1_000;
/** How long nothing happens any more: keep-alive gives up after this, and retransmissions are over. */
const CALM_MS = 14_000;

/** The scenario of a seed. */
export function randomScenario(seed: number): Scenario {
  const prng = Prng.root(seed);
  const slots = Array.from({ length: SLOTS }, (_, slot) => 200 + slot * SLOT_MS);
  /** A moment that is not taken, within the given part of the whole. */
  const moment = (from = 0, to = 1): number => {
    const chosen = slots.filter((at) => at >= from * SLOTS * SLOT_MS && at <= to * SLOTS * SLOT_MS);
    const at = prng.pick(chosen.length > 0 ? chosen : slots);
    slots.splice(slots.indexOf(at), 1);
    return at;
  };
  const count = prng.pick([1, 1, 2]);
  const connections: Scenario["connections"] = [];
  for (let i = 0; i < count; i++) {
    const at = prng.chance(0.7) ? 50 + i * 50 : moment(0, 0.6);
    connections.push({ at, client: randomHalf(prng, moment), server: randomHalf(prng, moment) });
  }
  const events = randomEvents(prng, moment);
  return {
    name: `seed ${seed}`,
    delayMs: 5,
    forMs: 200 + SLOTS * SLOT_MS + CALM_MS,
    connections,
    events,
  };
}

type Moment = (from?: number, to?: number) => number;

function randomHalf(prng: Prng, moment: Moment): Half {
  const acts: Act[] = [];
  const count = prng.below(4);
  for (let i = 0; i < count; i++) {
    const bytes = prng.pick([10, 10, 1_000, 4_000]);
    acts.push({ at: moment(), verb: "write", bytes });
  }
  if (prng.chance(0.25)) acts.push({ at: moment(), verb: prng.pick(["pause", "resume"] as const) });
  if (prng.chance(0.45)) {
    const verb = prng.pick(["end", "end", "destroy", "destroy", "reset"] as const);
    acts.push({ at: moment(0.3), verb });
  }
  return half(acts, {
    reads: prng.chance(0.85),
    halfOpen: prng.chance(0.3),
    keepAliveMs: prng.chance(0.25) ? prng.pick([1_000, 2_000]) : 0,
  });
}

function randomEvents(prng: Prng, moment: Moment): Event[] {
  const events: Event[] = [];
  const cut = (way: "ab" | "ba"): void => {
    const at = moment(0, 0.7);
    events.push({ at, verb: "cut", way });
    if (prng.chance(0.85)) events.push({ at: moment(at / (SLOTS * SLOT_MS)), verb: "join", way });
  };
  for (const way of ["ab", "ba"] as const) if (prng.chance(0.6)) cut(way);
  if (prng.chance(0.6)) {
    const role: Role = prng.pick(["client", "server", "server"] as const);
    const verb = prng.pick(["kill", "crash"] as const);
    const at = moment(0.2, 0.8);
    events.push({ at, verb, role });
    if (verb === "crash" && prng.chance(0.8)) {
      events.push({ at: moment(at / (SLOTS * SLOT_MS)), verb: "boot", role });
    }
  }
  // Whatever could not be put behind its beginning comes at the end.
  for (const event of events) {
    if (event.verb !== "join" && event.verb !== "boot") continue;
    const begun = events.find(
      (other) =>
        (event.verb === "join" && other.verb === "cut" && other.way === event.way) ||
        (event.verb === "boot" && other.verb === "crash"),
    );
    if (begun === undefined) continue;
    if (begun.at > event.at) event.at = begun.at + SLOTS * SLOT_MS;
    // A real machine needs time to start a process.
    if (event.verb === "boot") event.at = Math.max(event.at, begun.at + BOOT_MS);
  }
  return events.sort((a, b) => a.at - b.at);
}
