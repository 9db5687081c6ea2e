/** A trace in the formats of other tools: what these read of it is what happened. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { eventAt, exporters, Kind, type Trace } from "../../src/trace/index.ts";
import type { PacketDetail } from "../../src/trace/packet.ts";
import { withMeta } from "../../src/explore/index.ts";
import { loadWorld } from "../../src/world/load.ts";
import { runWorld } from "../../src/world/run.ts";

const SECOND = 1_000_000_000;
let trace: Trace;
beforeAll(async () => {
  const path = fileURLToPath(new URL("worlds/questions.world.ts", import.meta.url));
  const loss = {
    kind: "loss",
    targets: ["client"],
    startNs: SECOND,
    durationNs: 2 * SECOND,
    params: { from: ["client"], to: ["server"], both: true, probability: 0.3 },
  };
  const request = { seed: 1, schedule: [loss], trace: true };
  trace = (await runWorld(await loadWorld(path, {}), request)).trace as Trace;
});

function written(format: string): Uint8Array {
  return exporters[format]?.write(trace) as Uint8Array;
}

function text(format: string): string {
  return new TextDecoder().decode(written(format));
}

function count(kind: number): number {
  return trace.kind.filter((one) => one === kind).length;
}

describe("for Chrome and Perfetto", () => {
  it("every operation begins and ends, and every arrival has an arrow from its sending", () => {
    const { traceEvents } = JSON.parse(text("chrome")) as {
      traceEvents: { ph: string; id: unknown; ts: number; pid: number }[];
    };
    const ofPhase = (ph: string) => traceEvents.filter((event) => event.ph === ph);
    expect(ofPhase("b")).toHaveLength(count(Kind.invoke));
    expect(ofPhase("e")).toHaveLength(count(Kind.invoke));
    expect(ofPhase("s")).toHaveLength(count(Kind.receive));
    const starts = new Map(ofPhase("s").map((event) => [event.id, event]));
    for (const end of ofPhase("f")) {
      expect(starts.get(end.id)?.ts).toBeLessThanOrEqual(end.ts);
    }
  });
});

it("runs are dated from their start, which traces carry", async () => {
  const path = fileURLToPath(new URL("worlds/dated.world.ts", import.meta.url));
  const outcome = await runWorld(await loadWorld(path, {}), { seed: 1, trace: true });
  const { meta } = withMeta(outcome);
  expect(meta?.startMs).toBe(Date.UTC(2027, 11, 31, 23, 59));
  const dated = exporters["otel"]?.write(withMeta(outcome));
  const [, nanos = ""] = /"startTimeUnixNano":"(\d+)"/.exec(new TextDecoder().decode(dated)) ?? [];
  expect(new Date(Number(BigInt(nanos) / 1_000_000n)).toISOString()).toMatch(/^2027-12-31T23:59:/);
});

describe("for ShiViz", () => {
  const parser = /^(?<host>\S*) (?<clock>\{.*\})\n(?<event>.*)$/gm;

  it("hosts count their own events, and never know more of another than that has counted", () => {
    const log = text("shiviz");
    const counted = new Map<string, number>();
    let events = 0;
    for (const { groups } of log.matchAll(parser)) {
      const { host = "", clock = "{}" } = groups ?? {};
      const known = JSON.parse(clock) as Record<string, number>;
      expect(known[host]).toBe((counted.get(host) ?? 0) + 1);
      counted.set(host, known[host] ?? 0);
      for (const [other, number] of Object.entries(known)) {
        expect(number).toBeLessThanOrEqual(counted.get(other) ?? 0);
      }
      events++;
    }
    expect(events * 2).toBe(log.trimEnd().split("\n").length);
    expect([...counted.keys()].sort()).toEqual(["client", "server"]);
  });
});

describe("for OpenTelemetry", () => {
  it("every operation and message is a span within a host, and parents are spans", () => {
    interface Span {
      readonly spanId: string;
      readonly parentSpanId?: string;
      readonly startTimeUnixNano: string;
      readonly endTimeUnixNano: string;
    }
    const { resourceSpans } = JSON.parse(text("otel")) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans));
    expect(spans).toHaveLength(count(Kind.invoke) + count(Kind.send));
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    const children = spans.filter(({ parentSpanId }) => parentSpanId !== undefined);
    expect(children.length).toBeGreaterThan(count(Kind.invoke));
    for (const { parentSpanId } of children) expect(ids).toContain(parentSpanId);
    for (const { spanId, startTimeUnixNano, endTimeUnixNano } of spans) {
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    }
  });
});

/** The blocks of a capture: their types and bodies. */
function blocksOf(capture: Uint8Array): { type: number; body: DataView }[] {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.byteLength);
  const blocks: { type: number; body: DataView }[] = [];
  for (let at = 0; at < capture.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    const body = new DataView(capture.buffer, capture.byteOffset + at + 8, length - 12);
    blocks.push({ type: view.getUint32(at, true), body });
    at += length;
  }
  return blocks;
}

describe("for Wireshark", () => {
  it("every packet is there with its payload, and checksums that are right", () => {
    const [section, wire, ...packets] = blocksOf(written("pcapng"));
    expect(section?.type).toBe(0x0a0d_0d0a);
    expect(wire?.type).toBe(1);
    const sent = Array.from({ length: trace.length }, (_, row) => eventAt(trace, row + 1))
      .filter((event) => event?.kind === Kind.send)
      .map((event) => event?.detail as PacketDetail);
    expect(packets).toHaveLength(sent.length);
    packets.forEach(({ type, body }, at) => {
      expect(type).toBe(6);
      const length = body.getUint32(12, true);
      const packet = new Uint8Array(body.buffer, body.byteOffset + 20, length);
      expect(sumOf(packet.subarray(0, 20))).toBe(0xffff);
      const { fromPort, payload = new Uint8Array(0) } = sent[at] as PacketDetail;
      expect(((packet[20] as number) << 8) | (packet[21] as number)).toBe(fromPort);
      expect(Buffer.compare(packet.subarray(length - payload.length), payload)).toBe(0);
    });
  });

  it("tshark follows its streams and finds nothing malformed, where it is installed", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "lightcone-pcapng-"));
    try {
      execFileSync("tshark", ["--version"], { stdio: "ignore" });
    } catch {
      rmSync(folder, { recursive: true });
      context.skip("tshark is not installed");
    }
    try {
      const path = join(folder, "run.pcapng");
      writeFileSync(path, written("pcapng"));
      const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
      const fields = ["-T", "fields", "-e", "tcp.checksum.status", "-e", "_ws.malformed"];
      const lines = execFileSync("tshark", ["-r", path, ...checks, ...fields], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const all = lines.trimEnd().split("\n");
      expect(all).toHaveLength(count(Kind.send));
      expect(all.filter((line) => line.trim() !== "1")).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The Internet checksum of a header that contains it: all ones if it is right. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}
