/** A time server: answers NTP's clients (RFC 5905, mode 3) over UDP. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { parseArgs } from "node:util";
import type { StartedBlock } from "../block.ts";
import { Mode, type NtpPacket, readPacket, writePacket } from "./packet.ts";
import { Reference, type ReferenceName, references } from "./reference.ts";

const PORT = 123;
/** 2^-20 s, about a microsecond. */
const PRECISION = -20;

/** Starts a server in this process. Rejects if the arguments are wrong or the port is taken. */
export async function start(argv: readonly string[]): Promise<StartedBlock> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: "string", default: `${PORT}` },
      host: { type: "string" },
      reference: { type: "string", default: "GPS" },
      stratum: { type: "string", default: "1" },
      error: { type: "string", default: "0" },
    },
  });
  if (!references.includes(values.reference as never)) {
    throw new Error(`--reference is ${values.reference}, not ${references.join(", ")}`);
  }
  const reference = new Reference(values.reference as ReferenceName, Number(values.error));
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    const receiveMs = reference.nowMs();
    const question = readPacket(bytes);
    if (question?.mode !== Mode.client) return;
    const answer: NtpPacket = {
      leap: 0,
      version: question.version,
      mode: Mode.server,
      stratum: Number(values.stratum),
      poll: question.poll,
      precision: PRECISION,
      rootDelayMs: 0,
      rootDispersionMs: 0.1,
      reference: reference.id,
      referenceMs: receiveMs,
      originMs: question.transmitMs,
      receiveMs,
      transmitMs: reference.nowMs(),
    };
    // An answer repeats the question's transmit time as it is.
    socket.send(writePacket(answer, bytes.subarray(40, 48)), from.port, from.address);
  });
  socket.bind(Number(values.port), values.host);
  await once(socket, "listening");
  return { port: socket.address().port, end: () => void socket.close() };
}
