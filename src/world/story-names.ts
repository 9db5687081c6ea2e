/**
 * The names on disk in a story: what processes of one machine, or machines that share a disk, did to a name that one of
 * them took from another just before the violation. Those that share a lock file race in system calls, which no
 * operation shows.
 */
import { SECOND } from "../base/units.ts";
import type { Evidence } from "../check/verdict.ts";
import type { StoryLine } from "../trace/story.ts";
import { hostsOf } from "./concerned.ts";
import type { Judged } from "./judge.ts";

/** How long before the end of the story a name may have been taken. */
const RECENT_NS = SECOND;
/** At most this many changes are shown for each host. */
const CHANGES_MAX = 12;

/**
 * Lines for the last name on each disk that one took from another just before `untilNs`: of the hosts of the evidence, and of
 * servers whose disks these share.
 */
export function nameLines(judged: Judged, evidence: Evidence, untilNs: number): StoryLine[] {
  if (untilNs === Infinity) return [];
  const concerned = hostsOf(evidence, judged);
  return judged.plan.hosts.flatMap(({ name: host }) => {
    const recent = judged.takenNames(host).filter(({ atNs, changes }) => {
      const isRecent = atNs <= untilNs && atNs >= untilNs - RECENT_NS;
      return isRecent && (concerned.has(host) || changes.some(({ by }) => concerned.has(`${by}`)));
    });
    const path = recent.at(-1)?.path;
    const changes = new Map<string, StoryLine>();
    for (const taken of recent.filter((each) => each.path === path)) {
      for (const { atNs, by, text } of taken.changes) {
        const [who, told] = typeof by === "string" ? [by, text] : [host, `process ${by} ${text}`];
        const line = { atNs, who, text: told, tone: "note" } as const;
        if (atNs <= untilNs) changes.set(`${atNs} ${who} ${told}`, line);
      }
    }
    return [...changes.values()].slice(-CHANGES_MAX);
  });
}
