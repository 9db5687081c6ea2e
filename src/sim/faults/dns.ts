/** A host's resolver fails: no answer comes, names are unknown, or answers are those of other hosts. */
import { MS, SECOND } from "../../base/units.ts";
import type { Host } from "../host.ts";
import type { NameAnswer } from "../network/names.ts";
import { stackOf } from "../network/stack.ts";
import type { FaultKind, FaultOptions, FaultReach, FaultWord } from "./kind.ts";
import { fewerTargets } from "./lighter.ts";
import { oneOf } from "./options.ts";
import { list } from "./words.ts";

const HOW = ["silent", "unknown", "stale"] as const;
type How = (typeof HOW)[number];

/** How name lookups fail. */
export interface DnsOptions extends FaultOptions {
  /**
   * `silent`: no answer comes (`EAI_AGAIN` after a timeout). `unknown`: the name does not exist (`ENOTFOUND`).
   * `stale`: the answer is the address of another host, as when a record outlives its host. Default: drawn.
   */
  readonly how?: How;
}

/** The parameters of failing lookups. */
export type DnsParams = { readonly how: How };

const kind: FaultKind<DnsParams> = {
  name: "dns",
  matters: {
    count: (host) => stackOf(host).network.names.lookupsOf(host),
    otherwise: "no name was looked up meanwhile",
  },
  begin(fault, reach) {
    for (const host of reach.hosts(fault)) setAnswers(host, reach);
  },
  lift(fault, reach) {
    for (const host of reach.hosts(fault)) setAnswers(host, reach);
  },
  tell: ({ targets, params }) =>
    ({
      silent: `${list(targets)}: the resolver does not answer`,
      unknown: `${list(targets)}: the resolver knows no name`,
      stale: `${list(targets)}: the resolver answers with addresses of other hosts`,
    })[params.how],
  tellLift: ({ targets }) => `${list(targets)}: names are resolved again`,
  lighter: fewerTargets,
  isValid: ({ how }) => HOW.includes(how as How),
};

/** Sets what a host's resolver answers, according to the latest active fault. */
function setAnswers(host: Host, reach: FaultReach): void {
  const how = reach.active(kind, host.name).at(-1)?.params.how;
  const { network } = stackOf(host);
  network.names.setSilent(host, how === "silent");
  const others = network.stacks.filter((stack) => stack.host !== host);
  for (const [at, stack] of others.entries()) {
    const wrong = others[(at + 1) % others.length]?.host.address;
    const answers: Record<How, NameAnswer | undefined> = {
      silent: undefined,
      unknown: "not found",
      stale: wrong === undefined ? undefined : [wrong],
    };
    const answer = how === undefined ? undefined : answers[how];
    network.names.override(host, stack.host.name, answer);
  }
}

/**
 * A host cannot resolve the names of others: no answer (`EAI_AGAIN` after a while), `ENOTFOUND`, or the address of
 * another host.
 *
 * @cause a resolver that is down or overloaded, a record that is deleted by mistake, a cache that outlives a move.
 */
export const dns: FaultWord<DnsOptions, { how: How | undefined }> = {
  kinds: [kind],
  links: true,
  example: { how: "silent", lasts: "1s..5s" },
  lasts: { minNs: 500 * MS, maxNs: 20 * SECOND },
  options: { how: oneOf(...HOW) },
  draw({ targets, options, prng }) {
    const params: DnsParams = { how: options.how ?? prng.pick(HOW) };
    return { kind: kind.name, targets: [prng.pick(targets)], params };
  },
};
