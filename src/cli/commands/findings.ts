/** `lightcone findings`: what the campaigns of this folder found, with the state of each finding. */
import { relative } from "node:path";
import { type KnownFinding, readFindings, replayCommand } from "../../explore/index.ts";
import { count, type Style, styleFor } from "../../report/index.ts";
import { type Command, parseOptions, reportError } from "../command.ts";
import { usage } from "../session.ts";

const options = { json: { type: "boolean" } } as const;

export const command: Command = {
  summary: "list what campaigns found, and whether it is still there",
  usage: `
lightcone findings [--json]

Lists the findings of the campaigns in this folder, the latest first. They are kept as the replay files in .lightcone.
Runs that violate the same check, with the same kinds of faults and the same error, are one finding with a count.

  new           found by one campaign
  ongoing       found again, or still there when it was run again
  resolved      held when it was run again
  regressed     was resolved, and is there again

\`lightcone explore WORLD --corpus\` runs the findings of a world again, before it tries seeds.

  --json        every finding as one object on a line

Exit code: 0 listed, 2 could not run.
`,
  run(args) {
    const { values, positionals } = parseOptions("findings", args, options);
    if (positionals.length > 0) throw usage("findings", `what is ${positionals.join(" ")}?`);
    const json = values.json === true;
    const directory = process.cwd();
    const findings = readFindings(directory, { onBad: (error) => reportError(error, json) });
    if (json) {
      for (const finding of findings) process.stdout.write(asJson(finding));
    } else if (findings.length === 0) {
      process.stdout.write("no findings: .lightcone of this folder has no replay file\n");
    } else {
      const style = styleFor(process.stdout);
      for (const finding of findings) process.stdout.write(told(finding, directory, style));
    }
    return Promise.resolve(0);
  },
};

const paints = { new: "red", ongoing: "red", resolved: "green", regressed: "yellow" } as const;

function told({ path, replay, record }: KnownFinding, directory: string, style: Style): string {
  const { state, count: campaigns, firstFound, lastFound, lastRun } = record;
  const { check = "", summary = "" } = replay.violations[0] ?? {};
  const times = campaigns === 1 ? "found once" : `found by ${count(campaigns)} campaigns`;
  const first = day(firstFound);
  const last = day(lastFound) === first ? "" : `, last ${day(lastFound)}`;
  const run = lastRun === lastFound ? "" : `, run again ${day(lastRun)}`;
  return [
    `${style[paints[state]](state)}  ${style.bold(replay.name)}`,
    `  ${check}: ${summary}`,
    `  ${style.dim(`${times}: ${first}${last}${run}`)}`,
    `  ${style.cyan(replayCommand(directory, path, replay.worldPath))}`,
    "",
    "",
  ].join("\n");
}

function day(iso: string): string {
  return iso.slice(0, 10);
}

function asJson({ path, replay, record }: KnownFinding): string {
  const { check = "", summary = "" } = replay.violations[0] ?? {};
  const { name, worldPath, seed } = replay;
  const { key: _, ...known } = record;
  const file = relative(process.cwd(), path);
  return `${JSON.stringify({ world: name, path: worldPath, check, summary, seed, file, ...known })}\n`;
}
