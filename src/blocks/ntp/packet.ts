/** NTP's packets (RFC 5905, section 7.3): 48 bytes, with times as seconds since 1900 and fractions of 2^-32. */

/** Seconds from 1900 to 1970. */
const ERA_OFFSET_S = 2_208_988_800;
const FRACTION = 2 ** 32;
/** The length of a packet without extension fields and authentication. */
export const PACKET_BYTES = 48;

/** What a packet is for. */
export const Mode = { client: 3, server: 4 } as const;

/** A packet. Times are milliseconds since 1970, with a fraction; 0 for a time that is not known. */
export interface NtpPacket {
  /** 0: no warning. 1: the last minute of the day has 61 seconds. 2: 59 seconds. 3: not synchronized. */
  readonly leap: number;
  readonly version: number;
  readonly mode: number;
  /** 1: a server with a reference clock. 2 to 15: one that asks others. 0: none. */
  readonly stratum: number;
  /** The interval between questions, as a power of two in seconds. */
  readonly poll: number;
  /** The precision of the clock, as a power of two in seconds. */
  readonly precision: number;
  readonly rootDelayMs: number;
  readonly rootDispersionMs: number;
  /** Four letters that say what the reference is, such as "GPS". */
  readonly reference: string;
  readonly referenceMs: number;
  readonly originMs: number;
  readonly receiveMs: number;
  readonly transmitMs: number;
}

/** Reads a packet; `undefined` if it is too short to be one. */
export function readPacket(bytes: Buffer): NtpPacket | undefined {
  if (bytes.length < PACKET_BYTES) return undefined;
  const first = bytes.readUInt8(0);
  return {
    leap: first >> 6,
    version: (first >> 3) & 7,
    mode: first & 7,
    stratum: bytes.readUInt8(1),
    poll: bytes.readInt8(2),
    precision: bytes.readInt8(3),
    rootDelayMs: (bytes.readUInt32BE(4) / 65_536) * 1_000,
    rootDispersionMs: (bytes.readUInt32BE(8) / 65_536) * 1_000,
    reference: bytes.toString("latin1", 12, 16).replace(/\0+$/, ""),
    referenceMs: readTime(bytes, 16),
    originMs: readTime(bytes, 24),
    receiveMs: readTime(bytes, 32),
    transmitMs: readTime(bytes, 40),
  };
}

/**
 * Writes a packet. `origin`: the eight bytes of the request's transmit time. A response repeats them unchanged, and the
 * client accepts only a response that does.
 */
export function writePacket(packet: NtpPacket, origin?: Buffer): Buffer {
  const bytes = Buffer.alloc(PACKET_BYTES);
  bytes.writeUInt8((packet.leap << 6) | (packet.version << 3) | packet.mode, 0);
  bytes.writeUInt8(packet.stratum, 1);
  bytes.writeInt8(packet.poll, 2);
  bytes.writeInt8(packet.precision, 3);
  bytes.writeUInt32BE(Math.round((packet.rootDelayMs / 1_000) * 65_536), 4);
  bytes.writeUInt32BE(Math.round((packet.rootDispersionMs / 1_000) * 65_536), 8);
  bytes.write(packet.reference.slice(0, 4), 12, "latin1");
  writeTime(bytes, 16, packet.referenceMs);
  if (origin) origin.copy(bytes, 24, 0, 8);
  else writeTime(bytes, 24, packet.originMs);
  writeTime(bytes, 32, packet.receiveMs);
  writeTime(bytes, 40, packet.transmitMs);
  return bytes;
}

/** How far a clock is behind a server's, and how long the answer took, by the four times of RFC 5905, section 8. */
export function offsetOf(
  { receiveMs, transmitMs }: NtpPacket,
  askedMs: number,
  answeredMs: number,
): { readonly offsetMs: number; readonly delayMs: number } {
  return {
    offsetMs: (receiveMs - askedMs + (transmitMs - answeredMs)) / 2,
    delayMs: answeredMs - askedMs - (transmitMs - receiveMs),
  };
}

function readTime(bytes: Buffer, at: number): number {
  const seconds = bytes.readUInt32BE(at);
  const fraction = bytes.readUInt32BE(at + 4) / FRACTION;
  return seconds === 0 && fraction === 0 ? 0 : (seconds - ERA_OFFSET_S + fraction) * 1_000;
}

function writeTime(bytes: Buffer, at: number, ms: number): void {
  if (ms === 0) return;
  const wholeS = Math.floor(ms / 1_000);
  const fraction = Math.min(FRACTION - 1, Math.round(((ms - wholeS * 1_000) / 1_000) * FRACTION));
  // Times after 2036 belong to the next era, and begin again at zero.
  bytes.writeUInt32BE((wholeS + ERA_OFFSET_S) % FRACTION, at);
  bytes.writeUInt32BE(fraction, at + 4);
}
