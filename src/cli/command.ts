/** The interface of all commands, and the reporting of usage errors. */
import { explainSystemError, InvariantError, LightconeError } from "../base/errors.ts";
import { parseArgs, type ParseArgsConfig } from "node:util";

/** A process exit code: 0 held, 1 violated, 2 could not run (and 3 unknown, only for `check`). */
export type ExitCode = number;

export interface Command {
  /** One line for `lightcone --help`. */
  readonly summary: string;
  /** The complete text of `lightcone NAME --help`. */
  readonly usage: string;
  run(args: readonly string[]): Promise<ExitCode>;
}

/**
 * Reports an error: one clear message on the standard error. With `--json` also one object on the standard
 * output, because its reader may not see anything else.
 */
export function reportError(thrown: unknown, json: boolean): void {
  const error = explainSystemError(thrown);
  if (error instanceof LightconeError) {
    const { code, message, hint } = error;
    if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
    process.stderr.write(`lightcone: ${message}\n${hint === undefined ? "" : `  ${hint}\n`}`);
    return;
  }
  // An internal error of Lightcone. The stack is included for the bug report.
  const { message, stack = String(thrown) } = (thrown ?? {}) as Error;
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code: "LC_BUG", message } })}\n`);
  }
  const whose = thrown instanceof InvariantError ? "" : "this is a bug in Lightcone: ";
  process.stderr.write(`lightcone: ${whose}${stack}\n`);
}

/** `util.parseArgs`, with its errors converted to one clear message. */
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
    throw new LightconeError("LC_USAGE", complaint(error), `See \`lightcone ${command} --help\`.`);
  }
}

function complaint(error: unknown): string {
  const { message } = error as Error;
  const ambiguous = /^Option '(?:-\w, )?(--[\w-]+).*' argument is ambiguous/.exec(message)?.[1];
  if (ambiguous === undefined) return message.split(/\.\s|\n/)[0] ?? "bad options";
  return `${ambiguous} wants a value, and what follows looks like an option (a value may be given as ${ambiguous}=VALUE)`;
}
