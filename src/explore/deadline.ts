/** A signal that comes when somebody asks, or when the time is up, whichever is first; and says which. */

/** Calls `body` with a signal that aborts with "time" after `limitMs`, or as `outer` does. */
export async function withDeadline<T>(
  outer: AbortSignal | undefined,
  limitMs: number,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const asked = (): void => controller.abort("asked");
  if (outer?.aborted) asked();
  outer?.addEventListener("abort", asked);
  // A timer of Node's holds 24 days; nobody waits longer.
  const timer = setTimeout(() => controller.abort("time"), Math.min(limitMs, 2 ** 31 - 1));
  try {
    return await body(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", asked);
  }
}
