/**
 * The mechanism of a violation in one sentence: what happened to whom, in which order, so that the promise was broken.
 * Each way to find one reads it from the verdict's operations, the faults of the story and the recorded events; where
 * none applies, the faults and the decisive moment are told, and nothing is made up.
 */
import { TraceDissector } from "../../dissect/index.ts";
import type { StoryLine } from "../../trace/story.ts";
import type { Trace, ViolationTold } from "../../trace/trace.ts";
import { answerOf } from "../../viewer/model/answer.ts";
import { indexRun } from "../../viewer/model/run.ts";
import { cut } from "../../viewer/model/words.ts";
import { diskMechanism } from "./disk.ts";
import { holdersMechanism } from "./holders.ts";
import { lossMechanism } from "./losses.ts";
import { decisivePart, faultPart, type Material, type Mechanism, part } from "./part.ts";
import { overlapMechanism, raceMechanism } from "./race.ts";
import { staleMechanism } from "./stale.ts";

export type { Material, Mechanism, Part } from "./part.ts";

/** At most so many violations of a run get a sentence. */
const TOLD_MAX = 8;

/** A trace whose violations have their mechanisms. */
export function withMechanisms(trace: Trace): Trace {
  const { meta } = trace;
  if (!meta || meta.violations.every(({ mechanism }) => mechanism !== undefined)) return trace;
  const run = indexRun(trace);
  const dissector = new TraceDissector(trace);
  const violations = meta.violations.map((told, index): ViolationTold => {
    const answer = answerOf(run, index);
    if (told.mechanism || !answer || index >= TOLD_MAX) return told;
    const { parts, turn, did, leases } = mechanismOf({ run, answer, dissector }, told);
    return {
      ...told,
      mechanism: parts,
      ...(turn !== undefined && { turn }),
      ...(did && { did }),
      ...(leases && leases.length > 0 && { leases }),
    };
  });
  return { ...trace, meta: { ...meta, violations } };
}

/** The lines that the mechanism of a trace's first violation adds to its story. */
export function mechanismLines(trace: Trace): readonly StoryLine[] {
  const [told] = trace.meta?.violations ?? [];
  if (!told) return [];
  const run = indexRun(trace);
  const answer = answerOf(run);
  if (!answer) return [];
  return mechanismOf({ run, answer, dissector: new TraceDissector(trace) }, told).lines ?? [];
}

/** The sentence, in pieces (none if the verdict says all that is known), and what it adds to the story. */
export function mechanismOf(material: Material, violation: ViolationTold): Mechanism {
  return (
    holdersMechanism(material) ??
    cycleMechanism(violation) ??
    diskMechanism(material) ??
    staleMechanism(material) ??
    raceMechanism(material) ??
    lossMechanism(material) ??
    overlapMechanism(material) ??
    plainMechanism(material)
  );
}

/** A cycle of transactions is explained edge by edge. */
function cycleMechanism({ cycle }: ViolationTold): Mechanism | undefined {
  if (!cycle || cycle.length === 0 || cycle.length > 3) return undefined;
  return { parts: [part(`${cycle.map(({ text }) => cut(text, 110)).join("; ")}.`)] };
}

/** The faults of the story, and the moment in which the violation came to light. */
function plainMechanism(material: Material): Mechanism {
  const { faults } = material.answer;
  if (faults.length === 0) return { parts: [] };
  const decisive = decisivePart(material);
  const parts = [
    ...faults.slice(0, 3).flatMap((fault, index) => {
      const said = faultPart(fault);
      return [index === 0 ? said : part(`; ${said.text}`, said.event)];
    }),
    ...(decisive ? [part(`; ${decisive.text}`, decisive.event)] : []),
    part("."),
  ];
  return { parts };
}
