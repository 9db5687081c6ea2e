/**
 * The names on disk in a story: what processes of one machine did to a name that one of them took from
 * another just before the violation. Processes that share a lock file race in system calls, which no
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

/** Lines for the last name on each host that a process took from another one just before `untilNs`. */
export function nameLines(judged: Judged, evidence: Evidence, untilNs: number): StoryLine[] {
  if (untilNs === Infinity) return [];
  return [...hostsOf(evidence, judged)].flatMap((host) => {
    const recent = judged.takenNames(host).filter(({ atNs }) => {
      return atNs <= untilNs && atNs >= untilNs - RECENT_NS;
    });
    const path = recent.at(-1)?.path;
    const changes = new Map<string, StoryLine>();
    for (const taken of recent.filter((each) => each.path === path)) {
      for (const { atNs, pid, text } of taken.changes) {
        const line = { atNs, who: host, text: `process ${pid} ${text}`, tone: "note" } as const;
        if (atNs <= untilNs) changes.set(`${atNs} ${line.text}`, line);
      }
    }
    return [...changes.values()].slice(-CHANGES_MAX);
  });
}
