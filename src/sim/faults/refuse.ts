/**
 * New connections are refused, as when a process does not listen yet or a firewall rejects them; or nobody answers, as
 * when the queue of a server is full. Established connections stay.
 */
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams } from "./link-sides.ts";
import { oneOf } from "./options.ts";
import { list } from "./words.ts";

const HOW = ["refused", "ignored"] as const;
type How = (typeof HOW)[number];
/** How often nobody answers. */
const IGNORED_PROBABILITY = 0.4;

/** How a server does not take connections. */
export interface RefuseOptions extends FaultOptions {
  /**
   * `refused`: at once, with `ECONNREFUSED`. `ignored`: nobody answers, as when the queue of connections that wait to be accepted
   * is full or a firewall drops them; the system asks again after 1, 3, 7 s and so on. Default: drawn.
   */
  readonly how?: How;
}

/** The parameters of connections that are not taken. */
export type RefuseParams = LinkParams & {
  /** Default: refused. */
  readonly how?: How;
};

const kind: FaultKind<RefuseParams> = {
  name: "refuse",
  onLink({ params }, effect) {
    if (params.how === "ignored") effect.ignores = true;
    else effect.refuses = true;
  },
  tell: ({ params: { from, to, both, how } }) =>
    `${how === "ignored" ? "requests for connections" : "connections"} from ${list(from)} to ${list(to)}${both ? " and back" : ""} are ${how === "ignored" ? "not answered" : "refused"}`,
  tellLift: ({ params: { from, to } }) =>
    `connections from ${list(from)} to ${list(to)} are accepted again`,
  lighter: fewerLinks,
  optional: ["pairs", "how"],
  isValid: (params) =>
    areLinks(params) && (params["how"] === undefined || HOW.includes(params["how"] as How)),
};

/**
 * New connections are refused, or nobody answers them. Those that stand stay.
 *
 * @cause a server that is not up yet, a port that is closed, a proxy without a backend.
 */
export const refuse: FaultWord<RefuseOptions, { how: How | undefined }> = {
  kinds: [kind],
  links: true,
  example: { lasts: "1s..5s" },
  lasts: { minNs: 200 * MS, maxNs: 10 * SECOND },
  options: { how: oneOf(...HOW) },
  draw(draw) {
    const links = drawLinks(draw);
    const drawn = draw.prng.fork(`how.${draw.at}`).chance(IGNORED_PROBABILITY);
    const how = draw.options.how ?? (drawn ? "ignored" : "refused");
    const params: RefuseParams = how === "ignored" ? { ...links, how } : links;
    return { kind: kind.name, targets: links.from, params };
  },
};
