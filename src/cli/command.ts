/** What every command of the front door is, and how it says that it was asked wrongly. */
import { LightconeError } from "../base/errors.ts";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A process exit code: 0 held, 1 violated, 2 could not run (and 3 unknown, for `check` alone). */
export type ExitCode = number;

export interface Command {
  /** One line for `lightcone --help`. */
  readonly summary: string;
  /** The whole text of `lightcone NAME --help`. */
  readonly usage: string;
  run(args: readonly string[]): Promise<ExitCode>;
}

/** `util.parseArgs`, with its complaint turned into one clear message. */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  command: string,
  args: readonly string[],
  options: T,
): {
  values: ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>["values"];
  positionals: string[];
} {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return parsed as never;
  } catch (error) {
    const message = (error as Error).message.split(/\.\s|\n/)[0] ?? "bad options";
    throw new LightconeError("LC_USAGE", message, `See \`lightcone ${command} --help\`.`);
  }
}
