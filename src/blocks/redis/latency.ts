/** LATENCY: slow events, and the distribution of each command's duration (latency.c). */

const SAMPLES_MAX = 160;

interface Sample {
  readonly timeSeconds: number;
  ms: number;
}

interface Series {
  samples: Sample[];
  maxMs: number;
}

export class LatencyMonitor {
  readonly #events: Map<string, Series> = new Map();

  /** Records an event's duration. Within one second, only the longest is kept. */
  add(event: string, ms: number, nowMs: number): void {
    let series = this.#events.get(event);
    if (series === undefined) this.#events.set(event, (series = { samples: [], maxMs: 0 }));
    series.maxMs = Math.max(series.maxMs, ms);
    const timeSeconds = Math.floor(nowMs / 1_000);
    const last = series.samples[series.samples.length - 1];
    if (last?.timeSeconds === timeSeconds) {
      last.ms = Math.max(last.ms, ms);
      return;
    }
    series.samples.push({ timeSeconds, ms });
    if (series.samples.length > SAMPLES_MAX) series.samples.shift();
  }

  /** Returns each event with the time and duration of its last sample and its longest duration. */
  latest(): [event: string, timeSeconds: number, ms: number, maxMs: number][] {
    return [...this.#events].map(([event, { samples, maxMs }]) => {
      const last = samples[samples.length - 1] as Sample;
      return [event, last.timeSeconds, last.ms, maxMs];
    });
  }

  history(event: string): [timeSeconds: number, ms: number][] {
    return (this.#events.get(event)?.samples ?? []).map(({ timeSeconds, ms }) => [timeSeconds, ms]);
  }

  /** Resets some events, or all if none are named. Returns how many were reset. */
  reset(events: readonly string[]): number {
    const chosen = events.length === 0 ? [...this.#events.keys()] : events;
    return chosen.filter((event) => this.#events.delete(event)).length;
  }
}

/** Counts of durations by powers of two of microseconds. */
export class LatencyHistogram {
  readonly #counts: number[] = [];
  calls = 0;

  add(micros: number): void {
    this.calls++;
    let bucket = 0;
    while (2 ** bucket < micros && bucket < 30) bucket++;
    for (let at = this.#counts.length; at <= bucket; at++) this.#counts.push(0);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
  }

  /** Returns the duration in microseconds that this percentage of calls do not exceed. */
  percentile(share: number): number {
    const wanted = (this.calls * share) / 100;
    let sum = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      sum += this.#counts[bucket] as number;
      if (sum >= wanted && sum > 0) return 2 ** bucket;
    }
    return 0;
  }

  /** Returns alternating upper bounds in microseconds and numbers of calls that took no longer. */
  cumulative(): number[] {
    const out: number[] = [];
    let sum = 0;
    this.#counts.forEach((count, bucket) => {
      sum += count;
      if (count > 0) out.push(2 ** bucket, sum);
    });
    return out;
  }
}
