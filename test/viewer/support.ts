/** Small traces for the viewer's tests: a client, two servers, and a fault, written as rows. */
import {
  encodeTrace,
  Kind,
  type Trace,
  TraceRecorder,
  type TraceMeta,
} from "../../src/trace/index.ts";

/** One event: its host by name ("" for the simulator), its kind by name, its cause, its detail. */
export type Line = readonly [
  atMs: number,
  host: string,
  kind: keyof typeof Kind,
  cause?: number,
  detail?: unknown,
];

/** Records a trace. Events are numbered from 1 in the order in which they are written. */
export function traceOf(lines: readonly Line[], meta?: Partial<TraceMeta>): Trace {
  const hosts = ["", ...new Set(lines.map(([, host]) => host).filter((host) => host !== ""))];
  const recorder = new TraceRecorder();
  lines.forEach(([atMs, host, kind, cause = 0, detail], row) => {
    recorder.onEvent(row + 1, atMs * 1e6, hosts.indexOf(host), Kind[kind], cause, detail);
  });
  const trace = recorder.finish(hosts);
  return meta ? { ...trace, meta: { ...plainMeta, ...meta } } : trace;
}

const plainMeta: TraceMeta = {
  lightcone: "0.1.0",
  node: "v20.0.0",
  world: "a world",
  seed: 7,
  schedule: [],
  verdict: "held",
  fingerprint: "0",
  violations: [],
};

/** The detail of a packet on connection 1. */
export function packet(from: string, to: string, text = "", more: object = {}): unknown {
  const payload = new TextEncoder().encode(text);
  return {
    protocol: "tcp",
    from,
    to,
    fromPort: 32_768,
    toPort: 6_379,
    flags: "",
    bytes: payload.length,
    connection: 1,
    ...(text !== "" && { payload }),
    ...more,
  };
}

/** A pause of a-2, as faults are recorded. */
export const pause = {
  kind: "pause",
  targets: ["a-2"],
  startNs: 30e6,
  durationNs: 20e6,
  params: {},
};

/** a-1 writes to the server and is answered; a-2 is paused meanwhile; one message is lost. */
export function story(): Trace {
  return traceOf(
    [
      [0, "a-1", "start"],
      [0, "a-2", "start"],
      [0, "server", "start"],
      [10, "a-1", "invoke", 1, { lane: "a-1", f: "write", key: "x", input: 7 }],
      [10, "a-1", "send", 4, packet("a-1", "server", "SET x 7")],
      [15, "server", "receive", 5],
      [16, "server", "send", 6, packet("server", "a-1", "OK")],
      [20, "a-1", "receive", 7],
      [20, "a-1", "complete", 8, { lane: "a-1", outcome: "ok" }],
      [25, "a-2", "send", 2, packet("a-2", "server", "GET x", { connection: 2 })],
      [30, "", "fault", 0, pause],
      [
        31,
        "server",
        "drop",
        10,
        packet("a-2", "server", "GET x", { connection: 2, reason: "lost" }),
      ],
      [50, "", "heal", 0, pause],
      [60, "server", "exit", 3, { how: "SIGKILL" }],
      [80, "server", "start", 0],
      [90, "a-1", "log", 9, { stream: "stdout", text: "done\n" }],
    ],
    {
      verdict: "violated",
      schedule: [pause],
      faults: [{ ...pause, text: "a-2 pauses for 20ms" }],
      violations: [
        {
          check: "linearizable",
          anomaly: "lost update",
          operations: [{ index: 0, invoke: 4, complete: 9 }],
          story: {
            summary: "the write is lost at 0.090s",
            lines: [
              { atNs: 20e6, who: "a-1", text: "write x 7 -> ok", tone: "operation", event: 9 },
              { atNs: 30e6, who: "fault", text: "a-2 pauses for 20ms", tone: "fault" },
              { atNs: 50e6, who: "a-2", text: "resumes", tone: "lift" },
              { atNs: 90e6, who: "a-1", text: "done", tone: "note", event: 16 },
            ],
          },
        },
      ],
    },
  );
}

/** A trace as a file holds it, unpacked. */
export function bytesOf(trace: Trace): Uint8Array {
  return encodeTrace(trace);
}
