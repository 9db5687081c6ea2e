/** The error numbers of nghttp2, which programs see as `errno` and as text. */
import { ErrorCode } from "../../../wire/http2/index.ts";

/** Error numbers. Those below -900 end the session. */
export const NgError = {
  invalidArgument: -501,
  protocol: -505,
  deferred: -508,
  streamIdNotAvailable: -509,
  streamClosed: -510,
  streamClosing: -511,
  streamShutWrite: -512,
  invalidStreamId: -513,
  invalidStreamState: -514,
  startStreamNotAllowed: -516,
  temporalCallbackFailure: -521,
  frameSize: -522,
  headerCompression: -523,
  flowControl: -524,
  pushDisabled: -528,
  dataExists: -529,
  sessionClosing: -530,
  httpHeader: -531,
  httpMessaging: -532,
  refusedStream: -533,
  internal: -534,
  cancel: -535,
  callbackFailure: -902,
  badClientMagic: -903,
  flooded: -904,
  tooManyContinuations: -905,
  tooManySettings: -537,
} as const;

/** Returns whether an error ends the session. */
export function isFatal(error: number): boolean {
  return error < -900;
}

const words: Readonly<Record<number, string>> = {
  0: "Success",
  [-501]: "Invalid argument",
  [-502]: "Out of buffer space",
  [-503]: "Unsupported SPDY version",
  [-504]: "Operation would block",
  [-505]: "Protocol error",
  [-506]: "Invalid frame octets",
  [-507]: "EOF",
  [-508]: "Data transfer deferred",
  [-509]: "No more Stream ID available",
  [-510]: "Stream was already closed or invalid",
  [-511]: "Stream is closing",
  [-512]: "The transmission is not allowed for this stream",
  [-513]: "Stream ID is invalid",
  [-514]: "Invalid stream state",
  [-515]: "Another DATA frame has already been deferred",
  [-516]: "request HEADERS is not allowed",
  [-517]: "GOAWAY has already been sent",
  [-518]: "Invalid header block",
  [-519]: "Invalid state",
  [-521]: "The user callback function failed due to the temporal error",
  [-522]: "The length of the frame is invalid",
  [-523]: "Header compression/decompression error",
  [-524]: "Flow control error",
  [-525]: "Insufficient buffer size given to function",
  [-526]: "Callback was paused by the application",
  [-527]: "Too many inflight SETTINGS",
  [-528]: "Server push is disabled by peer",
  [-529]: "DATA or HEADERS frame has already been submitted for the stream",
  [-530]: "The current session is closing",
  [-531]: "Invalid HTTP header field was received",
  [-532]: "Violation in HTTP messaging rule",
  [-533]: "Stream was refused",
  [-534]: "Internal error",
  [-535]: "Cancel",
  [-536]:
    "When a local endpoint expects to receive SETTINGS frame, it receives an other type of frame",
  [-537]: "SETTINGS frame contained more than the maximum allowed entries",
  [-901]: "Out of memory",
  [-902]: "The user callback function failed",
  [-903]: "Received bad client magic byte string",
  [-904]: "Flooding was detected in this HTTP/2 session, and it must be closed",
  [-905]: "Too many CONTINUATION frames following a HEADER frame",
};

/** Returns nghttp2's text for an error. */
export function errorString(error: number): string {
  return words[error | 0] ?? "Unknown error code";
}

/** Returns the HTTP/2 error code that the peer receives for an error. */
export function errorCodeOf(error: number): number {
  switch (error) {
    case NgError.streamClosed:
      return ErrorCode.streamClosed;
    case NgError.headerCompression:
      return ErrorCode.compressionError;
    case NgError.frameSize:
      return ErrorCode.frameSizeError;
    case NgError.flowControl:
      return ErrorCode.flowControlError;
    case NgError.refusedStream:
      return ErrorCode.refusedStream;
    case NgError.protocol:
    case NgError.httpHeader:
    case NgError.httpMessaging:
      return ErrorCode.protocolError;
    case NgError.cancel:
      return ErrorCode.cancel;
    default:
      return ErrorCode.internalError;
  }
}
