/**
 * Describes the result of shrinking in words: how many faults are left, whether they are needed,
 * and what was not tried.
 */
import type { Style } from "./style.ts";

/** The data of a shrunk run that is reported. */
export interface ToldShrink {
  readonly seed: string;
  /** The seed of the original failure, if a different one is shown. */
  readonly foundSeed: string;
  readonly check: string;
  readonly faultsBefore: number;
  readonly faultsAfter: number;
  readonly minimal: boolean;
  readonly calmSeeds: number;
  readonly ended: "asked" | "time" | "runs" | undefined;
  readonly otherCauses: readonly string[];
  /** How the violation came about, before and after, if that has changed. */
  readonly manners?: { readonly before: string; readonly after: string } | undefined;
}

/** "1 fault", "7 faults", "no faults". */
export function faultsWord(count: number): string {
  return count === 0 ? "no faults" : `${count} ${count === 1 ? "fault" : "faults"}`;
}

/** The subtitle after the world's name. What is needed for the failure comes first. */
export function shrunkSubtitle({ seed, foundSeed, faultsBefore, faultsAfter }: ToldShrink): string {
  if (faultsBefore === 0) return "no faults";
  const found = seed === foundSeed ? "" : ` (found with seed ${foundSeed})`;
  if (faultsAfter > 0) return `${faultsWord(faultsBefore)}, ${faultsAfter} after shrinking${found}`;
  return `needs no fault · ${faultsWord(faultsBefore)} before shrinking${found}`;
}

/**
 * The notes below the story: how it was established that the faults are needed, and what was not
 * tried.
 */
export function shrunkNotes(told: ToldShrink): string[] {
  return [needed(told), early(told), changed(told), others(told)].filter(
    (note) => note !== undefined,
  );
}

function needed(told: ToldShrink): string | undefined {
  const { minimal, faultsBefore, faultsAfter, calmSeeds, seed, check } = told;
  if (!minimal || faultsBefore === 0) return undefined;
  if (faultsAfter === 0) return `it happens without any fault (${check})`;
  const others = calmSeeds - 1;
  const alone =
    faultsAfter === 1
      ? `without this fault seed ${seed} does not show it`
      : `with any one of them left out seed ${seed} does not show it`;
  const calm =
    others < 1
      ? ""
      : faultsAfter === 1
        ? `, nor ${others === 1 ? "does another seed" : `do ${others} other seeds`} without faults`
        : `, nor do ${calmSeeds} seeds without any`;
  return `${alone}${calm}: all run to the end`;
}

function early({ ended, faultsAfter }: ToldShrink): string | undefined {
  if (ended === undefined || faultsAfter === 0) return undefined;
  const left = "some of these faults may not be needed";
  switch (ended) {
    case "asked":
      return `shrinking was interrupted: ${left}`;
    case "time":
      return `shrinking ended as its time was up (--shrink-for allows more): ${left}`;
    case "runs":
      return `shrinking ended after as many runs as it may take: ${left}`;
  }
}

function changed({ manners }: ToldShrink): string | undefined {
  if (!manners) return undefined;
  return `this may be another bug than the one found: there ${manners.before}, here ${manners.after}`;
}

function others({ check, otherCauses }: ToldShrink): string | undefined {
  if (otherCauses.length === 0) return undefined;
  return `other ways to violate ${JSON.stringify(check)} came up with fewer faults, and were not followed: ${otherCauses.join("; ")}`;
}

/** Renders the notes as terminal lines. */
export function renderNotes(notes: readonly string[], style: Style): string {
  return notes.map((note) => `  ${style.dim(note)}\n`).join("");
}
