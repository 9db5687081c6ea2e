/** Reports for other tools: `--reporter NAME[=FILE]`. */
import { appendFileSync, writeFileSync } from "node:fs";
import { explainSystemError } from "../base/errors.ts";
import { type Explored, type Reporter, reporters } from "../report/index.ts";
import { usage } from "./session.ts";

/** A reporter, and the file it was told to write. */
export interface Report {
  readonly reporter: Reporter;
  readonly file: string | undefined;
}

/** Parses `NAME` or `NAME=FILE`. */
export function parseReport(command: string, text: string): Report {
  const at = text.indexOf("=");
  const name = at === -1 ? text : text.slice(0, at);
  const file = at === -1 ? undefined : text.slice(at + 1);
  const reporter = reporters.find((each) => each.name === name);
  if (reporter === undefined) {
    const names = reporters.map((each) => each.name).join(", ");
    throw usage(command, `no reporter ${JSON.stringify(name)}; there are: ${names}`);
  }
  if (file === "") throw usage(command, `--reporter ${text} names no file`);
  return { reporter, file };
}

/** Writes the reports. Throws `LC_SYSTEM` for a file that cannot be written. */
export function writeReports(
  reports: readonly Report[],
  explored: Explored,
  directory: string,
): void {
  for (const { reporter, file } of reports) {
    const text = reporter.render(explored, directory);
    const { fileVariable } = reporter;
    const shared = fileVariable === undefined ? undefined : process.env[fileVariable];
    try {
      if (file !== undefined) writeFileSync(file, text);
      else if (shared !== undefined && shared !== "") appendFileSync(shared, text);
      else process.stdout.write(text);
    } catch (error) {
      throw explainSystemError(error);
    }
  }
}

/** The rows about reporters in the help of a command. */
export function reporterRows(): string {
  return reporters
    .map(({ name, summary, fileVariable }) => {
      const where = fileVariable === undefined ? "" : ` (added to the file of ${fileVariable})`;
      return `                ${name.padEnd(9)} ${summary}${where}`;
    })
    .join("\n");
}
