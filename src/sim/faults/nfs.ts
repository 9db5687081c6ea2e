/**
 * What goes wrong between a machine and the server of a disk that it shares with others. The caches that make such a disk
 * incoherent are there without any fault; see `disk/nfs/client.ts`.
 */
import { MS, SECOND } from "../../base/units.ts";
import { diskOf } from "../disk/disk.ts";
import type { Host } from "../host.ts";
import { drawShare, eitherOf } from "./chance.ts";
import { endNs, type Fault } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { rarer } from "./lighter.ts";
import { numbers, oneOf } from "./options.ts";
import { isShare } from "./valid.ts";
import { list, percent } from "./words.ts";

/** What goes wrong. */
export const nfsTroubles = ["unreachable", "stale", "cached", "repeated"] as const;
export type NfsTrouble = (typeof nfsTroubles)[number];

/** What goes wrong with a shared disk. */
export interface NfsOptions extends FaultOptions {
  /**
   * `unreachable`: the server does not answer this machine. `stale`: it does not know the handles of open files any more,
   * and calls fail with `ESTALE`. `cached`: the machine believes what it knows as long as it ever does. `repeated`: the reply to a
   * request is lost, and the server carries the request out again. Default: drawn.
   */
  readonly how?: NfsTrouble;
  /** `repeated`: the share of the requests that it concerns, from and to. Default: `[0.1, 1]`. */
  readonly probability?: readonly [number, number];
}

/** The parameters of such a fault. */
export type NfsParams = { readonly how: NfsTrouble; readonly probability: number };

const counts: Readonly<Record<NfsTrouble, (host: Host) => number>> = {
  unreachable: (host) => sumOf(host, ({ requests }) => requests.waits),
  stale: (host) => sumOf(host, ({ staled }) => staled),
  cached: (host) => sumOf(host, ({ clung }) => clung),
  repeated: (host) => sumOf(host, ({ requests }) => requests.repeated),
};

const kind: FaultKind<NfsParams> = {
  name: "nfs",
  matters: {
    count: (host, { params }) => counts[params.how](host),
    otherwise: "nothing was asked of the server, or believed without asking, meanwhile",
  },
  damagesDisk: ({ params }) => params.how === "repeated",
  begin({ targets, params }, reach) {
    if (params.how !== "stale") return;
    for (const host of reach.hosts({ targets })) {
      for (const client of diskOf(host).clients) client.makeStale();
    }
  },
  onDisk(fault, effect) {
    const { how, probability } = fault.params;
    if (how === "unreachable") {
      effect.serverSilentUntilNs = Math.max(effect.serverSilentUntilNs, endNs(fault as Fault));
    } else if (how === "repeated") {
      effect.requestRepeats = eitherOf(effect.requestRepeats, probability);
    } else if (how === "cached") {
      effect.clings = true;
    }
  },
  tell({ targets, params: { how, probability } }) {
    const what: Readonly<Record<NfsTrouble, string>> = {
      unreachable: "gets no answers from the server of its shared disk",
      stale: "has stale handles: the server of its shared disk does not know them any more",
      cached: "believes what it knows of its shared disk as long as it ever does",
      repeated: `has ${percent(probability)} of its requests to the server of its shared disk carried out twice`,
    };
    return `${list(targets)} ${what[how]}`;
  },
  tellLift: ({ targets }) => `${list(targets)}: the shared disk is as before`,
  lighter: (fault) => (fault.params.how === "repeated" ? rarer(fault) : []),
  isValid: ({ how, probability }) =>
    nfsTroubles.includes(how as NfsTrouble) && isShare(probability),
};

function sumOf(
  host: Host,
  number: (client: ReturnType<typeof diskOf>["clients"][number]) => number,
): number {
  return diskOf(host).clients.reduce((sum, client) => sum + number(client), 0);
}

/**
 * Something goes wrong between a machine and the server of a disk that it shares with others
 * ([`w.shared`](worlds.md#wshared)). A partition between the two, or a crash of the server, does so as well. With a
 * hard mount calls wait until the server is back, with a soft one they fail after a while. Whatever goes wrong: what
 * machines know of each other's changes is some seconds old, without any fault.
 *
 * @cause a server that is switched over or restarted, an export that is renumbered, a full cache of replies, a firewall.
 */
export const nfs: FaultWord<
  NfsOptions,
  { how: NfsTrouble | undefined; probability: readonly [number, number] }
> = {
  kinds: [kind],
  links: false,
  shared: true,
  example: { how: "repeated", probability: [0.5, 1] },
  lasts: { minNs: 500 * MS, maxNs: 20 * SECOND },
  options: { how: oneOf(...nfsTroubles), probability: numbers(1, [0.1, 1]) },
  draw({ targets, options, prng }) {
    const how = options.how ?? prng.pick(nfsTroubles);
    const share = drawShare(prng, options.probability, 2);
    const probability = how === "repeated" ? share : 0;
    return { kind: kind.name, targets: [prng.pick(targets)], params: { how, probability } };
  },
};
