/**
 * Established connections are reset, as by a firewall or a load balancer that forgets them. Both ends learn of
 * it, or only one: the other finds out when it sends. Connections within a host are not affected.
 */
import { MS } from "../../base/units.ts";
import { Errno } from "../network/errno.ts";
import { stackOf } from "../network/stack.ts";
import { Phase } from "../network/tcp/phase.ts";
import type { TcpSocket } from "../network/tcp/socket.ts";
import type { Host } from "../host.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { oneOf } from "./options.ts";
import { list } from "./words.ts";

const ENDS = ["both", "here", "there"] as const;
const WHICH = ["all", "one"] as const;

/** Which connections are reset, and who learns of it. */
export interface ResetOptions extends FaultOptions {
  /** `all` connections of a host to others, or `one` of them. Default: drawn for each fault. */
  readonly which?: (typeof WHICH)[number];
  /** Which ends learn of it at once: `both`, only the one `here`, or only the others `there`. Default: drawn. */
  readonly ends?: (typeof ENDS)[number];
}

/** The parameters of a reset. */
export type ResetParams = {
  readonly which: (typeof WHICH)[number];
  readonly ends: (typeof ENDS)[number];
  /** `one`: which of the connections, as a share from 0 to 1 of their number. */
  readonly at: number;
};

const kind: FaultKind<ResetParams> = {
  name: "reset",
  matters: {
    count: (host) => stackOf(host).resets,
    otherwise: "there was no connection to another host",
  },
  instant: true,
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) resetConnections(host, fault.params);
  },
  tell({ targets, params: { which, ends } }) {
    const what = which === "all" ? "all connections are reset" : "a connection is reset";
    const who = {
      both: "",
      here: ", and the other end is not told",
      there: ", and this end is not told",
    };
    return `${list(targets)}: ${what}${who[ends]}`;
  },
  tellLift: () => "",
  lighter(fault) {
    const { which, ends } = fault.params;
    const changes: Partial<ResetParams>[] = [];
    if (which === "all") changes.push({ which: "one" });
    if (ends !== "both") changes.push({ ends: "both" });
    return changes.map((change) => ({ ...fault, params: { ...fault.params, ...change } }));
  },
  isValid: ({ which, ends, at }) =>
    WHICH.includes(which as never) && ENDS.includes(ends as never) && typeof at === "number",
};

function resetConnections(host: Host, { which, ends, at }: ResetParams): void {
  const stack = stackOf(host);
  const open = [...stack.sockets].filter(
    ({ phase, unix, remoteStack }) => phase === Phase.open && !unix && remoteStack !== stack,
  );
  const chosen = which === "all" ? open : open.slice(Math.floor(at * open.length)).slice(0, 1);
  for (const socket of chosen) {
    const peer: TcpSocket | undefined = socket.peer;
    stack.resets++;
    if (ends !== "there") socket.fail(Errno.ECONNRESET);
    if (ends !== "here") peer?.fail(Errno.ECONNRESET);
  }
}

/** `w.reset(...)`. */
export const reset: FaultWord<
  ResetOptions,
  { which: (typeof WHICH)[number] | undefined; ends: (typeof ENDS)[number] | undefined }
> = {
  kinds: [kind],
  links: true,
  example: { which: "one", every: "2s..10s" },
  lasts: { minNs: MS, maxNs: MS },
  options: { which: oneOf(...WHICH), ends: oneOf(...ENDS) },
  draw({ targets, options, prng }) {
    const which = options.which ?? prng.pick(WHICH);
    const ends = options.ends ?? prng.pick(["both", ...ENDS] as const);
    const params: ResetParams = { which, ends, at: Number(prng.float().toFixed(3)) };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};
