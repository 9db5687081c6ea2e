/**
 * Lightcone's own errors. Errors that a program inside a world sees are exactly Node's and live in
 * `src/node`. An error here is for the person who runs Lightcone: one clear message, no stack
 * trace.
 */

/**
 * An error that Lightcone itself reports: what is wrong, and what to do about it.
 *
 * `code` is stable and starts with `LC_`. User-facing entry points, such as the command line, print
 * `message` without a stack trace.
 */
export class LightconeError extends Error {
  /** Stable, machine-readable: starts with `LC_`, then names the problem. */
  readonly code: string;
  /** What the user can do, in one sentence; printed below the message. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.name = "LightconeError";
    this.code = code;
    this.hint = hint;
  }
}

/**
 * Returns a clear error for a failure of the operating system (for example a file that cannot be
 * written). Returns anything else unchanged.
 */
export function explainSystemError(error: unknown): unknown {
  const { code, syscall, path, message } = (error ?? {}) as Record<string, unknown>;
  if (typeof code !== "string" || typeof syscall !== "string") return error;
  const reason =
    typeof path === "string" ? (/^\w+: ([^,]+)/.exec(String(message))?.[1] ?? code) : message;
  return new LightconeError(
    "LC_SYSTEM",
    typeof path === "string" ? `${path}: ${reason}` : String(reason),
  );
}

/** A broken invariant of Lightcone's own code. This is always a bug in Lightcone. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(`invariant broken: ${message} (this is a bug in Lightcone)`);
    this.name = "InvariantError";
  }
}

/** Throws an {@link InvariantError} unless `condition` is true. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Maximum length of the text for a thrown object that has no message, in characters. */
const OBJECT_TEXT_MAX = 200;

/**
 * Returns a readable message for any thrown value. An error without a message (such as Node's
 * `AggregateError`) is described by its code and the errors it contains. An object that is not an
 * error is described by its `code` and `message`, or else by its own text. Never throws, even if
 * the object's getters do.
 */
export function messageOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? errorMessage(thrown) : valueMessage(thrown);
  } catch {
    return "a value that cannot be printed";
  }
}

function errorMessage(error: Error): string {
  if (error.message !== "") return String(error.message);
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  const causes = Array.isArray(errors) ? errors.map(messageOf).join("; ") : "";
  return [textOf(code), causes].filter((part) => part !== "").join(": ");
}

function valueMessage(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  const told = [textOf(code), textOf(message)].filter((part) => part !== "").join(": ");
  if (told !== "") return told;
  const text = JSON.stringify(thrown) ?? String(thrown);
  return text.length > OBJECT_TEXT_MAX ? `${text.slice(0, OBJECT_TEXT_MAX)}…` : text;
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
