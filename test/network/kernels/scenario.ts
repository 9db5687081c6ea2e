/** Scenarios for two machines: what their programs do, and what befalls the wire and the machines. */

export type Role = "client" | "server";
export type Way = "ab" | "ba";

/** What a program does to one of its sockets. */
export interface Act {
  at: number;
  verb: "write" | "pause" | "resume" | "end" | "destroy" | "reset";
  bytes?: number;
}

/** One end of a connection. */
export interface Half {
  reads: boolean;
  halfOpen: boolean;
  /** 0: no keep-alive. */
  keepAliveMs: number;
  acts: Act[];
}

/** What befalls the wire ("ab": from the client to the server) or a machine. */
export type Event = WireEvent | MachineEvent;

interface WireEvent {
  at: number;
  verb: "cut" | "join";
  way: Way;
}

interface MachineEvent {
  at: number;
  verb: "kill" | "crash" | "boot";
  role: Role;
}

/** All times are in milliseconds. */
export interface Scenario {
  name: string;
  delayMs: number;
  forMs: number;
  connections: { at: number; client: Half; server: Half }[];
  events: Event[];
}

/** What a program notes. */
export interface Line {
  t: number;
  who: string;
  what: string;
  bytes?: number;
}

/** An end of a connection that reads and does nothing else. */
export function half(acts: Act[] = [], rest: Partial<Half> = {}): Half {
  return { reads: true, halfOpen: false, keepAliveMs: 0, acts, ...rest };
}

/** A scenario in lines that a person can follow. */
export function describeScenario({ connections, events }: Scenario): string[] {
  const lines: [number, string][] = [];
  connections.forEach(({ at, ...ends }, index) => {
    lines.push([at, `client${index} connects`]);
    for (const role of ["client", "server"] as const) {
      const { acts, ...rest } = ends[role];
      lines.push([0, `${role}${index} ${JSON.stringify(rest)}`]);
      for (const { at: when, verb, bytes } of acts) {
        lines.push([when, `${role}${index} ${verb} ${bytes ?? ""}`]);
      }
    }
  });
  for (const event of events) {
    lines.push([event.at, `${event.verb} ${"way" in event ? event.way : event.role}`]);
  }
  return lines.sort(([a], [b]) => a - b).map(([at, line]) => `${at} ${line}`);
}
