/**
 * Errors of our own. What a program inside a world would see of Node is exactly Node's and lives in
 * `src/node`; an error here is for the person who runs Lightcone: one clear message, no stack trace.
 */

/**
 * An error that Lightcone itself reports: what is wrong, and what to do about it.
 *
 * `code` is stable and starts with `LC_`. The front doors print `message` alone.
 */
export class LightconeError extends Error {
  /** Stable, machine-readable: `LC_` and what went wrong. */
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
 * What the operating system refused (a file that cannot be written, say) as one clear message; anything
 * else is given back as it is.
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

/** A broken invariant of Lightcone's own code: always a bug of ours. */
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

/** How much of a thrown object that has no message is told, in characters. */
const OBJECT_TEXT_MAX = 200;

/**
 * The message of anything that was thrown, for a person. An error without one (an `AggregateError` of Node's)
 * tells its code and what it consists of; an object that is no error its `code` and `message`, else itself.
 * Never throws, whatever the object's getters do.
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
