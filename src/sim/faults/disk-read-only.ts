/**
 * A file system is remounted read-only, as ext4 does after an error of its device (`errors=remount-ro`). Every
 * change fails with `EROFS`.
 */
import { diskOf } from "../disk/disk.ts";
import { SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { list } from "./words.ts";

const kind: FaultKind = {
  name: "disk-read-only",
  harms: () => "away",
  matters: {
    count: (host) => diskOf(host).clock.calls,
    otherwise: "the disk was not used meanwhile",
  },
  onDisk(_, effect) {
    effect.readOnly = true;
  },
  tell: ({ targets }) => `${list(targets)}: the disk is read-only`,
  tellLift: ({ targets }) => `${list(targets)}: the disk is writable again`,
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * Every change fails with `EROFS`. What was open stays open.
 *
 * @cause a file system with `errors=remount-ro` that has met an error.
 */
export const diskReadOnly: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "5s..20s" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
