/**
 * One message between two hosts is lost, comes late, or (a datagram) arrives twice; all others pass. A lost segment
 * is sent again by TCP, so that its users see it late.
 */
import { type DurationRange, formatNs, MS, SECOND } from "../../base/units.ts";
import { stackOf } from "../network/stack.ts";
import type { Link } from "../network/link.ts";
import { grain, logBetween, logUniform } from "./chance.ts";
import type { Fault, RangeNs } from "./fault.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { smallerNs, smallerNumbers, withEach } from "./lighter.ts";
import { duration, oneOf } from "./options.ts";
import { isWhole } from "./valid.ts";

const HOW = ["lose", "delay", "duplicate"] as const;
type How = (typeof HOW)[number];
/** Which message is chosen: one of so many after the start of the fault. */
const NTH_MAX = 30;

/** What happens to the message. */
export interface MessageOptions extends FaultOptions {
  /** `lose`: it is lost. `delay`: it comes late. `duplicate`: a datagram arrives twice. Default: drawn. */
  readonly how?: How;
  /** `delay`: how late. Default: `10ms..10s`. */
  readonly by?: DurationRange;
}

/** The parameters of a single message. */
export type MessageParams = {
  readonly from: string;
  readonly to: string;
  /** Which message after the start of the fault; 1 is the first. */
  readonly nth: number;
  readonly how: How;
  /** `delay`: how late, in nanoseconds. */
  readonly addNs: number;
};

const kind: FaultKind<MessageParams> = {
  name: "message",
  matters: {
    count: (_, fault, reach) => linkOf(fault, reach).singled,
    otherwise: "that message did not come meanwhile",
  },
  instant: true,
  begin(fault, reach) {
    const { nth, how, addNs } = fault.params;
    linkOf(fault, reach).singleOut(fault, { nth, how, addNs });
  },
  lift(fault, reach) {
    linkOf(fault, reach).forgetSingle(fault);
  },
  tell({ params: { from, to, nth, how, addNs } }) {
    const which = nth === 1 ? "the next message" : `message ${nth} from now`;
    const fate = {
      lose: "is lost",
      delay: `comes ${formatNs(addNs)} late`,
      duplicate: "arrives twice",
    };
    return `${which} from ${from} to ${to} ${fate[how]}`;
  },
  tellLift: () => "",
  lighter: (fault) => [
    ...withEach(fault, "nth", smallerNumbers(fault.params.nth, 1).map(Math.ceil)),
    ...withEach(fault, "addNs", fault.params.how === "delay" ? smallerNs(fault.params.addNs) : []),
  ],
  isValid: ({ from, to, nth, how, addNs }) =>
    typeof from === "string" &&
    typeof to === "string" &&
    isWhole(nth) &&
    nth > 0 &&
    HOW.includes(how as How) &&
    isWhole(addNs),
};

function linkOf({ params: { from, to } }: Fault<MessageParams>, reach: FaultReach): Link {
  return stackOf(reach.host(from)).linkTo(stackOf(reach.host(to)));
}

/** `w.message(...)`. */
export const message: FaultWord<MessageOptions, { how: How | undefined; by: RangeNs }> = {
  kinds: [kind],
  links: true,
  example: { how: "delay", by: "1s..5s", every: "1s..5s" },
  // How long it waits for the message before it gives up.
  lasts: { minNs: SECOND, maxNs: 10 * SECOND },
  options: { how: oneOf(...HOW), by: duration({ minNs: 10 * MS, maxNs: 10 * SECOND }) },
  draw({ targets, hosts, options, prng }) {
    const one = prng.pick(targets);
    const other = prng.pick(hosts.filter((name) => name !== one));
    const [from, to] = prng.chance(0.5) ? [one, other] : [other, one];
    const how = options.how ?? prng.pick(["lose", "delay", "delay", "duplicate"] as const);
    const nth = Math.max(1, Math.round(logBetween(prng, [1, NTH_MAX])));
    const addNs = how === "delay" ? grain(logUniform(prng, options.by)) : 0;
    return { kind: kind.name, targets: [one], params: { from, to, nth, how, addNs } };
  },
};
