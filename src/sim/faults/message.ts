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
import { duration, messageFilter, oneOf } from "./options.ts";
import { strike } from "./strike.ts";
import { isMessageFilter, isWhole } from "./valid.ts";
import { list } from "./words.ts";

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
  /**
   * Only messages that this filter asks for: "redis.cmd=PUBLISH". It is the viewer's language, with its fields of protocols.
   * Default: any message.
   */
  readonly when?: string;
}

/** The parameters of a single message. */
export type MessageParams = {
  /** From which host to which. With `when`: from or to any of the targets. */
  readonly from?: string;
  readonly to?: string;
  /** Which message after the start of the fault; 1 is the first. */
  readonly nth: number;
  readonly how: How;
  /** `delay`: how late, in nanoseconds. */
  readonly addNs: number;
  /** Which messages are counted. */
  readonly when?: string;
};

const kind: FaultKind<MessageParams> = {
  name: "message",
  matters: {
    count: (_, fault, reach) => linkOf(fault, reach)?.singled ?? reach.followed(fault),
    otherwise: "that message did not come meanwhile",
  },
  instant: true,
  listens: ({ params }) => params.when !== undefined,
  begin(fault, reach) {
    const { nth, how, addNs, when } = fault.params;
    if (when !== undefined) waitFor(fault, when, reach);
    else linkOf(fault, reach)?.singleOut(fault, { nth, how, addNs });
  },
  lift(fault, reach) {
    linkOf(fault, reach)?.forgetSingle(fault);
  },
  tell(fault) {
    const { from, to, nth, when } = fault.params;
    const what = when === undefined ? "message" : `${when} message`;
    const which = nth === 1 ? `the next ${what}` : `${what} ${nth} from now`;
    const between = when === undefined ? `from ${from} to ${to}` : `of ${list(fault.targets)}`;
    return `${which} ${between} ${fateOf(fault)}`;
  },
  tellLift: () => "",
  lighter: (fault) => [
    ...withEach(fault, "nth", smallerNumbers(fault.params.nth, 1).map(Math.ceil)),
    ...withEach(fault, "addNs", fault.params.how === "delay" ? smallerNs(fault.params.addNs) : []),
  ],
  optional: ["from", "to", "when"],
  isValid: ({ from, to, nth, how, addNs, when }) =>
    (when === undefined
      ? typeof from === "string" && typeof to === "string"
      : from === undefined && to === undefined && isMessageFilter(when)) &&
    isWhole(nth) &&
    nth > 0 &&
    HOW.includes(how as How) &&
    isWhole(addNs),
};

/** Waits for the message, and says what happens to it. */
function waitFor(fault: Fault<MessageParams>, when: string, reach: FaultReach): void {
  const { nth, how, addNs } = fault.params;
  let passes = 0;
  reach.listen(fault, when, (message, { from, to, protocol }) => {
    // TCP hides a segment that arrives twice.
    if (how === "duplicate" && protocol === "tcp") return undefined;
    if (!fault.targets.includes(from) && !fault.targets.includes(to)) return undefined;
    if (++passes < nth) return undefined;
    strike(fault, reach, `${message.summary} from ${from} to ${to} ${fateOf(fault)}`);
    return { how, addNs };
  });
}

function fateOf({ params: { how, addNs } }: Fault<MessageParams>): string {
  if (how === "delay") return `comes ${formatNs(addNs)} late`;
  return how === "lose" ? "is lost" : "arrives twice";
}

function linkOf({ params }: Fault<MessageParams>, reach: FaultReach): Link | undefined {
  const { from, to } = params;
  if (from === undefined || to === undefined) return undefined;
  return stackOf(reach.host(from)).linkTo(stackOf(reach.host(to)));
}

/**
 * One message between two hosts is singled out; all others pass. It is what finds bugs that need only this reply to
 * come late. A lost segment is sent again by TCP, some 200 ms later at the earliest.
 *
 * `when` chooses a message from or to the targets by what it says, in the [viewer's filter language](viewer.md#filters),
 * with the fields of [all protocols](dissectors.md) and `from`, `to`, `port`, `proto`, `bytes`; a word alone is looked
 * for in the message's summary. A message counts when its last byte is sent. What is encrypted says nothing. The
 * story names the message that was chosen.
 *
 * ```ts world
 * w.faults(w.message(stores, { when: "redis.cmd=PUBLISH redis.channel=news", how: "lose" }));
 * ```
 *
 * @cause chance: among many messages one always has the worst of it.
 * @lasts how long the fault waits for its message before it gives up
 */
export const message: FaultWord<
  MessageOptions,
  { how: How | undefined; by: RangeNs; when: string | undefined }
> = {
  kinds: [kind],
  links: true,
  example: { how: "delay", by: "1s..5s", every: "1s..5s" },
  // How long it waits for the message before it gives up.
  lasts: { minNs: SECOND, maxNs: 10 * SECOND },
  options: {
    how: oneOf(...HOW),
    by: duration({ minNs: 10 * MS, maxNs: 10 * SECOND }),
    when: messageFilter(),
  },
  draw({ targets, hosts, options, prng }) {
    const one = prng.pick(targets);
    const other = prng.pick(hosts.filter((name) => name !== one));
    const [from, to] = prng.chance(0.5) ? [one, other] : [other, one];
    const how = options.how ?? prng.pick(["lose", "delay", "delay", "duplicate"] as const);
    const nth = Math.max(1, Math.round(logBetween(prng, [1, NTH_MAX])));
    const addNs = how === "delay" ? grain(logUniform(prng, options.by)) : 0;
    const { when } = options;
    if (when !== undefined) {
      return { kind: kind.name, targets, params: { nth, how, addNs, when } };
    }
    return { kind: kind.name, targets: [one], params: { from, to, nth, how, addNs } };
  },
};
