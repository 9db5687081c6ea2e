/** A proxy without toxics is a wire: bytes, ends and resets pass both ways, and nothing stays behind. */
import { expect, it } from "vitest";
import { dial, patterned, placeOf, readAll, serverOf, until } from "./place.ts";

it("passes bytes unchanged both ways, and more than any buffer holds", async () => {
  const { connect, proxy } = await placeOf();
  const client = connect();
  const sent = patterned(8_000_000);
  const back = readAll(client);
  client.end(sent);
  const { bytes, how } = await back;
  expect(how).toBe("end");
  expect(bytes.equals(sent)).toBe(true);
  await until(() => proxy.openConnections === 0);
  expect(proxy.passedBytes).toEqual({ upstream: sent.length, downstream: sent.length });
});

it("passes the end of one way while the other goes on", async () => {
  const { connect } = await placeOf((socket) => {
    // Answers only once the request is over.
    void readAll(socket).then(({ bytes }) => socket.end(`${bytes.length} bytes`));
  });
  const client = connect();
  const answer = readAll(client);
  client.write("ab");
  client.end("cd");
  expect(String((await answer).bytes)).toBe("4 bytes");
});

it("lets the server end first, and the client talk on", async () => {
  let heard: Promise<{ bytes: Buffer }> | undefined;
  const { connect } = await placeOf((socket) => {
    heard = readAll(socket);
    socket.end("welcome");
  });
  const client = connect();
  expect(String((await readAll(client)).bytes)).toBe("welcome");
  client.end("still here");
  expect(String((await heard)?.bytes)).toBe("still here");
});

it("passes resets on, both ways", async () => {
  const { connect, served } = await placeOf((socket) => socket.write("hello"));
  const one = connect();
  one.once("data", () => served[0]?.resetAndDestroy());
  expect((await readAll(one)).how).toBe("ECONNRESET");
  const two = connect();
  await new Promise((resolve) => two.once("data", resolve));
  const seen = readAll(served[1] as NonNullable<(typeof served)[1]>);
  two.resetAndDestroy();
  expect((await seen).how).toBe("ECONNRESET");
});

it("closes a client's connection when the server is not there", async () => {
  const { connect, proxies, proxy, events } = await placeOf();
  const gone = await serverOf(() => {});
  await proxy.move({ host: "127.0.0.1", port: 0 }, { host: "127.0.0.1", port: 1 });
  await proxies.reset();
  expect(gone).toBeGreaterThan(0);
  await readAll(connect());
  await until(() => proxy.openConnections === 0);
  expect(events.at(-1)).toMatchObject({ kind: "closed", reason: "server: ECONNREFUSED" });
});

it("slows the sender down while the receiver does not read", async () => {
  const { connect, served } = await placeOf((socket) => socket.pause());
  const client = connect();
  const block = Buffer.alloc(1_000_000);
  let accepted = 0;
  const more = (error?: Error | null): void => {
    if (error) return;
    accepted++;
    client.write(block, more);
  };
  more();
  // It stops at what the buffers of the kernel and the proxy hold: two looks in a row see no progress.
  let before = -1;
  let stopped = 0;
  while (before !== stopped || stopped === 0) {
    before = stopped;
    await new Promise((resolve) => setTimeout(resolve, 300));
    stopped = accepted;
  }
  expect(stopped).toBeLessThan(100);
  served[0]?.resume();
  await until(() => accepted > stopped + 20);
});

it("survives 1,000 abrupt disconnects with no socket and no timer left", async () => {
  const { add, connect, proxy } = await placeOf();
  const latency = add({ type: "latency", attributes: { latency: 20, jitter: 10 } });
  const attributes = { average_size: 100, delay: 1_000 };
  add({ type: "slicer", stream: "upstream", attributes });
  add({ type: "timeout", toxicity: 0.3, attributes: { timeout: 30 } });
  add({ type: "half_open", toxicity: 0.2 });
  // The test's own timers are a few.
  const clean = (): boolean => {
    const left = process.getActiveResourcesInfo();
    const timers = left.filter((name) => name === "Timeout");
    return !left.includes("TCPSocketWrap") && timers.length < 5;
  };
  const disconnect = async (index: number): Promise<void> => {
    const client = connect();
    client.on("error", () => {});
    await new Promise((resolve) => client.once("connect", resolve));
    client.write(patterned(1_000));
    for (let turn = 0; turn < index % 4; turn++) await new Promise(setImmediate);
    if (index % 2 === 0) client.resetAndDestroy();
    else client.destroy();
  };
  const round = async (): Promise<unknown> =>
    Promise.all(Array.from({ length: 50 }, (_, index) => disconnect(index)));
  for (let rounds = 0; rounds < 19; rounds++) await round();
  // They end by themselves, and nothing is left.
  await until(() => proxy.allConnections === 950 && proxy.openConnections === 0);
  await until(clean);
  // Those that wait for something far away end with the proxy.
  latency.attributes = { latency: 600_000, jitter: 0 };
  await round();
  await until(() => proxy.allConnections === 1_000);
  await proxy.stop();
  expect(proxy.openConnections).toBe(0);
  await proxy.start();
  await until(clean);
}, 60_000);

it("ends its connections when it is stopped, and can be started again where it was", async () => {
  const { connect, proxy } = await placeOf();
  const where = proxy.listen;
  const client = connect();
  client.write("x");
  await new Promise((resolve) => client.once("data", resolve));
  const ended = readAll(client);
  await proxy.stop();
  expect(["end", "close", "ECONNRESET"]).toContain((await ended).how);
  expect((await readAll(dial(Number(where.split(":")[1])))).how).toBe("ECONNREFUSED");
  await proxy.start();
  expect(proxy.listen).toBe(where);
  const again = connect();
  again.end("back");
  expect(String((await readAll(again)).bytes)).toBe("back");
});
