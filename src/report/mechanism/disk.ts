/** What a disk lost when the power failed, and whether the program had synced it. */
import type { DiskDetail } from "../../trace/details.ts";
import { Kind } from "../../trace/kinds.ts";
import type { FaultSpan } from "../../viewer/model/faults.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut } from "../../viewer/model/words.ts";
import { decisivePart, faultPart, type Material, part, type Part, when } from "./part.ts";

/** A line of a story about what a disk lost: "/data/db: 664 bytes that were not synced are lost". */
const LOSS = /^(?:(\S+): )?(\/\S*): (.*\blost\b.*)$/;

/** The sentence about a loss of the disk; `undefined` if the story tells of none. */
export function diskMechanism(material: Material): Part[] | undefined {
  const { run, answer } = material;
  for (const fault of answer.faults) {
    const step = answer.steps.find(({ line }) => {
      return line.tone === "fault" && line.atNs === fault.fromNs && line.text.includes("\n");
    });
    const lost = step?.line.text
      .split("\n")
      .slice(1)
      .find((line) => LOSS.test(line));
    const [, named, path = "", what = ""] = (lost && LOSS.exec(lost)) || [];
    if (lost === undefined) continue;
    const host = named ?? (fault.targets[0] as string);
    const decisive = decisivePart(material);
    return [
      faultPart(fault),
      part(`: of ${path}, ${cut(what.replace("are lost", "were lost"), 80)}`, fault.began),
      ...writtenBefore(run, host, path, fault),
      ...(decisive ? [part(`; after the restart, ${decisive.text}.`, decisive.event)] : []),
    ];
  }
  return undefined;
}

/** How the file came to be before the fault: its last write, and the name that it was given, as far as not synced. */
function writtenBefore(run: Run, host: string, path: string, fault: FaultSpan): Part[] {
  const { kind, host: on, hosts } = run.trace;
  const number = hosts.indexOf(host);
  let name = path;
  let renamed = 0;
  for (let row = fault.began - 2; row >= 0; row--) {
    if (kind[row] !== Kind.disk || on[row] !== number) continue;
    const { operation, path: of, from } = detailOf(run.trace, row) as DiskDetail;
    if (of !== name) continue;
    if (operation === "sync") return [];
    if (operation === "rename" && from !== undefined && renamed === 0) {
      renamed = row + 1;
      name = from;
    } else if (operation === "write") {
      const written = part(` (${name} was written at ${when(run, row + 1)}`, row + 1);
      if (renamed === 0) return [written, part(" and not synced after that)")];
      const move = part(` and renamed to ${path} at ${when(run, renamed)}`, renamed);
      return [written, move, part(" without a sync)")];
    }
  }
  return [];
}
