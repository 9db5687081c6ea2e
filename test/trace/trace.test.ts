/** The record of a run: what goes in comes out, in memory and as bytes; cones and differences of it. */
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LightconeError } from "../../src/base/errors.ts";
import {
  causesOf,
  decodeTrace,
  encodeTrace,
  eventAt,
  firstDivergence,
  futureCone,
  Kind,
  pastCone,
  separatePayloads,
  type Trace,
  TraceRecorder,
} from "../../src/trace/index.ts";

interface Row {
  readonly timeNs: number;
  readonly host: number;
  readonly kind?: number;
  readonly cause?: number;
  readonly detail?: unknown;
}

function record(rows: readonly Row[], hosts = ["", "a", "b", "c"]): Trace {
  const recorder = new TraceRecorder();
  rows.forEach(({ timeNs, host, kind = Kind.timer, cause = 0, detail }, row) => {
    recorder.onEvent(row + 1, timeNs, host, kind, cause, detail);
  });
  return recorder.finish(hosts);
}

const rows: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      passNs: fc.integer({ min: 0, max: 2 ** 45 }),
      host: fc.integer({ min: 0, max: 3 }),
      kind: fc.integer({ min: 0, max: 15 }),
      causeAgo: fc.integer({ min: 0, max: 50 }),
      detail: fc.option(fc.jsonValue(), { nil: undefined }),
    }),
    { maxLength: 200 },
  )
  .map((steps) => {
    let timeNs = 0;
    return steps.map(({ passNs, host, kind, causeAgo, detail }, row) => {
      timeNs = Math.min(timeNs + passNs, 2 ** 52);
      return { timeNs, host, kind, cause: Math.max(0, row + 1 - causeAgo) % (row + 1), detail };
    });
  });

describe("a trace", () => {
  it("keeps every event as it was told, beyond the first capacity", () => {
    const many = Array.from({ length: 10_000 }, (_, row) => ({ timeNs: row * 7, host: row % 4 }));
    const trace = record(many);
    expect(trace.length).toBe(10_000);
    expect(eventAt(trace, 9_999)).toEqual({
      id: 9_999,
      timeNs: 9_998 * 7,
      host: 2,
      kind: Kind.timer,
      cause: 0,
      detail: undefined,
    });
    expect(eventAt(trace, 10_001)).toBeUndefined();
  });

  it("is the same after a journey through bytes", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const trace = record(given);
        const read = decodeTrace(encodeTrace(trace));
        expect(firstDivergence(trace, read)).toBeUndefined();
        expect(read.hosts).toEqual(trace.hosts);
      }),
      { numRuns: 200 },
    );
  });

  it("takes about six bytes an event", () => {
    const trace = record(
      Array.from({ length: 50_000 }, (_, row) => ({
        timeNs: row * 40_000,
        host: row % 4,
        cause: Math.max(0, row - 3),
      })),
    );
    expect(encodeTrace(trace).length / trace.length).toBeLessThan(8);
  });

  it("says so when its bytes were cut short, are of another format, or are something else", () => {
    const bytes = encodeTrace(record([{ timeNs: 5, host: 1 }]));
    expect(() => decodeTrace(bytes.subarray(0, bytes.length - 1))).toThrow(/cut short/);
    expect(() => decodeTrace(new TextEncoder().encode("{}\n"))).toThrow(/not a Lightcone trace/);
    const other = new TextEncoder().encode('{"lightconeTrace":99,"events":0,"hosts":[""]}\n');
    expect(() => decodeTrace(other)).toThrow(/format 99/);
  });
});

describe("details in a file", () => {
  const payload = Uint8Array.from([0, 255, 10, 13, 0]);
  const packet = {
    protocol: "tcp",
    from: "a",
    to: "b",
    fromPort: 40_000,
    toPort: 6379,
    flags: "",
    bytes: 5,
    connection: 7,
    payload,
  };

  it("keep the bytes of packets as bytes, and everything else as it was", () => {
    const lost = { ...packet, payload: undefined, repeats: 3, reason: "blocked" };
    const op = { f: "read", key: "x", bytes: 3 };
    const given = [packet, op, JSON.parse(JSON.stringify(lost)), { ...packet, bytes: 0 }];
    const trace = record(given.map((detail, row) => ({ timeNs: row, host: 1, detail })));
    const encoded = encodeTrace(trace);
    const read = decodeTrace(encoded);
    expect(given.map((_, row) => eventAt(read, row + 1)?.detail)).toEqual(given);
  });

  it("take a few bytes for each packet, without its payload", () => {
    const packets = Array.from({ length: 10_000 }, (_, row) => ({
      timeNs: row * 1_000,
      host: 1,
      kind: Kind.send,
      cause: row,
      detail: { ...packet, payload: undefined, fromPort: 40_000 + (row % 7) },
    }));
    const { length } = gzipSync(encodeTrace(record(packets)));
    expect(length / packets.length).toBeLessThan(8);
  });

  it("are refused when they are damaged, never misread without end", () => {
    const details = [packet, { f: "read" }, packet];
    const whole = encodeTrace(
      record(details.map((detail, row) => ({ timeNs: row, host: 1, detail }))),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] as number) ^ change;
        try {
          const read = decodeTrace(bytes);
          for (let id = 1; id <= read.length; id++) eventAt(read, id);
        } catch (error) {
          expect(error).toBeInstanceOf(LightconeError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("are read from the format before as well", () => {
    const head = '{"lightconeTrace":1,"events":2,"hosts":["","a"],"details":[{"f":"read"}]}\n';
    const columns = [5, 3, 1, 1, 1, 10, 0, 1, 0, 1];
    const read = decodeTrace(Uint8Array.from([...new TextEncoder().encode(head), ...columns]));
    expect(eventAt(read, 2)).toEqual({
      id: 2,
      timeNs: 8,
      host: 1,
      kind: Kind.invoke,
      cause: 1,
      detail: { f: "read" },
    });
  });
});

describe("light cones", () => {
  // a: 1 -> 3 (sends to b) ; b: 2, 4 (receives, caused by 3), 6 ; c: 5 apart from all.
  const trace = record([
    { timeNs: 0, host: 1 },
    { timeNs: 1, host: 2 },
    { timeNs: 2, host: 1, cause: 1 },
    { timeNs: 3, host: 2, cause: 3 },
    { timeNs: 4, host: 3 },
    { timeNs: 5, host: 2 },
  ]);

  it("hold what an event can have known: its causes, and what ran before on the same hosts", () => {
    expect(pastCone(trace, 4).ids()).toEqual([1, 2, 3, 4]);
    expect(pastCone(trace, 5).ids()).toEqual([5]);
    expect(pastCone(trace, 6).has(5)).toBe(false);
  });

  it("hold what an event can have influenced", () => {
    expect(futureCone(trace, 1).ids()).toEqual([1, 3, 4, 6]);
    expect(futureCone(trace, 5).ids()).toEqual([5]);
  });

  it("are two sides of one relation: a is in b's past when b is in a's future", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (given, i, j) => {
        fc.pre(given.length > 0);
        const random = record(given);
        const a = (i % given.length) + 1;
        const b = (j % given.length) + 1;
        expect(pastCone(random, b).has(a)).toBe(futureCone(random, a).has(b));
      }),
      { numRuns: 300 },
    );
  });

  it("have a spine: the chain of causes", () => {
    expect(causesOf(trace, 4)).toEqual([1, 3, 4]);
  });
});

describe("the difference of two traces", () => {
  const rows = [
    { timeNs: 1, host: 1, detail: { f: "read" } },
    { timeNs: 2, host: 2 },
  ];

  it("is nothing between equal ones", () => {
    expect(firstDivergence(record(rows), record(rows))).toBeUndefined();
  });

  it("is the first event that is not the same", () => {
    const other = [{ timeNs: 1, host: 1, detail: { f: "write" } }, rows[1] as Row];
    expect(firstDivergence(record(rows), record(other))).toMatchObject({
      id: 1,
      left: { detail: { f: "read" } },
      right: { detail: { f: "write" } },
    });
  });

  it("is the end of the shorter one, where it is a beginning of the other", () => {
    expect(firstDivergence(record(rows), record(rows.slice(0, 1)))).toMatchObject({
      id: 2,
      right: undefined,
    });
  });
});

describe("payloads apart", () => {
  it("leave a trace that knows where each payload is", () => {
    const packet = (text: string): unknown => ({
      protocol: "tcp",
      from: "a",
      to: "b",
      fromPort: 1,
      toPort: 2,
      flags: "",
      bytes: text.length,
      connection: 1,
      payload: new TextEncoder().encode(text),
    });
    const whole = record([
      { timeNs: 1, host: 1, kind: Kind.send, detail: packet("one") },
      { timeNs: 2, host: 1, kind: Kind.log, detail: { text: "between" } },
      { timeNs: 3, host: 2, kind: Kind.send, detail: packet("three") },
    ]);
    const { head, payloads } = separatePayloads(encodeTrace(whole));
    const { details } = decodeTrace(head, { payloadsApart: true });
    expect(details.at(0)).not.toHaveProperty("payload");
    expect(details.payloadRange?.(1)).toBeUndefined();
    const read = [0, 2].map((index) => {
      const [from, to] = details.payloadRange?.(index) ?? [];
      return new TextDecoder().decode(payloads.subarray(from, to));
    });
    expect(read).toEqual(["one", "three"]);
    expect(() => decodeTrace(head)).toThrow("the trace was cut short");
  });
});
