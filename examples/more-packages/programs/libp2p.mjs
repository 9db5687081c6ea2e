/** libp2p over TCP with noise and yamux: a protocol of one's own, pings, a protocol that is refused, a peer that crashes. */
// Needs Node 22.
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { identify } from "@libp2p/identify";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { multiaddr } from "@multiformats/multiaddr";
import { lookup } from "node:dns/promises";
import { crash, host, port, ready, roles, say } from "./roles.mjs";

const node = (addresses) =>
  createLibp2p({
    addresses,
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() },
  });

await roles({
  async server() {
    const server = await node({ listen: [`/ip4/0.0.0.0/tcp/${port}`] });
    await server.handle("/shout/1", async (stream) => {
      for await (const chunk of stream)
        stream.send(Buffer.from(String(Buffer.from(chunk.subarray())).toUpperCase()));
      await stream.close();
    });
    ready();
  },
  async client() {
    const client = await node({});
    const { address } = await lookup(host, { family: 4 });
    const at = multiaddr(`/ip4/${address}/tcp/${port}`);
    const connection = await client.dial(at);
    say(client.status, connection.encryption, connection.multiplexer, connection.status);
    say("ping", (await client.services.ping.ping(at)) >= 0);
    const shout = async (text) => {
      const stream = await client.dialProtocol(at, "/shout/1");
      stream.send(Buffer.from(text));
      await stream.close();
      let heard = "";
      for await (const chunk of stream) heard += Buffer.from(chunk.subarray());
      return heard;
    };
    say("shout", await shout("hello"), (await shout("x".repeat(300000))).length);
    say("unsupported", await client.dialProtocol(at, "/whisper/1").catch(({ name }) => name));
    const closed = new Promise((resolve) =>
      client.addEventListener("peer:disconnect", resolve, { once: true }),
    );
    crash();
    await closed;
    let heard;
    while ((heard = await shout("again").catch(() => undefined)) === undefined)
      await new Promise((resolve) => setTimeout(resolve, 50));
    say("after the crash", heard);
    await client.stop();
  },
});
