/** One bit of a file changes on the device, and in the page cache. Nothing reports it. */
import { MS } from "../../base/units.ts";
import { type Disk, diskOf } from "../disk/disk.ts";
import { writtenFiles } from "../disk/written-files.ts";
import type { Prng } from "../../base/prng.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { theyDo } from "./words.ts";

const kind: FaultKind = {
  name: "bit-rot",
  matters: {
    count: (host) => diskOf(host).losses.length,
    otherwise: "no program had written a file",
  },
  instant: true,
  damagesDisk: () => true,
  harms: () => "disk",
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) {
      flipBit(diskOf(host), reach.kernel.prng.fork(`bit-rot.${host.name}.${fault.startNs}`));
    }
  },
  tell: ({ targets }) => `${theyDo(targets, "has", "have")} a bit on the disk that flips`,
  tellLift: () => "",
  lighter: () => [],
  isValid: () => true,
};

/** Flips one bit of a file that a program wrote, and records it with the damage of the disk. */
function flipBit(disk: Disk, prng: Prng): void {
  const files = writtenFiles(disk.fs.root, "");
  if (files.length === 0) return;
  const { path, file } = prng.pick(files);
  const at = prng.below(file.size);
  const bit = prng.below(8);
  for (const content of [file.content, file.durableContent]) {
    const byte = new Uint8Array(1);
    if (content.read(at, byte) === 0) continue;
    byte[0] = (byte[0] as number) ^ (1 << bit);
    content.write(at, byte);
  }
  disk.noteDamage(`${path}: bit ${bit} of byte ${at.toLocaleString("en-US")} flips`);
}

/**
 * One bit of a file that a program has written flips, on the device and in the page cache. Nothing reports it.
 *
 * @cause a device that ages, memory without error correction.
 */
export const bitRot: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: false,
  example: { every: "5s..20s" },
  lasts: { minNs: MS, maxNs: MS },
  options: {},
  draw: ({ targets, prng }) => ({ kind: kind.name, targets: [prng.pick(targets)], params: {} }),
};
