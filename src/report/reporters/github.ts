/**
 * Annotations of GitHub's workflows: one line on the standard output, which GitHub shows at the world's file. The
 * format is that of "Workflow commands for GitHub Actions" (`::error file=,title=::message`).
 */
import { relative } from "node:path";
import type { Reporter } from "./reporter.ts";

export const github: Reporter = {
  name: "github",
  summary: "an annotation of GitHub's workflows",
  render(explored, directory) {
    const { world, path, finding, verdict, unjudged, neverTrue } = explored;
    const file = relative(directory, path);
    const line = (level: string, message: string): string =>
      `::${level} file=${property(file)},title=${property(world)}::${data(message)}\n`;
    const lines: string[] = [];
    if (finding) {
      const message = [finding.summary, "", finding.story.trimEnd(), ...finding.notes].join("\n");
      lines.push(line("error", message));
    }
    const level = verdict === "violated" && !finding ? "error" : "warning";
    for (const name of neverTrue) {
      lines.push(line("error", `never true in any run: sometimes ${name}`));
    }
    for (const sentence of unjudged) lines.push(line(level, sentence));
    return lines.join("");
  },
};

function data(value: string): string {
  return value.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(value: string): string {
  return data(value).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
