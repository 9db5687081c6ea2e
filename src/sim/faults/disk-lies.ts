/**
 * A disk reports a sync as done before the data is durable, as devices with a volatile write cache do. It shows
 * when the machine loses power during the fault, or after it without another sync.
 */
import { diskOf } from "../disk/disk.ts";
import { SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { theyDo } from "./words.ts";

const kind: FaultKind = {
  name: "disk-lies",
  harms: () => "disk",
  matters: {
    count: (host) => diskOf(host).faults.hits.lied,
    otherwise: "nothing was synced meanwhile",
  },
  onDisk(_, effect) {
    effect.syncLies = true;
  },
  tell: ({ targets }) => `${theyDo(targets, "has", "have")} a disk that syncs nothing and says yes`,
  tellLift: ({ targets }) => `${theyDo(targets, "has", "have")} a disk that syncs again`,
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * Syncs report success and do nothing. It shows when the machine loses power during the fault, or after it without
 * another sync.
 *
 * @cause a device with a volatile write cache that ignores flushes, a virtual machine whose host does.
 */
export const diskLies: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "10s..20s" },
  lasts: { minNs: SECOND, maxNs: 20 * SECOND },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
