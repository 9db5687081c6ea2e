/**
 * A machine is replaced: it dies, and after a while another one with the same name and address takes its place, with an
 * empty disk. So it happens to machines in a cloud, and to containers without a volume.
 */
import { SECOND } from "../../base/units.ts";
import { diskOf } from "../disk/disk.ts";
import { loseEverything } from "../disk/journal.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { theyDo } from "./words.ts";
import { fewerTargets } from "./lighter.ts";

const kind: FaultKind = {
  name: "replace",
  keeps: "off",
  damagesDisk: () => true,
  harms: () => "disk",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      const disk = diskOf(host);
      disk.policy = loseEverything;
      host.powerOff();
      disk.replace();
    }
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) {
      if (reach.isOff(host.name)) continue;
      host.powerOn();
      if (host.processes.size === 0) reach.restart(host);
    }
  },
  tell: ({ targets }) => `${theyDo(targets, "dies", "die")}, and nothing takes its place`,
  tellLift: ({ targets }) =>
    `${theyDo(targets, "is", "are")} replaced by a machine with an empty disk`,
  lighter: fewerTargets,
  isValid: () => true,
};

/**
 * A machine dies, and after a while another one takes its place: the same name, address and programs, and an empty disk.
 *
 * @cause machines in a cloud that are made anew, containers without a volume, a disk that dies.
 * @lasts the time until the other one is there
 */
export const replace: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { lasts: "1s..5s", every: "10s..20s" },
  lasts: { minNs: SECOND / 2, maxNs: 10 * SECOND },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
