/** How what two arms note is compared: each socket's own story, with coarse times. */
import type { Line, Scenario } from "./scenario.ts";
import { inSimulation } from "./simulated.ts";

/** How far apart two arms may be in time: retransmissions come in steps that double. */
const SLACK_MS = 500;
const SLACK_RATIO = 0.3;
const ADDED_MS = [0, 2, 4, 8];

/** One thing that happened to a socket, data that came before the next thing taken together. */
interface Step {
  what: string;
  bytes: number;
  t: number;
}

/** Steps in words, without their times. */
export function words(steps: readonly Step[] | undefined): string {
  const told = (steps ?? []).map(({ what, bytes }) => (bytes > 0 ? `${what} ${bytes}` : what));
  return told.join(", ");
}

/** What each socket was told, in order. */
export function stories(lines: readonly Line[]): Map<string, Step[]> {
  const all = new Map<string, Step[]>();
  for (const { who, what, bytes, t } of lines) {
    let steps = all.get(who);
    if (steps === undefined) all.set(who, (steps = []));
    const last = steps.at(-1);
    if (what === "data" && last?.what === "data") {
      last.bytes += bytes ?? 0;
      last.t = t;
    } else steps.push({ what, bytes: bytes ?? 0, t });
  }
  return all;
}

/**
 * What a scenario gives on simulated machines, for some lengths of the wire: how long a real machine takes
 * to answer varies, and what comes just before something else with one length comes after it with another.
 */
export async function variants(scenario: Scenario): Promise<Line[][]> {
  const all: Line[][] = [];
  for (const addedMs of ADDED_MS) {
    all.push(await inSimulation(scenario, scenario.delayMs + addedMs));
  }
  return all;
}

/** What differs between the real arm and the simulated one that is most like it. */
export function leastDifferences(real: readonly Line[], simulated: readonly Line[][]): string[] {
  const all = simulated.map((lines) => differences(real, lines));
  return all.sort((a, b) => a.length - b.length)[0] as string[];
}

/** What differs between the arms; empty when nothing does. `times`: whether times count. */
export function differences(
  real: readonly Line[],
  simulated: readonly Line[],
  times = true,
): string[] {
  const found: string[] = [];
  const [ours, theirs] = [stories(simulated), stories(real)];
  for (const who of new Set([...theirs.keys(), ...ours.keys()])) {
    const [a, b] = [theirs.get(who), ours.get(who)];
    if (words(a) !== words(b)) {
      found.push(`${who}: Linux "${words(a)}", simulated "${words(b)}"`);
      continue;
    }
    if (!times) continue;
    a?.forEach((step, index) => {
      const other = (b as Step[])[index] as Step;
      const slackMs = Math.max(SLACK_MS, Math.max(step.t, other.t) * SLACK_RATIO);
      if (Math.abs(step.t - other.t) <= slackMs) return;
      const at = `${Math.round(step.t)} ms on Linux, ${Math.round(other.t)} ms simulated`;
      found.push(`${who}: ${step.what} at ${at}`);
    });
  }
  return found;
}
