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

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
