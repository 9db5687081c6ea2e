/**
 * The session guarantees of Terry et al. (1994), each judged alone, in one pass over every session.
 *
 * A guarantee adds writes to a session's view: its own (read your writes), those it has read (monotonic
 * reads), those that their writers wrote before them (monotonic writes), or those that their writers had
 * read before them (writes follow reads). After that, each read of such a write's key must return it or a
 * newer version. The versions of a key have one order per session, which includes the order of each
 * writer's own writes.
 */
import type { Budget } from "../budget.ts";
import { INITIAL, type Accesses } from "./accesses.ts";
import { finding, type Finding, type Link } from "./finding.ts";
import { VersionOrder, type Demand } from "./version-order.ts";
import { indexWrites, lastBefore, type WriteIndex } from "./write-index.ts";

/** Judges read your writes. Returns undefined if it holds. */
export function checkReadYourWrites(accesses: Accesses, budget: Budget): Finding | undefined {
  const { isWrite, key, readsFrom } = accesses;
  for (const members of accesses.lanes) {
    const own = new Map<number, number>();
    const versions = new VersionOrder(accesses);
    for (const at of members) {
      budget.demand();
      if (isWrite[at] === 1) own.set(key[at] as number, at);
      else if ((readsFrom[at] as number) >= INITIAL) {
        const last = own.get(key[at] as number);
        const broken = last === undefined ? undefined : versions.demand(last, at);
        if (broken) {
          const links: Link[] = [
            { from: broken.from, to: at, kind: "session" },
            { from: at, to: broken.from, kind: "overwritten" },
          ];
          return finding("missing-own-write", at, withSources(accesses, links));
        }
      }
    }
  }
  return undefined;
}

/** Judges monotonic reads. Returns undefined if it holds. */
export function checkMonotonicReads(accesses: Accesses, budget: Budget): Finding | undefined {
  const { isWrite, key, readsFrom } = accesses;
  for (const members of accesses.lanes) {
    const seen = new Map<number, number>();
    const versions = new VersionOrder(accesses);
    const firstReads = new Map<number, number>();
    const tell = (demands: readonly Demand[]): Finding => {
      const links = demands.flatMap(({ from, because }): Link[] => {
        const earlier = firstReads.get(from) as number;
        return [
          { from: earlier, to: because, kind: "session" },
          { from: because, to: from, kind: "overwritten" },
        ];
      });
      return finding(
        "non-monotonic-read",
        (demands[0] as Demand).because,
        withSources(accesses, links),
      );
    };
    for (const at of members) {
      const from = readsFrom[at] as number;
      if (isWrite[at] === 1 || from < INITIAL) continue;
      budget.demand();
      const last = seen.get(key[at] as number);
      const broken = last === undefined ? undefined : versions.demand(last, at);
      if (broken) return tell([broken]);
      if (from >= 0) {
        seen.set(key[at] as number, from);
        if (!firstReads.has(from)) firstReads.set(from, at);
      }
    }
    const circle = versions.circle();
    if (circle) return tell(circle);
  }
  return undefined;
}

/** Judges monotonic writes. Returns undefined if it holds. */
export function checkMonotonicWrites(accesses: Accesses, budget: Budget): Finding | undefined {
  const judge = new Dependencies(accesses, budget, "writes");
  return judge.judge("non-monotonic-write");
}

/** Judges writes follow reads. Returns undefined if it holds. */
export function checkWritesFollowReads(accesses: Accesses, budget: Budget): Finding | undefined {
  const judge = new Dependencies(accesses, budget, "reads");
  return judge.judge("missing-dependency");
}

/** How far a session's view reaches into another lane, and the write that brought it there. */
interface Reach {
  readonly end: number;
  /** The write that was seen. The past of its session up to `end` is included. */
  readonly write: number;
  /** The read through which it was seen. */
  readonly by: number;
}

/**
 * The dependencies of a write that a session has seen: what its writer wrote before it, or had read before
 * it (and the dependencies of that, transitively). Each lane's past is traversed once per session, O(n·k)
 * in all.
 */
class Dependencies {
  readonly #accesses: Accesses;
  readonly #budget: Budget;
  readonly #follow: "writes" | "reads";
  readonly #index: WriteIndex;
  #frontier: Int32Array;
  #reaches: Reach[][] = [];
  /** Among the dependencies, the last write of each key and lane. */
  readonly #latest = new Map<number, number>();
  /** The foreign read that brought in each of those writes. */
  readonly #cameBy = new Map<number, number>();

  constructor(accesses: Accesses, budget: Budget, follow: "writes" | "reads") {
    this.#accesses = accesses;
    this.#budget = budget;
    this.#follow = follow;
    this.#index = indexWrites(accesses);
    this.#frontier = new Int32Array(accesses.lanes.length);
  }

  judge(anomaly: string): Finding | undefined {
    const { isWrite, lanes, readsFrom } = this.#accesses;
    for (const members of lanes) {
      this.#frontier.fill(0);
      this.#reaches = [];
      this.#latest.clear();
      this.#cameBy.clear();
      const versions = new VersionOrder(this.#accesses);
      for (const at of members) {
        if (isWrite[at] === 1 || (readsFrom[at] as number) < INITIAL) continue;
        if ((readsFrom[at] as number) >= 0) this.#see(readsFrom[at] as number, at);
        for (const required of this.#required(at)) {
          const broken = versions.demand(required, at);
          if (broken) return this.#tell(anomaly, [broken]);
        }
      }
      const circle = versions.circle();
      if (circle) return this.#tell(anomaly, circle);
    }
    return undefined;
  }

  /** Adds all dependencies of the write `seen`, which the read `by` returned. */
  #see(seen: number, by: number): void {
    const { key, lane, lanes, place, isWrite, readsFrom, predecessors } = this.#accesses;
    const todo = [{ write: seen, by, lane: lane[seen] as number, end: place[seen] as number }];
    for (let one = todo.pop(); one !== undefined; one = todo.pop()) {
      const { write, by: via, lane: other, end } = one;
      const start = this.#frontier[other] as number;
      const members = lanes[other] as readonly number[];
      if (predecessors.size > 0) {
        // Predecessors on other lanes of the writer's session are included as well.
        for (let next = start; next <= Math.min(end, members.length - 1); next++) {
          for (const before of predecessors.get(members[next] as number) ?? []) {
            const beforeLane = lane[before] as number;
            const beforeEnd = (place[before] as number) + 1;
            if (beforeEnd > (this.#frontier[beforeLane] as number)) {
              todo.push({ write, by: via, lane: beforeLane, end: beforeEnd });
            }
          }
        }
      }
      if (end <= start) continue;
      this.#frontier[other] = end;
      (this.#reaches[other] ??= []).push({ end, write, by: via });
      if (this.#follow === "writes") continue;
      for (let next = start; next < end; next++) {
        const at = members[next] as number;
        const from = readsFrom[at] as number;
        if (isWrite[at] === 1 || from < 0) continue;
        this.#budget.demand();
        const slot = (key[from] as number) * lanes.length + (lane[from] as number);
        const known = this.#latest.get(slot);
        if (known === undefined || (place[known] as number) < (place[from] as number)) {
          this.#latest.set(slot, from);
          this.#cameBy.set(from, at);
        }
        todo.push({ write: from, by: at, lane: lane[from] as number, end: place[from] as number });
      }
    }
  }

  /** The writes that the read `at` must not be older than, at most one per lane. */
  #required(at: number): number[] {
    const { key, lanes, place } = this.#accesses;
    const found: number[] = [];
    const ofKey = key[at] as number;
    for (const { lane, writes } of this.#index[ofKey] as WriteIndex[number]) {
      this.#budget.demand();
      const write =
        this.#follow === "writes"
          ? lastBefore(place, writes, this.#frontier[lane] as number)
          : (this.#latest.get(ofKey * lanes.length + lane) ?? -1);
      if (write >= 0) found.push(write);
    }
    return found;
  }

  /** How the required write `older` came into the view of the session that runs `because`. */
  #chain({ from: older, because }: Demand): Link[] {
    const { lane, place } = this.#accesses;
    const links: Link[] = [];
    let at = older;
    if (this.#follow === "reads") {
      at = this.#cameBy.get(older) as number;
      links.push({ from: older, to: at, kind: "reads" });
    }
    const viewer = lane[because];
    const isReached = (): boolean =>
      lane[at] === viewer && (place[at] as number) <= (place[because] as number);
    for (let hops = 0; hops < this.#accesses.count; hops++) {
      const reach = this.#reaches[lane[at] as number]?.find(
        ({ end }) => end > (place[at] as number),
      );
      if (!reach) break;
      links.push({ from: at, to: reach.write, kind: "session" });
      links.push({ from: reach.write, to: reach.by, kind: "reads" });
      at = reach.by;
      if (isReached()) break;
    }
    if (at !== because) links.push({ from: at, to: because, kind: "session" });
    links.push({ from: because, to: older, kind: "overwritten" });
    return links;
  }

  #tell(anomaly: string, demands: readonly Demand[]): Finding {
    const links = demands.flatMap((demand) => this.#chain(demand));
    const culprit = (demands.at(-1) as Demand).because;
    return finding(anomaly, culprit, withSources(this.#accesses, links));
  }
}

/** Adds, for each read in the links, the write that it read. */
function withSources({ isWrite, readsFrom }: Accesses, links: readonly Link[]): Link[] {
  const told = new Set(
    links.map(({ from, to, kind }) => (kind === "reads" ? `${from}>${to}` : "")),
  );
  const sources: Link[] = [];
  for (const at of new Set(links.flatMap(({ from, to }) => [from, to]))) {
    const from = readsFrom[at] as number;
    if (isWrite[at] === 1 || from < 0 || told.has(`${from}>${at}`)) continue;
    sources.push({ from, to: at, kind: "reads" });
  }
  return [...sources, ...links];
}
