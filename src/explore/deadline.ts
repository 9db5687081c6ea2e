/** An abort signal that fires on request or when the time is up, whichever is first, and gives the reason. */

/** Calls `body` with a signal that aborts with "time" after `limitMs`, or when `outer` aborts. */
export async function withDeadline<T>(
  outer: AbortSignal | undefined,
  limitMs: number,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const asked = (): void => controller.abort("asked");
  if (outer?.aborted) asked();
  outer?.addEventListener("abort", asked);
  // A Node timer can run for at most 24 days, which is long enough.
  const timer = setTimeout(() => controller.abort("time"), Math.min(limitMs, 2 ** 31 - 1));
  try {
    return await body(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", asked);
  }
}
