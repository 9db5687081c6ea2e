/**
 * Logs with vector clocks, as ShiViz reads them: two lines an event, the host with its clock as JSON, then the
 * event in words. The parser is `(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`.
 */
import { Kind } from "../kinds.ts";
import type { TraceEvent } from "../trace.ts";
import { type Exporter, utf8 } from "./exporter.ts";
import { describeEvent, eventsOf } from "./reading.ts";

/** Kinds that ShiViz would drown in: steps of one host between others. */
const silent = new Set<number>([
  Kind.internal,
  Kind.timer,
  Kind.immediate,
  Kind.completion,
  Kind.resume,
]);

/** Writes a log that ShiViz draws as a space-time diagram. */
export const shiviz: Exporter = {
  opens: "ShiViz (bestchai.bitbucket.io/shiviz)",
  ending: ".shiviz.log",
  write(trace) {
    const clocks = trace.hosts.map(() => new Map<number, number>());
    /** The clock of every event that another one names as its cause. */
    const wanted = new Set<number>();
    for (let row = 0; row < trace.length; row++) wanted.add(trace.cause[row] as number);
    const kept = new Map<number, ReadonlyMap<number, number>>();
    const lines: string[] = [];
    for (const event of eventsOf(trace)) {
      const clock = clocks[event.host] as Map<number, number>;
      for (const [host, count] of kept.get(event.cause) ?? []) {
        if (count > (clock.get(host) ?? 0)) clock.set(host, count);
      }
      const isTold = event.host > 0 && !silent.has(event.kind);
      if (isTold) {
        clock.set(event.host, (clock.get(event.host) ?? 0) + 1);
        const named = [...clock].map(([host, count]) => [trace.hosts[host], count] as const);
        lines.push(`${trace.hosts[event.host]} ${JSON.stringify(Object.fromEntries(named))}`);
        lines.push(oneLine(event));
      }
      if (wanted.has(event.id)) kept.set(event.id, new Map(clock));
    }
    return utf8(`${lines.join("\n")}\n`);
  },
};

function oneLine(event: TraceEvent): string {
  const seconds = (event.timeNs / 1e9).toFixed(6);
  return `${seconds}s ${describeEvent(event)}`.replaceAll(/\s+/g, " ");
}
