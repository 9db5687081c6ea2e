/** Asks a time server once (RFC 5905, mode 3). */
import { createSocket } from "node:dgram";
import { Mode, offsetOf, readPacket, writePacket } from "./packet.ts";

/** What an answer says. */
export interface Sample {
  /** How far the own clock is behind the server's. */
  readonly offsetMs: number;
  /** How long question and answer were under way: the shorter, the better is the offset known. */
  readonly delayMs: number;
}

const PATIENCE_MS = 1_000;

/** Asks a server; `undefined` if there is no answer, or none that can be used. */
export function ask(server: string, port: number): Promise<Sample | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    // The monotonic clock tells parts of a millisecond, which the wall clock does not.
    const aheadMs = Date.now() - performance.now();
    const nowMs = (): number => performance.now() + aheadMs;
    const end = (sample: Sample | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(sample);
    };
    const timer = setTimeout(() => end(undefined), PATIENCE_MS);
    const unknown = { rootDelayMs: 0, rootDispersionMs: 0, reference: "", referenceMs: 0 };
    const transmitMs = nowMs();
    const question = writePacket({
      ...unknown,
      leap: 3,
      version: 4,
      mode: Mode.client,
      stratum: 0,
      poll: 6,
      precision: -20,
      originMs: 0,
      receiveMs: 0,
      transmitMs,
    });
    socket.on("message", (bytes) => {
      const answeredMs = nowMs();
      const answer = readPacket(bytes);
      const isOurs = bytes.subarray(24, 32).equals(question.subarray(40, 48));
      if (!answer || !isOurs || answer.mode !== Mode.server) return;
      // It says itself that it does not know the time.
      if (answer.leap === 3 || answer.stratum === 0) end(undefined);
      else end(offsetOf(answer, transmitMs, answeredMs));
    });
    socket.on("error", () => end(undefined));
    socket.send(question, port, server, (error) => {
      if (error) end(undefined);
    });
  });
}
