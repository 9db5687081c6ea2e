/** `lightcone export`: writes a trace in the format of another tool. */
import { writeFileSync } from "node:fs";
import { explainSystemError, LightconeError } from "../../base/errors.ts";
import { readTrace } from "../../explore/index.ts";
import { exporters } from "../../trace/index.ts";
import { type Command, parseOptions } from "../command.ts";
import { usage } from "../session.ts";

const options = { to: { type: "string" }, output: { type: "string", short: "o" } } as const;

const formats = Object.entries(exporters)
  .map(([name, { opens }]) => `  --to ${name.padEnd(9)}${opens}`)
  .join("\n");

export const command: Command = {
  summary: "write a trace in the format of another tool",
  usage: `
lightcone export FILE --to FORMAT [--output PATH]

Reads the trace of a run (.lightcone/NAME-SEED.trace, written beside the replay file of a violation and by
--trace) and writes it for another tool.

${formats}
  --output PATH   where to write it; "-" for the standard output (default: beside the trace)
`,
  async run(args) {
    const { values, positionals } = parseOptions("export", args, options);
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw usage("export", "which one trace file?");
    const { to } = values;
    const exporter = to !== undefined && Object.hasOwn(exporters, to) ? exporters[to] : undefined;
    if (!exporter) {
      const wrong = to === undefined ? "no format is named" : `no format ${JSON.stringify(to)}`;
      throw new LightconeError(
        "LC_USAGE",
        `lightcone export: ${wrong}`,
        `Formats are ${Object.keys(exporters).join(", ")}: --to NAME.`,
      );
    }
    const bytes = exporter.write(readTrace(file));
    if (values.output === "-") {
      process.stdout.write(bytes);
      return 0;
    }
    const path = values.output ?? file.replace(/\.trace$/, "") + exporter.ending;
    try {
      writeFileSync(path, bytes);
    } catch (error) {
      throw explainSystemError(error);
    }
    process.stdout.write(`${path}\n`);
    return 0;
  },
};
