/**
 * Established connections are reset, as by a firewall or a load balancer that forgets them. Both ends learn of
 * it, or only one: the other finds out when it sends. Connections within a host are not affected. It may wait for a message by
 * what it says, and strike before, within or after it.
 */
import { MS, SECOND } from "../../base/units.ts";
import { Errno } from "../network/errno.ts";
import { stackOf } from "../network/stack.ts";
import { Phase } from "../network/tcp/phase.ts";
import type { TcpSocket } from "../network/tcp/socket.ts";
import type { Host } from "../host.ts";
import { grain, logBetween, logUniform } from "./chance.ts";
import type { Fault, RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { smallerNumbers } from "./lighter.ts";
import { messageFilter, oneOf } from "./options.ts";
import { strike } from "./strike.ts";
import { isMessageFilter, isWhole } from "./valid.ts";
import { list } from "./words.ts";

const ENDS = ["both", "here", "there", "neither"] as const;
const WHICH = ["all", "one"] as const;
const POINTS = ["before", "within", "after"] as const;
/** How long it waits for its message before it gives up. */
const WAITS: RangeNs = { minNs: SECOND, maxNs: 10 * SECOND };
/** How often a connection is forgotten in silence. */
const NEITHER_PROBABILITY = 0.2;
/** Which of the messages is chosen: one of so many. */
const NTH_MAX = 10;

/** Which connections are reset, and who learns of it. */
export interface ResetOptions extends FaultOptions {
  /** `all` connections of a host to others, or `one` of them. Default: drawn for each fault. */
  readonly which?: (typeof WHICH)[number];
  /**
   * Which ends learn of it at once: `both`, only the one `here`, or only the others `there`. `neither`: nothing passes any
   * more, as when a translator of addresses has forgotten the connection, and both ends wait for their times to run out.
   * Default: drawn.
   */
  readonly ends?: (typeof ENDS)[number];
  /**
   * Waits for a message from or to the host that this filter asks for, and resets the connection that carries it:
   * "redis.cmd=PUBLISH". It is the viewer's language, with its fields of protocols. Default: it does not wait.
   */
  readonly when?: string;
  /**
   * With `when`: `before` the first byte of the message, `within` it (half of it arrives), or `after` its last byte.
   * Default: drawn for each fault.
   */
  readonly point?: (typeof POINTS)[number];
}

/** The parameters of a reset. */
export type ResetParams = {
  readonly which: (typeof WHICH)[number];
  readonly ends: (typeof ENDS)[number];
  /** `one`: which of the connections, as a share from 0 to 1 of their number. */
  readonly at: number;
  /** What message it waits for, which of them, and at which point of it it strikes. */
  readonly when?: string;
  readonly nth?: number;
  readonly point?: (typeof POINTS)[number];
};

const kind: FaultKind<ResetParams> = {
  name: "reset",
  matters: {
    count: (host) => stackOf(host).resets,
    otherwise: "there was no such connection to another host",
  },
  instant: true,
  listens: ({ params }) => params.when !== undefined,
  begin(fault, reach) {
    const { when } = fault.params;
    if (when === undefined) {
      for (const host of reach.hosts(fault)) resetConnections(host, fault.params);
    } else waitFor(fault, when, reach);
  },
  tell({ targets, params: { which, ends, when, nth = 1, point } }) {
    if (when !== undefined) {
      return `${list(targets)}: a connection is ${ends === "neither" ? "forgotten" : "reset"} ${point} ${theMessage(nth)} ${when}`;
    }
    const what = which === "all" ? "all connections are reset" : "a connection is reset";
    const who = {
      both: "",
      here: ", and the other end is not told",
      there: ", and this end is not told",
      neither: "",
    };
    if (ends === "neither") {
      const which_ = which === "all" ? "all connections are" : "a connection is";
      return `${list(targets)}: ${which_} forgotten on the way, and nobody is told`;
    }
    return `${list(targets)}: ${what}${who[ends]}`;
  },
  tellLift: () => "",
  lighter(fault) {
    const { which, ends, when, nth = 1 } = fault.params;
    const changes: Partial<ResetParams>[] = [];
    if (when !== undefined) {
      const fewer = smallerNumbers(nth, 1).map(Math.ceil);
      changes.push(...[...new Set(fewer)].map((less) => ({ nth: less })));
    }
    if (which === "all") changes.push({ which: "one" });
    if (ends !== "both") changes.push({ ends: "both" });
    return changes.map((change) => ({ ...fault, params: { ...fault.params, ...change } }));
  },
  optional: ["when", "nth", "point"],
  isValid: ({ which, ends, at, when, nth, point }) =>
    WHICH.includes(which as never) &&
    ENDS.includes(ends as never) &&
    typeof at === "number" &&
    (when === undefined
      ? nth === undefined && point === undefined
      : isMessageFilter(when) && isWhole(nth) && nth > 0 && POINTS.includes(point as never)),
};

/** Waits for the message, and says what happens to its connection. */
function waitFor(fault: Fault<ResetParams>, when: string, reach: FaultReach): void {
  const { ends, nth = 1, point = "after" } = fault.params;
  let passes = 0;
  reach.listen(fault, when, (message, { from, to, protocol }) => {
    const here = [from, to].find((name) => fault.targets.includes(name));
    if (here === undefined || protocol !== "tcp" || ++passes < nth) return undefined;
    const isSender = (ends === "here") === (here === from);
    const told = ends === "both" || ends === "neither" ? ends : isSender ? "sender" : "receiver";
    const what = ends === "neither" ? "forgotten" : "reset";
    strike(
      fault,
      reach,
      `the connection of ${from} to ${to} is ${what} ${point} ${message.summary}`,
    );
    return { how: "reset", point, ends: told, message };
  });
}

/** "the next", "the third". */
function theMessage(nth: number): string {
  return nth === 1 ? "the next" : `number ${nth} from now of`;
}

function resetConnections(host: Host, { which, ends, at }: ResetParams): void {
  const stack = stackOf(host);
  const open = [...stack.sockets].filter(
    ({ phase, unix, remoteStack }) => phase === Phase.open && !unix && remoteStack !== stack,
  );
  const chosen = which === "all" ? open : open.slice(Math.floor(at * open.length)).slice(0, 1);
  for (const socket of chosen) {
    const peer: TcpSocket | undefined = socket.peer;
    stack.resets++;
    if (ends === "neither") {
      socket.sender.isForgotten = true;
      if (peer) peer.sender.isForgotten = true;
      continue;
    }
    if (ends !== "there") socket.fail(Errno.ECONNRESET);
    if (ends !== "here") peer?.fail(Errno.ECONNRESET);
  }
}

/**
 * Established connections of a host to others are reset. Nobody dies.
 *
 * ```ts world
 * w.faults(w.reset(stores, { when: "redis.cmd=PUBLISH", point: "after" }));
 * ```
 *
 * @cause a firewall or a load balancer that has forgotten them, a limit on idle connections, an address that moves.
 */
export const reset: FaultWord<
  ResetOptions,
  {
    which: (typeof WHICH)[number] | undefined;
    ends: (typeof ENDS)[number] | undefined;
    when: string | undefined;
    point: (typeof POINTS)[number] | undefined;
  }
> = {
  kinds: [kind],
  links: true,
  example: { which: "one", every: "2s..10s" },
  lasts: { minNs: MS, maxNs: MS },
  options: {
    which: oneOf(...WHICH),
    ends: oneOf(...ENDS),
    when: messageFilter(),
    point: oneOf(...POINTS),
  },
  draw({ targets, options, prng, at }) {
    const which = options.which ?? prng.pick(WHICH);
    // A stream of its own: it must not change the other draws.
    const isForgotten = prng.fork(`ends.${at}`).chance(NEITHER_PROBABILITY);
    const drawnEnds = prng.pick(["both", "both", "here", "there"] as const);
    const ends = options.ends ?? (isForgotten ? "neither" : drawnEnds);
    const params: ResetParams = { which, ends, at: Number(prng.float().toFixed(3)) };
    const { when } = options;
    if (when === undefined) return { kind: kind.name, targets: [prng.pick(targets)], params };
    const nth = Math.max(1, Math.round(logBetween(prng, [1, NTH_MAX])));
    const point = options.point ?? prng.pick(POINTS);
    const waiting: ResetParams = { ...params, which: "one", when, nth, point };
    return {
      kind: kind.name,
      targets,
      params: waiting,
      durationNs: grain(logUniform(prng, WAITS)),
    };
  },
};
