/** Disks that several hosts share, as NFS does: how worlds describe them, and how a run sets them up. */
import {
  parseDurationNs,
  parseRangeNs,
  SECOND,
  type Duration,
  type DurationRange,
} from "../base/units.ts";
import type { FaultDriver } from "../sim/faults/index.ts";
import {
  diskOf,
  type MountOptions,
  NfsExport,
  type RangeNs,
  type ServerPort,
} from "../sim/disk/index.ts";
import type { Host } from "../sim/host.ts";
import { LOST } from "../sim/network/link.ts";
import type { Network } from "../sim/network/network.ts";
import type { SharedPlan } from "./plan.ts";
import { bad, onlyOptions, show } from "./refusals.ts";

/** Options for a disk that several hosts share. The words in brackets are those of nfs(5). */
export interface SharedOptions {
  /**
   * The host whose disk it is. Its own programs see the files without any caching. If the world has no such host, one
   * without programs is added. Default: `"nas"`.
   */
  readonly server?: string;
  /**
   * What a call does while the server does not answer: it waits, however long (`"hard"`), or fails with `EIO` after
   * `timeout` (`"soft"`). Default: `"hard"`.
   */
  readonly mount?: "hard" | "soft";
  /** After how long a soft mount gives up. Default: `"180s"`, as Linux's over TCP (`timeo`, `retrans`). */
  readonly timeout?: Duration;
  /**
   * How long the attributes of a file are believed without asking: at first, and at most if they are found unchanged
   * (`acregmin`, `acregmax`). `"0s"`: never (`noac`). Default: `"3s..60s"`.
   */
  readonly fileAttributes?: DurationRange;
  /** The same for folders, and for the names in them (`acdirmin`, `acdirmax`). Default: `"30s..60s"`. */
  readonly folderAttributes?: DurationRange;
}

const optionNames = ["server", "mount", "timeout", "fileAttributes", "folderAttributes"];

/** Bytes of a request and its reply, without data. */
const REQUEST_BYTES = 300;
/** When a packet is lost, TCP sends it again after this long. */
const RESEND_NS = SECOND / 5;

/** Reads the arguments of `w.shared`. */
export function sharedPlan(
  path: string,
  hosts: readonly string[],
  given: SharedOptions,
): Omit<SharedPlan, "server"> & { readonly server: string } {
  const where = `w.shared(${show(path)})`;
  const isPath = typeof path === "string" && /^(?:\/[^/\0]+)+$/.test(path);
  if (!isPath || /\/\.\.?(?:\/|$)/.test(path)) {
    throw bad(`${where}: it is not an absolute path`, 'Such as "/shared".');
  }
  onlyOptions(where, given, optionNames);
  const { server = "nas", mount = "hard", timeout = "180s" } = given;
  const { fileAttributes = "3s..60s", folderAttributes = "30s..60s" } = given;
  if (typeof server !== "string") throw bad(`${where}: server is ${show(server)}, not a name`);
  if (mount !== "hard" && mount !== "soft") {
    throw bad(`${where}: mount is ${show(mount)}, not "hard" or "soft"`);
  }
  if (hosts.includes(server)) {
    throw bad(`${where}: ${server} is the server, whose own disk it is, and mounts nothing`);
  }
  const options: MountOptions = {
    hard: mount === "hard",
    timeoutNs: parseDurationNs(timeout, `${where}: timeout`),
    fileAttributes: spanOf(fileAttributes, `${where}: fileAttributes`),
    folderAttributes: spanOf(folderAttributes, `${where}: folderAttributes`),
  };
  return { path, server, hosts, options };
}

function spanOf(given: DurationRange, where: string): RangeNs {
  return parseRangeNs(given, where);
}

/** Mounts the shared disks of a world. */
export function mountShared(
  shared: readonly SharedPlan[],
  hostOf: (name: string) => Host,
  network: Network,
  driver: FaultDriver,
): void {
  for (const { path, server, hosts, options } of shared) {
    const host = hostOf(server);
    const served = new NfsExport(host, diskOf(host), path);
    for (const name of hosts) {
      const client = hostOf(name);
      const port = portOf(client, host, network, driver);
      diskOf(client).mount({ path, served, options, port });
    }
  }
}

/** How a client reaches the server, over the links between them. */
function portOf(client: Host, server: Host, network: Network, driver: FaultDriver): ServerPort {
  const there = network.link(client, server);
  const back = network.link(server, client);
  return {
    path(bytes) {
      there.packets++;
      if (server.up && !there.blocked) back.packets++;
      const requestArrives = server.up && !there.blocked;
      const replyArrives = server.up && !back.blocked;
      if (!requestArrives || !replyArrives) {
        const untilNs = driver.apartUntilNs(client.name, server.name);
        return { requestArrives, replyArrives, tripNs: 0, untilNs };
      }
      let tripNs = 0;
      for (const link of [there, back]) {
        // A packet that is lost is sent again, not more often than would still be one.
        for (let lost = 0; lost < 8 && link.lossy && link.passing(1) === 0; lost++) {
          tripNs += RESEND_NS * 2 ** lost;
        }
        const transitNs = link.transitNs(REQUEST_BYTES + (link === there ? bytes : 0));
        tripNs += transitNs === LOST ? RESEND_NS : transitNs;
      }
      return { requestArrives, replyArrives, tripNs, untilNs: 0 };
    },
  };
}
