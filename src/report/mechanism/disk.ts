/** What a disk lost when the power failed, and whether the program had synced it. */
import type { DiskDetail } from "../../trace/details.ts";
import { Kind } from "../../trace/kinds.ts";
import type { StoryLine } from "../../trace/story.ts";
import type { FaultSpan } from "../../viewer/model/faults.ts";
import { detailOf } from "../../viewer/model/rows.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showCount } from "../../viewer/model/words.ts";
import {
  decisivePart,
  faultPart,
  lineAt,
  type Material,
  type Mechanism,
  part,
  type Part,
  when,
} from "./part.ts";

/** The check that every program obeys: `src/world/built-in-checks.ts`. */
const UNCAUGHT = "no uncaught exceptions";

/** A line of a story about what a disk lost: "/data/db: 664 bytes that were not synced are lost". */
const LOSS = /^(?:(\S+): )?(\/\S*): (.*\blost\b.*)$/;

/** The sentence about a loss of the disk; `undefined` if the story tells of none. */
export function diskMechanism(material: Material): Mechanism | undefined {
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
    // A program dies of an error of its own machine, not of what another one's disk lost.
    const dying = run.trace.hosts[run.trace.host[answer.event - 1] ?? 0];
    if (answer.check === UNCAUGHT && dying !== host) continue;
    const decisive = decisivePart(material);
    const made = writtenBefore(run, host, path, fault);
    const parts = [
      faultPart(fault),
      part(`: of ${path}, ${cut(what.replace("are lost", "were lost"), 80)}`, fault.began),
      ...(made ? sayWritten(run, path, made) : []),
      ...(decisive ? [part(`; after the restart, ${decisive.text}.`, decisive.event)] : []),
    ];
    return { parts, lines: made ? linesOf(run, path, made) : [] };
  }
  return undefined;
}

/** How the contents of a file came to be that were not synced: event ids. */
interface Written {
  readonly write: number;
  /** 0 if it was written under the name that it has. */
  readonly rename: number;
  /** The name under which it was written. */
  readonly name: string;
}

/** The last write of a file before the fault, and its renaming after that; `undefined` if it was synced since. */
function writtenBefore(
  run: Run,
  host: string,
  path: string,
  fault: FaultSpan,
): Written | undefined {
  const { kind, host: on, hosts } = run.trace;
  const number = hosts.indexOf(host);
  let name = path;
  let rename = 0;
  for (let row = fault.began - 2; row >= 0; row--) {
    if (kind[row] !== Kind.disk || on[row] !== number) continue;
    const { operation, path: of, from } = detailOf(run.trace, row) as DiskDetail;
    if (of !== name) continue;
    if (operation === "sync") return undefined;
    if (operation === "rename" && from !== undefined && rename === 0) {
      rename = row + 1;
      name = from;
    } else if (operation === "write") {
      return { write: row + 1, rename, name };
    }
  }
  return undefined;
}

function sayWritten(run: Run, path: string, { write, rename, name }: Written): Part[] {
  const written = part(` (${name} was written at ${when(run, write)}`, write);
  if (rename === 0) return [written, part(" and not synced after that)")];
  const move = part(` and renamed to ${path} at ${when(run, rename)}`, rename);
  return [written, move, part(` while its contents were not synced)`)];
}

function linesOf(run: Run, path: string, { write, rename, name }: Written): StoryLine[] {
  const { bytes = 0 } = detailOf(run.trace, write - 1) as DiskDetail;
  const wrote = `writes ${showCount(bytes)} bytes to ${name}, and does not sync them`;
  const lines = [lineAt(run, write, wrote)];
  if (rename === 0) return lines;
  return [...lines, lineAt(run, rename, `renames ${name} to ${path}, with contents not synced`)];
}
