/** What a person sees of the proxies: a line for each event, or a table that is drawn again and again. */
import { printable } from "../base/printable.ts";
import type { ChaosEvent, ChaosProxy } from "./proxy.ts";
import type { Toxic } from "./toxic.ts";

/** A toxic in one line: "latency_downstream (latency=100, jitter=20) on half of the connections". */
export function describeToxic({ name, kind, stream, toxicity, attributes }: Toxic): string {
  const values = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  const type = name === `${kind.type}_${stream}` ? "" : `${kind.type} ${stream} `;
  const share = toxicity === 1 ? "" : `, toxicity=${toxicity}`;
  return printable(`${name} (${type}${values.join(", ")}${share})`);
}

/** An event in one line. */
export function describeEvent(event: ChaosEvent): string {
  return `${printable(event.proxy)}: ${whatHappened(event)}`;
}

function whatHappened(event: ChaosEvent): string {
  switch (event.kind) {
    case "listening":
      return `listens on ${event.listen}, to ${printable(event.upstream)}`;
    case "stopped":
    case "removed":
      return event.kind;
    case "toxic":
      return `${event.change} ${describeToxic(event.toxic)}`;
    case "opened":
      return `#${event.connection} opened`;
    case "decided":
      return `#${event.connection} ${printable(event.toxic.name)} ${event.what}`;
    case "closed": {
      const { connection, upBytes, downBytes, reason } = event;
      const why = reason === "" ? "" : ` (${printable(reason)})`;
      return `#${connection} closed${why}, ${formatBytes(upBytes)} up, ${formatBytes(downBytes)} down`;
    }
  }
}

/** A number of bytes for a person: "512 B", "1.5 KB", "20.1 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** The live view: each proxy with its connections, bytes and toxics, then the latest events. */
export function drawTable(
  proxies: readonly ChaosProxy[],
  recent: readonly string[],
  columns: number,
): string[] {
  const lines = proxies.flatMap((proxy) => {
    const { upstream, downstream } = proxy.passedBytes;
    const way = `${proxy.listen} → ${proxy.upstream}${proxy.enabled ? "" : " (down)"}`;
    const counts = `${proxy.openConnections} open of ${proxy.allConnections}`;
    const bytes = `${formatBytes(upstream)} up, ${formatBytes(downstream)} down`;
    return [
      `${printable(proxy.name)}  ${printable(way)}  ${counts}  ${bytes}`,
      ...proxy.toxics.map((toxic) => `  ${describeToxic(toxic)}`),
    ];
  });
  const all = recent.length === 0 ? lines : [...lines, "", ...recent];
  return all.map((line) => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line));
}
