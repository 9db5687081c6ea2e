/**
 * The network as programs see it: small requests over `node:net` in a world beside the same over real
 * loopback sockets in this process, heartbeats, and datagrams.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { Host } from "../dist/sim/host.js";
import { Kernel } from "../dist/sim/kernel.js";
import {
  accept,
  bind,
  connect as open,
  listen,
  Network,
  TcpSocket,
} from "../dist/sim/network/index.js";
import { median } from "./median.mjs";
import { heartbeat } from "./worlds/heartbeat.mjs";
import { pingpong } from "./worlds/pingpong.mjs";
import { runWorld } from "./worlds/world.mjs";

const ROUND_TRIPS = 50_000;
const SIM_SECONDS = 120;
const DATAGRAMS = 1_000_000;

export default async function net(report) {
  // Turn and turn about, so that a busy machine is busy for both.
  const worlds = [];
  const loopbacks = [];
  for (let round = 0; round < 6; round++) {
    const world = await inWorld();
    const loopback = await onLoopback();
    if (round === 0) continue;
    worlds.push(world);
    loopbacks.push(loopback);
  }
  const [value, peer] = [middle(worlds), middle(loopbacks)];
  const ratio = value / peer;
  report({
    name: "tcp request-response, against real loopback",
    value,
    unit: "round trips/s",
    peer: Math.round(peer),
    ratio,
    target: 2,
    met: ratio >= 2,
  });

  report({
    name: "tcp request-response of the sockets alone",
    value: await median(betweenSockets),
    unit: "round trips/s",
  });

  const pace = await median(async () => {
    const { simSeconds, wallSeconds } = await heartbeat({ simSeconds: SIM_SECONDS });
    return simSeconds / wallSeconds;
  });
  report({
    name: "heartbeats of five hosts over tcp",
    value: pace,
    unit: "simulated s/s",
    target: 300,
    met: pace >= 300,
  });

  const seconds = await median(datagrams, { runs: 3 });
  report({
    name: "a million datagrams of 64 bytes",
    value: seconds,
    unit: "s",
    target: 3,
    met: seconds < 3,
  });
}

async function inWorld() {
  const { roundTrips, wallSeconds } = await pingpong({ roundTrips: ROUND_TRIPS });
  if (roundTrips !== ROUND_TRIPS) throw new Error(`net: ${roundTrips} round trips were done`);
  return roundTrips / wallSeconds;
}

/** The same between two simulated operating systems, without Node's library above them. */
function betweenSockets() {
  const rounds = 200_000;
  const startMs = performance.now();
  const kernel = new Kernel({ seed: 1 });
  const network = new Network(kernel);
  network.setLatency({ minNs: 1_000_000, maxNs: 1_000_000 });
  const [server, client] = ["server", "client"].map((name, index) => {
    const host = new Host(kernel, { id: index + 1, name });
    return new TcpSocket(network.attach(host), host.spawn());
  });
  let messages = 0;
  const answering = (socket) => ({
    onConnect() {
      socket.startReading();
      socket.write(new Uint8Array(64));
    },
    onReadable() {
      const bytes = socket.read(65_536);
      if (typeof bytes !== "number" && ++messages < 2 * rounds) socket.write(new Uint8Array(64));
      socket.readAgain();
    },
    onWritable() {},
    onConnection() {
      const connection = accept(socket);
      connection.process = socket.process;
      connection.events = answering(connection);
      connection.startReading();
    },
  });
  server.events = answering(server);
  client.events = answering(client);
  bind(server, { address: "0.0.0.0", port: 7000, family: 4 });
  listen(server, 1);
  open(client, { address: server.stack.host.address, port: 7000, family: 4 });
  kernel.run();
  if (messages !== 2 * rounds) throw new Error(`net: ${messages} messages arrived`);
  return rounds / ((performance.now() - startMs) / 1000);
}

/** The same two programs' code on real sockets. */
async function onLoopback() {
  const server = createServer((socket) => {
    socket.on("data", (data) => socket.write(data));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const startMs = performance.now();
  const message = Buffer.alloc(64, 7);
  const socket = connect(server.address().port, "127.0.0.1", () => socket.write(message));
  let done = 0;
  let missing = message.length;
  socket.on("data", (data) => {
    missing -= data.length;
    if (missing > 0) return;
    missing = message.length;
    done++;
    if (done < ROUND_TRIPS) socket.write(message);
    else socket.destroy();
  });
  await once(socket, "close");
  server.close();
  return ROUND_TRIPS / ((performance.now() - startMs) / 1000);
}

async function datagrams() {
  const { exportsOf, wallSeconds } = await runWorld({
    latencyNs: [1_000_000, 1_000_000],
    simSeconds: 1_000,
    hosts: [
      { name: "sink", program: "udp-sink" },
      { name: "source", program: "udp-source", argv: ["sink", String(DATAGRAMS)] },
    ],
    runOn: true,
  });
  const { received } = exportsOf.sink;
  if (received !== DATAGRAMS) throw new Error(`net: ${received} datagrams arrived`);
  return wallSeconds;
}

function middle(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
