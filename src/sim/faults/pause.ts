/** A process stops running, as in a long garbage collection. Its sockets stay open. */
import { MS, SECOND } from "../../base/units.ts";
import { victims } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { theyDo } from "./words.ts";

const kind: FaultKind = {
  name: "pause",
  keeps: "paused",
  harms: () => "away",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) host.pause();
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (reach.active(kind, host.name).length === 0) host.resume();
    }
  },
  tell: ({ targets }) => theyDo(targets, "pauses", "pause"),
  tellLift: ({ targets }) => theyDo(targets, "resumes", "resume"),
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * A process stops and goes on later. Its sockets stay, the kernel still acknowledges what arrives, and its timers
 * fire late.
 *
 * @cause a long garbage collection, a virtual machine that is moved or frozen, a container without its share of the
 * processor, `SIGSTOP`.
 */
export const pause: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "2s..10s" },
  lasts: { minNs: 50 * MS, maxNs: 10 * SECOND },
  options: {},
  draw: (draw) => ({ kind: kind.name, targets: victims(draw), params: {} }),
};
