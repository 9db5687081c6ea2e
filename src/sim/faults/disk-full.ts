/** A disk has no free block: a write that needs one fails with `ENOSPC`. Existing blocks can be overwritten. */
import { diskOf } from "../disk/disk.ts";
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { list } from "./words.ts";

const kind: FaultKind = {
  name: "disk-full",
  harms: () => "away",
  matters: {
    count: (host) => diskOf(host).faults.hits.full,
    otherwise: "nothing was written that needed space meanwhile",
  },
  onDisk(_, effect) {
    effect.full = true;
  },
  tell: ({ targets }) => `${list(targets)}: the disk is full`,
  tellLift: ({ targets }) => `${list(targets)}: the disk has space again`,
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * A write that needs a block fails with `ENOSPC`.
 *
 * @cause logs, a backup, another program on the same disk.
 */
export const diskFull: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "5s..20s" },
  lasts: { minNs: 500 * MS, maxNs: 20 * SECOND },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
