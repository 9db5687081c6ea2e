/**
 * New connections are refused, as when a process does not listen yet or a firewall rejects them. Established
 * connections stay.
 */
import { MS, SECOND } from "../../base/units.ts";
import type { FaultKind, FaultOptions, FaultWord } from "./kind.ts";
import { areLinks, drawLinks, fewerLinks, type LinkParams } from "./link-sides.ts";
import { list } from "./words.ts";

const kind: FaultKind<LinkParams> = {
  name: "refuse",
  onLink(_, effect) {
    effect.refuses = true;
  },
  tell: ({ params: { from, to, both } }) =>
    `connections from ${list(from)} to ${list(to)}${both ? " and back" : ""} are refused`,
  tellLift: ({ params: { from, to } }) =>
    `connections from ${list(from)} to ${list(to)} are accepted again`,
  lighter: fewerLinks,
  isValid: areLinks,
};

/**
 * New connections are refused (`ECONNREFUSED`). Those that stand stay.
 *
 * @cause a server that is not up yet, a port that is closed, a proxy without a backend.
 */
export const refuse: FaultWord<FaultOptions, object> = {
  kinds: [kind],
  links: true,
  example: { lasts: "1s..5s" },
  lasts: { minNs: 200 * MS, maxNs: 10 * SECOND },
  options: {},
  draw(draw) {
    const links = drawLinks(draw);
    return { kind: kind.name, targets: links.from, params: links };
  },
};
