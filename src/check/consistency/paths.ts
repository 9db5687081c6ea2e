/** Finds the shortest chain of links from one access to another, for the evidence of a violation. */
import type { Accesses } from "./accesses.ts";
import type { Followers } from "./causal-order.ts";
import type { Link } from "./finding.ts";

/** Further links from an access, in addition to session order and reads-from. */
export type MoreLinks = (from: number) => readonly Link[];

const none: readonly Link[] = [];

/**
 * The shortest path of links from `source` to a different access `target`; `undefined` if there is none.
 * `admits` restricts the search to a part of the history (and to some of the reads).
 */
export function shortestPath(
  accesses: Accesses,
  followers: Followers,
  source: number,
  target: number,
  more: MoreLinks = () => none,
  admits: (link: Link) => boolean = () => true,
): Link[] | undefined {
  const cameBy = new Map<number, Link>();
  const queue = [source];
  const visit = (link: Link): boolean => {
    if (link.to === source || cameBy.has(link.to) || !admits(link)) return false;
    cameBy.set(link.to, link);
    queue.push(link.to);
    return link.to === target;
  };
  for (const at of queue) {
    if (linksFrom(accesses, followers, at, more).some(visit)) break;
  }
  if (!cameBy.has(target)) return undefined;
  const path: Link[] = [];
  for (let at = target; at !== source;) {
    const link = cameBy.get(at) as Link;
    path.push(link);
    at = link.from;
  }
  return joinSessions(path.reverse());
}

function linksFrom(
  { lanes, lane, place, predecessors }: Accesses,
  followers: Followers,
  at: number,
  more: MoreLinks,
): Link[] {
  const links: Link[] = [];
  const end = followers.start[at + 1] as number;
  for (let edge = followers.start[at] as number; edge < end; edge++) {
    const to = followers.target[edge] as number;
    const inSession = predecessors.get(to)?.includes(at) ?? false;
    links.push({ from: at, to, kind: inSession ? "session" : "reads" });
  }
  links.push(...more(at));
  const next = (lanes[lane[at] as number] as readonly number[])[(place[at] as number) + 1];
  if (next !== undefined) links.push({ from: at, to: next, kind: "session" });
  return links;
}

/** Merges consecutive steps along a session into one, because only its ends matter for the description. */
function joinSessions(path: readonly Link[]): Link[] {
  const joined: Link[] = [];
  for (const link of path) {
    const last = joined.at(-1);
    if (last?.kind === "session" && link.kind === "session") {
      joined[joined.length - 1] = { from: last.from, to: link.to, kind: "session" };
    } else joined.push(link);
  }
  return joined;
}
