/**
 * Calls to a disk fail with `EIO`: reads, writes, or syncs. After a failed `fsync` Linux counts the data as
 * written, so that the next `fsync` succeeds although the data was never on the device (Rebello et al., "Can
 * Applications Recover from fsync Failures?", USENIX ATC 2020).
 */
import { diskOf } from "../disk/disk.ts";
import { MS, SECOND } from "../../base/units.ts";
import { eitherOf } from "./chance.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers, oneOf } from "./options.ts";
import { isShare } from "./valid.ts";
import { list, percent } from "./words.ts";

const CALLS = ["read", "write", "sync"] as const;
type Call = (typeof CALLS)[number];

/** Which calls fail, and how often. */
export interface DiskErrorOptions extends FaultOptions {
  /** The calls that fail. Default: drawn for each fault. */
  readonly on?: Call;
  /** The share of calls that fail, as minimum and maximum. Default: `[0.1, 1]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of failing calls. */
export type DiskErrorParams = { readonly on: Call; readonly probability: number };

const kind: FaultKind<DiskErrorParams> = {
  name: "disk-error",
  matters: {
    count: (host) => diskOf(host).faults.hits.failed,
    otherwise: "none of these calls was made meanwhile",
  },
  harms: ({ params }) => (params.on === "sync" ? "disk" : "away"),
  onDisk({ params: { on, probability } }, effect) {
    const name = ({ read: "readFails", write: "writeFails", sync: "syncFails" } as const)[on];
    effect[name] = eitherOf(effect[name], probability);
  },
  tell: ({ targets, params: { on, probability } }) =>
    `${list(targets)}: ${probability === 1 ? "every" : `${percent(probability)} of`} disk ${on}${probability === 1 ? " fails" : "s fail"} with EIO`,
  tellLift: ({ targets, params }) => `${list(targets)}: disk ${params.on}s succeed again`,
  lighter: (fault) => rarer(fault),
  isValid: ({ on, probability }) => CALLS.includes(on as Call) && isShare(probability),
};

/**
 * Calls fail with `EIO`. After a failed sync the data counts as written, so that the next sync succeeds without it
 * (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
 *
 * @cause a sector that cannot be read or written, a cable, a network disk that is gone.
 */
export const diskErrors: FaultWord<
  DiskErrorOptions,
  { on: Call | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: false,
  example: { on: "sync", lasts: "1s..5s" },
  lasts: { minNs: 200 * MS, maxNs: 10 * SECOND },
  options: { on: oneOf(...CALLS), probability: numbers(1, [0.1, 1]) },
  draw({ targets, options, prng }) {
    const [min, max] = options.probability;
    // All calls fail as often as a share of them.
    const probability = prng.chance(0.5) ? max : min + prng.float() * (max - min);
    const params = {
      on: options.on ?? prng.pick(CALLS),
      probability: Number(probability.toFixed(2)),
    };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};
