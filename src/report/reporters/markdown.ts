/** A summary in Markdown: what GitHub shows as the summary of a job. */
import { relative } from "node:path";
import { count } from "../progress.ts";
import type { Explored } from "../explored.ts";
import type { Reporter } from "./reporter.ts";

export const markdown: Reporter = {
  name: "markdown",
  summary: "a summary in Markdown, for a job of GitHub's workflows",
  fileVariable: "GITHUB_STEP_SUMMARY",
  render(explored, directory) {
    const { world, verdict, finding } = explored;
    const mark = verdict === "held" ? "✅" : "❌";
    return [
      `### ${mark} ${escape(world)}`,
      "",
      figures(explored),
      "",
      ...(finding ? findingLines(finding, directory) : []),
      ...explored.neverTrue.map((name) => `- never true in any run: sometimes ${escape(name)}`),
      ...[...explored.unjudged, ...explored.remarks].map((note) => `- ${escape(note)}`),
      "",
    ].join("\n");
  },
};

function figures({ runs, faults, simulatedMs, wallMs, firstSeed }: Explored): string {
  const seconds = (wallMs / 1_000).toFixed(1);
  const seeds = `from seed 0x${firstSeed.toString(16)}`;
  return `${count(runs)} ${runs === 1 ? "run" : "runs"} ${seeds} · ${count(simulatedMs / 1_000)} simulated seconds · ${count(faults)} faults · ${seconds} s`;
}

function findingLines(finding: NonNullable<Explored["finding"]>, directory: string): string[] {
  const { summary, check, story, notes, replayCommand, pageFile } = finding;
  const fence = "`".repeat(Math.max(3, longestRun(story) + 1));
  return [
    `**${escape(check)}**: ${escape(summary)}`,
    "",
    `${fence}text`,
    story.trimEnd(),
    fence,
    "",
    ...notes.map((note) => `- ${escape(note)}`),
    ...(replayCommand === undefined ? [] : [`- replay: \`${replayCommand}\``]),
    ...(pageFile === undefined ? [] : [`- page: \`${relative(directory, pageFile)}\``]),
  ];
}

/** The length of the longest run of backticks: a fence must be longer. */
function longestRun(value: string): number {
  return Math.max(0, ...[...value.matchAll(/`+/g)].map(([ticks]) => ticks.length));
}

function escape(value: string): string {
  return value.replaceAll(/[\\`*_{}[\]<>#|~]/g, "\\$&").replaceAll(/\r?\n/g, " ");
}
