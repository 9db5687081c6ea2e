/**
 * The frames of HTTP/2 (RFC 9113, sections 4 and 6; RFC 7838 for ALTSVC, RFC 8336 for ORIGIN):
 * frame headers, and all payloads except header blocks.
 */

/** The first bytes that every client sends (RFC 9113, section 3.4). */
export const CLIENT_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Bytes of the header before each payload. */
export const FRAME_HEADER_BYTES = 9;

/** Frame types. */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
  altsvc: 10,
  origin: 12,
} as const;

/** Flags. `endStream` and `ack` use the same bit on different frame types. */
export const FrameFlag = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** Error codes of RST_STREAM and GOAWAY (RFC 9113, section 7). */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
} as const;

/** Settings (RFC 9113, section 6.5.2; RFC 8441; RFC 9218). */
export const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
  noRfc7540Priorities: 9,
} as const;

/** The header before a payload. */
export interface FrameHeader {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
}

/** One entry of a SETTINGS frame. */
export interface Setting {
  readonly id: number;
  readonly value: number;
}

/** Reads 32 bits, big-endian, unsigned. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

const encoder = new TextEncoder();

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Reads a frame header. At least nine bytes must be available. */
export function readFrameHeader(bytes: Uint8Array, at = 0): FrameHeader {
  return {
    length:
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number),
    type: bytes[at + 3] as number,
    flags: bytes[at + 4] as number,
    streamId: readUint32(bytes, at + 5) & 0x7fff_ffff,
  };
}

/** Creates a frame with space for `length` bytes of payload. */
export function makeFrame(
  type: number,
  flags: number,
  streamId: number,
  length: number,
): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + length);
  frame[0] = length >>> 16;
  frame[1] = length >>> 8;
  frame[2] = length;
  frame[3] = type;
  frame[4] = flags;
  writeUint32(frame, 5, streamId);
  return frame;
}

/** A frame with this payload. */
export function encodeFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array,
): Uint8Array {
  const frame = makeFrame(type, flags, streamId, payload.length);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** The payload of a SETTINGS frame. */
export function encodeSettings(settings: readonly Setting[]): Uint8Array {
  const payload = new Uint8Array(settings.length * 6);
  settings.forEach(({ id, value }, i) => {
    payload[i * 6] = id >>> 8;
    payload[i * 6 + 1] = id;
    writeUint32(payload, i * 6 + 2, value);
  });
  return payload;
}

/** The entries of a SETTINGS payload, whose length must be a multiple of six. */
export function decodeSettings(payload: Uint8Array): Setting[] {
  const settings: Setting[] = [];
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    const id = ((payload[at] as number) << 8) | (payload[at + 1] as number);
    settings.push({ id, value: readUint32(payload, at + 2) });
  }
  return settings;
}

/** An RST_STREAM frame. */
export function encodeRstStream(streamId: number, errorCode: number): Uint8Array {
  const frame = makeFrame(FrameType.rstStream, 0, streamId, 4);
  writeUint32(frame, FRAME_HEADER_BYTES, errorCode);
  return frame;
}

/** A WINDOW_UPDATE frame. */
export function encodeWindowUpdate(streamId: number, increment: number): Uint8Array {
  const frame = makeFrame(FrameType.windowUpdate, 0, streamId, 4);
  writeUint32(frame, FRAME_HEADER_BYTES, increment);
  return frame;
}

/** A GOAWAY frame. */
export function encodeGoaway(
  lastStreamId: number,
  errorCode: number,
  opaqueData: Uint8Array,
): Uint8Array {
  const frame = makeFrame(FrameType.goaway, 0, 0, 8 + opaqueData.length);
  writeUint32(frame, FRAME_HEADER_BYTES, lastStreamId);
  writeUint32(frame, FRAME_HEADER_BYTES + 4, errorCode);
  frame.set(opaqueData, FRAME_HEADER_BYTES + 8);
  return frame;
}

/**
 * The content of a PRIORITY frame, or of the priority fields of HEADERS. Deprecated, but still in
 * use.
 */
export interface PriorityFields {
  readonly dependsOn: number;
  /** 1 to 256. */
  readonly weight: number;
  readonly exclusive: boolean;
}

/** Reads the five bytes of priority fields. */
export function readPriority(bytes: Uint8Array, at: number): PriorityFields {
  const word = readUint32(bytes, at);
  return {
    dependsOn: word & 0x7fff_ffff,
    weight: (bytes[at + 4] as number) + 1,
    exclusive: word >>> 31 === 1,
  };
}

/** A PRIORITY frame. */
export function encodePriority(streamId: number, priority: PriorityFields): Uint8Array {
  const frame = makeFrame(FrameType.priority, 0, streamId, 5);
  writeUint32(
    frame,
    FRAME_HEADER_BYTES,
    (priority.dependsOn | (priority.exclusive ? 0x8000_0000 : 0)) >>> 0,
  );
  frame[FRAME_HEADER_BYTES + 4] = priority.weight - 1;
  return frame;
}

/**
 * Returns the payload without its padding, or `undefined` if the padding is longer than the
 * payload.
 */
export function withoutPadding(header: FrameHeader, payload: Uint8Array): Uint8Array | undefined {
  if (!(header.flags & FrameFlag.padded)) return payload;
  const padding = payload[0];
  if (padding === undefined || padding + 1 > payload.length) return undefined;
  return payload.subarray(1, payload.length - padding);
}

/** The header of a DATA frame whose payload is sent separately. */
export function encodeDataHeader(length: number, flags: number, streamId: number): Uint8Array {
  const bytes = makeFrame(FrameType.data, flags, streamId, 0);
  bytes[0] = length >>> 16;
  bytes[1] = length >>> 8;
  bytes[2] = length;
  return bytes;
}

/** An ALTSVC frame. */
export function encodeAltsvc(streamId: number, origin: string, value: string): Uint8Array {
  const originBytes = encoder.encode(origin);
  const valueBytes = encoder.encode(value);
  const payload = new Uint8Array(2 + originBytes.length + valueBytes.length);
  payload[0] = originBytes.length >>> 8;
  payload[1] = originBytes.length;
  payload.set(originBytes, 2);
  payload.set(valueBytes, 2 + originBytes.length);
  return encodeFrame(FrameType.altsvc, 0, streamId, payload);
}

/** An ORIGIN frame. */
export function encodeOrigin(origins: readonly string[]): Uint8Array {
  const parts = origins.map((origin) => encoder.encode(origin));
  const payload = new Uint8Array(parts.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const part of parts) {
    payload[at] = part.length >>> 8;
    payload[at + 1] = part.length;
    payload.set(part, at + 2);
    at += 2 + part.length;
  }
  return encodeFrame(FrameType.origin, 0, 0, payload);
}
