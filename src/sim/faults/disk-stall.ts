/** A device answers nothing for a while, as one that is reset: syncs, and reads from it, do not return until it is over. */
import { diskOf } from "../disk/disk.ts";
import { MS, SECOND } from "../../base/units.ts";
import { endNs, type Fault } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { theyDo } from "./words.ts";

const kind: FaultKind = {
  name: "disk-stall",
  harms: () => "away",
  matters: {
    count: (host) => diskOf(host).clock.stalls,
    otherwise: "nothing was synced, or read from the device, meanwhile",
  },
  onDisk(fault, effect) {
    effect.stalledUntilNs = Math.max(effect.stalledUntilNs, endNs(fault as Fault));
  },
  tell: ({ targets }) => `${theyDo(targets, "has", "have")} a disk that answers nothing`,
  tellLift: ({ targets }) => `${theyDo(targets, "has", "have")} a disk that answers again`,
  lighter: () => [],
  isValid: () => true,
};

/**
 * The device answers nothing: syncs, and reads of what is not in memory, return when it is over. A program that syncs
 * with `fsyncSync` stands still meanwhile.
 *
 * @cause a device or a controller that is reset, a path to a storage network that is switched, a full write cache.
 */
export const diskStall: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "1s..5s" },
  lasts: { minNs: 500 * MS, maxNs: 10 * SECOND },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
