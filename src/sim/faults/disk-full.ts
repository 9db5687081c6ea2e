/**
 * A disk has no free block, or a user has used up the quota: a write that needs a block fails. Existing blocks can be
 * overwritten.
 */
import { diskOf } from "../disk/disk.ts";
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets, withEach } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { list } from "./words.ts";

const HOW = ["disk", "quota"] as const;
const QUOTA_PROBABILITY = 0.25;

/** Why there is no space. */
export interface DiskFullOptions extends FaultOptions {
  /** `disk`: the disk is full (`ENOSPC`). `quota`: the user may have no more of it (`EDQUOT`). Default: drawn, mostly `disk`. */
  readonly how?: (typeof HOW)[number];
}

/** The parameters of a full disk. */
export type DiskFullParams = { readonly how?: (typeof HOW)[number] };

const kind: FaultKind<DiskFullParams> = {
  name: "disk-full",
  harms: () => "away",
  matters: {
    count: (host) => diskOf(host).faults.hits.full,
    otherwise: "nothing was written that needed space meanwhile",
  },
  onDisk({ params: { how } }, effect) {
    effect.full = how === "quota" ? "EDQUOT" : "ENOSPC";
  },
  tell: ({ targets, params: { how } }) =>
    how === "quota"
      ? `${list(targets)}: the quota is used up`
      : `${list(targets)}: the disk is full`,
  tellLift: ({ targets }) => `${list(targets)}: the disk has space again`,
  lighter: (fault) => [
    ...fewerTargets(fault),
    ...(fault.params.how === "quota" ? withEach(fault, "how", ["disk"]) : []),
  ],
  isValid: ({ how }) => how === undefined || HOW.includes(how as never),
};

/**
 * A write that needs a block fails with `ENOSPC`; or with `EDQUOT`, which Node shows as "Unknown system error -122".
 *
 * @cause logs, a backup, another program on the same disk, a quota.
 */
export const diskFull: FaultWord<DiskFullOptions, { how: (typeof HOW)[number] | undefined }> = {
  kinds: [kind],
  links: false,
  example: { lasts: "5s..20s" },
  lasts: { minNs: 500 * MS, maxNs: 20 * SECOND },
  options: { how: oneOf(...HOW) },
  draw({ targets, options, prng, at }) {
    const target = prng.pick(targets);
    const isQuota = prng.fork(`quota.${at}`).chance(QUOTA_PROBABILITY);
    const how = options.how ?? (isQuota ? "quota" : "disk");
    return { kind: kind.name, targets: [target], params: { how } };
  },
};
