/** Each toxic does what it says: on real sockets, by orders and lower bounds only. */
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { toxicKinds } from "../../src/chaos/registry.ts";
import { patterned, type Place, placeOf, readAll, until } from "./place.ts";

/** Timers may be this much early. */
const EARLY_MS = 2;

const elapsedSince = (startMs: number): number => performance.now() - startMs + EARLY_MS;

/** Sends bytes to the echo and reads them back. */
async function echo(
  { connect }: Place,
  sent: Buffer,
): Promise<{ bytes: Buffer; how: string; pieces: readonly number[]; ms: number }> {
  const startMs = performance.now();
  const client = connect();
  client.end(sent);
  const ended = await readAll(client);
  return { ...ended, ms: elapsedSince(startMs) };
}

describe("latency", () => {
  it("makes data and its end late, and keeps them in order", async () => {
    const place = await placeOf();
    place.add({ type: "latency", attributes: { latency: 80, jitter: 30 } });
    const sent = patterned(300_000);
    const { bytes, ms } = await echo(place, sent);
    expect(bytes.equals(sent)).toBe(true);
    expect(ms).toBeGreaterThanOrEqual(50);
  });

  it("lets go what waits when it is removed", async () => {
    const place = await placeOf();
    const toxic = place.add({ type: "latency", attributes: { latency: 600_000 } });
    const client = place.connect();
    client.end("now");
    const ended = readAll(client);
    await until(() => place.events.some(({ kind }) => kind === "decided"));
    await until(() => place.proxy.passedBytes.upstream === 3);
    place.proxy.remove(toxic);
    expect(String((await ended).bytes)).toBe("now");
  });
});

it("bandwidth carries no more than its rate", async () => {
  const place = await placeOf();
  place.add({ type: "bandwidth", stream: "upstream", attributes: { rate: 100 } });
  const sent = patterned(30_000);
  const { bytes, ms } = await echo(place, sent);
  expect(bytes.equals(sent)).toBe(true);
  expect(ms).toBeGreaterThanOrEqual(300);
});

it("slow_close passes data at once and its end late", async () => {
  const place = await placeOf();
  place.add({ type: "slow_close", attributes: { delay: 150 } });
  const startMs = performance.now();
  const client = place.connect();
  const ended = readAll(client);
  client.end("x");
  let dataMs = 0;
  client.once("data", () => (dataMs = performance.now()));
  await ended;
  expect(elapsedSince(startMs)).toBeGreaterThanOrEqual(150);
  expect(performance.now() - dataMs + EARLY_MS).toBeGreaterThanOrEqual(100);
});

describe("timeout", () => {
  it("lets no data through, and closes after its time", async () => {
    const place = await placeOf();
    place.add({ type: "timeout", attributes: { timeout: 100 } });
    const { bytes, ms } = await echo(place, Buffer.from("lost"));
    expect(bytes).toHaveLength(0);
    expect(ms).toBeGreaterThanOrEqual(100);
  });

  it("closes when it is removed, if it has no time", async () => {
    const place = await placeOf();
    const toxic = place.add({ type: "timeout", attributes: { timeout: 0 } });
    const client = place.connect();
    client.write("lost");
    const ended = readAll(client);
    await until(() => place.proxy.passedBytes.upstream === 4);
    place.proxy.remove(toxic);
    expect((await ended).bytes).toHaveLength(0);
    await until(() => place.proxy.openConnections === 0);
  });
});

it("reset_peer resets both ends", async () => {
  const place = await placeOf();
  place.add({ type: "reset_peer", attributes: { timeout: 50 } });
  const client = place.connect();
  client.write("x");
  await until(() => place.served.length === 1);
  const server = readAll(place.served[0] as Socket);
  expect((await readAll(client)).how).toBe("ECONNRESET");
  expect((await server).how).toBe("ECONNRESET");
});

describe("half_open", () => {
  it("leaves the client with a connection that is silent", async () => {
    const place = await placeOf();
    const toxic = place.add({ type: "half_open", attributes: { timeout: 200 } });
    const client = place.connect();
    let heard = 0;
    client.on("data", () => heard++);
    await until(() => place.served[0]?.destroyed === true);
    // Writes go through, and nobody answers.
    await new Promise((resolve) => client.write("anybody?", resolve));
    expect([heard, client.destroyed, place.proxy.openConnections]).toEqual([0, false, 1]);
    const ended = readAll(client);
    place.proxy.remove(toxic);
    expect((await ended).how).toBe("ECONNRESET");
  });

  it("leaves the server's end open with `upstream`", async () => {
    const place = await placeOf();
    place.add({ type: "half_open", stream: "upstream", attributes: { timeout: 200 } });
    const client = place.connect();
    expect((await readAll(client)).how).toBe("ECONNRESET");
    expect(place.served[0]?.destroyed).toBe(false);
    expect(place.proxy.openConnections).toBe(1);
  });
});

it("slicer sends small pieces, with a pause before each", async () => {
  const place = await placeOf();
  place.add({
    type: "slicer",
    attributes: { average_size: 100, size_variation: 50, delay: 5_000 },
  });
  const sent = patterned(2_000);
  const { bytes, pieces, ms } = await echo(place, sent);
  expect(bytes.equals(sent)).toBe(true);
  // At most 150 bytes a piece.
  expect(ms).toBeGreaterThanOrEqual(14 * 5);
  expect(pieces.length).toBeGreaterThan(1);
});

it("limit_data closes after exactly its bytes", async () => {
  const place = await placeOf();
  place.add({ type: "limit_data", attributes: { bytes: 1_234 } });
  const sent = patterned(50_000);
  const { bytes } = await echo(place, sent);
  expect(bytes.equals(sent.subarray(0, 1_234))).toBe(true);
});

it("loss makes the stream stand still, and loses nothing", async () => {
  const place = await placeOf();
  place.add({ type: "loss", attributes: { probability: 1, stall: 40 } });
  const sent = patterned(4_000);
  const { bytes, ms } = await echo(place, sent);
  expect(bytes.equals(sent)).toBe(true);
  expect(ms).toBeGreaterThanOrEqual(3 * 40);
});

it("scramble changes single bits, and nothing else", async () => {
  const place = await placeOf();
  place.add({ type: "scramble", attributes: { probability: 0.01 } });
  const sent = patterned(20_000);
  const { bytes } = await echo(place, sent);
  expect(bytes).toHaveLength(sent.length);
  const flipped = [...bytes].map((byte, index) => byte ^ (sent[index] as number)).filter(Boolean);
  expect(flipped.length).toBeGreaterThan(100);
  expect(flipped.length).toBeLessThan(400);
  expect(flipped.every((bits) => (bits & (bits - 1)) === 0)).toBe(true);
});

it("toxics work one after the other, and can change while they do", async () => {
  const place = await placeOf();
  place.add({ type: "slicer", attributes: { average_size: 500 } });
  const limit = place.add({ type: "limit_data", attributes: { bytes: 0 } });
  expect((await echo(place, patterned(10))).bytes).toHaveLength(0);
  limit.attributes = { bytes: 700 };
  place.proxy.changed(limit);
  expect((await echo(place, patterned(5_000))).bytes).toHaveLength(700);
  limit.toxicity = 0;
  place.proxy.changed(limit);
  expect((await echo(place, patterned(5_000))).bytes).toHaveLength(5_000);
});

describe("a seed", () => {
  /** What was decided on 20 connections, whatever the order in which they ended. */
  async function decisions(seed: number): Promise<string[]> {
    const place = await placeOf(undefined, seed);
    place.add({ type: "scramble", toxicity: 0.5, attributes: { probability: 0.002 } });
    place.add({ type: "loss", stream: "upstream", attributes: { probability: 0.3, stall: 1 } });
    const client = async (): Promise<void> => {
      const socket = place.connect();
      const { length } = place.served;
      // Pieces of other sizes each time: what the network makes of a stream is not ours.
      for (const part of [patterned(1_000 + Math.floor(Math.random() * 500)), patterned(2_000)]) {
        await new Promise((resolve) => socket.write(part, resolve));
      }
      socket.end();
      await readAll(socket);
      expect(length).toBeLessThanOrEqual(20);
    };
    for (let i = 0; i < 20; i++) await client();
    await until(() => place.proxy.openConnections === 0);
    return place.events.flatMap((event) => {
      if (event.kind !== "decided") return [];
      const at = Number(/ byte (\d+)$/.exec(event.what)?.[1] ?? 0);
      return at < 3_000 ? [`${event.connection} ${event.toxic.name} ${event.what}`] : [];
    });
  }

  it("gives the same decisions each time, and another one gives others", async () => {
    const [first, second, other] = [await decisions(7), await decisions(7), await decisions(8)];
    expect(first.toSorted()).toEqual(second.toSorted());
    expect(first.length).toBeGreaterThan(20);
    expect(other.toSorted()).not.toEqual(first.toSorted());
    const applied = first.filter((line) => line.endsWith("scramble_downstream applies")).length;
    expect(applied).toBeGreaterThan(2);
    expect(applied).toBeLessThan(18);
  });
});

it("every kind of toxic is tested here", async () => {
  const { readFileSync } = await import("node:fs");
  const text = readFileSync(import.meta.filename, "utf8");
  for (const { type } of toxicKinds) expect(text).toContain(`type: "${type}"`);
});
