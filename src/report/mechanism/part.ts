/** The pieces of which the sentence of a mechanism is made, and what the ways to find one have in common. */
import type { TraceDissector } from "../../dissect/index.ts";
import type { Answer } from "../../viewer/model/answer.ts";
import type { FaultSpan } from "../../viewer/model/faults.ts";
import type { StoryLine } from "../../trace/story.ts";
import type { LeaseTold, SentencePart as Part } from "../../trace/trace.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showTime } from "../../viewer/model/words.ts";

export type { SentencePart as Part } from "../../trace/trace.ts";

/** What a way to find the mechanism looks at. */
export interface Material {
  readonly run: Run;
  readonly answer: Answer;
  /** Reads payloads; absent where they are not at hand. */
  readonly dissector: Pick<TraceDissector, "packet" | "conversations"> | undefined;
}

/** How a violation came about. */
export interface Mechanism {
  /** The sentence, in pieces. */
  readonly parts: readonly Part[];
  /** The moments of it that no check names, as lines for the story. */
  readonly lines?: readonly StoryLine[];
  /** The event in which it went wrong, if that is known and not the one in which it came to light. */
  readonly turn?: number;
  /** The `invoke` events of the operations that did it, if the verdict's are more or fewer. */
  readonly did?: readonly number[];
  readonly leases?: readonly LeaseTold[];
}

/** A line of the story about event `id`, at its moment and on its host. */
export function lineAt({ trace }: Run, id: number, text: string): StoryLine {
  const who = trace.hosts[trace.host[id - 1] as number] as string;
  return { atNs: trace.timeNs[id - 1] as number, who, text, tone: "cause", event: id };
}

/** A piece about an event. */
export function part(text: string, event = 0): Part {
  return { text, event };
}

/** The time of event `id`, in seconds: "1.234s". */
export function when({ trace }: Run, id: number): string {
  return showTime(trace.timeNs[id - 1] as number);
}

/** "worker-1 pauses for 1.177s at 14.431s". */
export function faultPart({ text, fromNs, began }: FaultSpan): Part {
  return part(`${cut(text, 90)} at ${showTime(fromNs)}`, began);
}

/** The line in which the violation came to light: "app: not so: the documents are there at 7.001s". */
export function decisivePart({ answer }: Material): Part | undefined {
  const step = answer.steps.find(({ decisive }) => decisive);
  if (!step || step.event === 0) return undefined;
  const { line, event } = step;
  const text = (line.text.split("\n")[0] as string).replace(/ \(asked at [^)]*\)$/, "");
  return part(`${line.who}: ${cut(text, 100)} at ${showTime(line.atNs)}`, event);
}
