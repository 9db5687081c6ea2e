/** The options of a session. Node's library stores them in a buffer just before it creates one. */
import type { Http2Binding } from "./binding-state.ts";
import type { EngineOptions } from "./engine-types.ts";
import { indexOf } from "./layout.ts";

/** The options of a session. */
export interface SessionOptions {
  readonly engine: EngineOptions;
  readonly maxHeaderPairs: number;
  readonly maxOutstandingPings: number;
  readonly maxOutstandingSettings: number;
  readonly maxMemoryBytes: number;
  readonly paddingStrategy: number;
}

/** Reads the options buffer. */
export function readOptions(binding: Http2Binding, server: boolean): SessionOptions {
  const buffer = binding.optionsBuffer;
  const flags = buffer[indexOf("OPTIONS_FLAGS") ?? 0] as number;
  const option = (name: string, fallback: number): number => {
    const index = indexOf(`OPTIONS_${name}`);
    if (index === undefined || !(flags & (1 << index))) return fallback;
    return buffer[index] as number;
  };
  const { process } = binding.realm.context;
  return {
    engine: {
      server,
      maxDeflateTableSize: option("MAX_DEFLATE_DYNAMIC_TABLE_SIZE", 4_096),
      maxReservedRemoteStreams: option("MAX_RESERVED_REMOTE_STREAMS", 200),
      maxSendHeaderBlockLength: option("MAX_SEND_HEADER_BLOCK_LENGTH", 65_536),
      peerMaxConcurrentStreams: option("PEER_MAX_CONCURRENT_STREAMS", 100),
      maxSettings: option("MAX_SETTINGS", 32),
      streamResetBurst: option("STREAM_RESET_BURST", 1_000),
      streamResetRate: option("STREAM_RESET_RATE", 33),
      strictWhitespace: option("STRICT_HTTP_FIELD_WHITESPACE_VALIDATION", 0) === 0,
      nowS: () => process.readMonotonicNs() / 1e9,
    },
    // A request has four pseudo-header fields, a response one.
    maxHeaderPairs: Math.max(option("MAX_HEADER_LIST_PAIRS", 128), server ? 4 : 1),
    maxOutstandingPings: option("MAX_OUTSTANDING_PINGS", 10),
    maxOutstandingSettings: option("MAX_OUTSTANDING_SETTINGS", 10),
    maxMemoryBytes: option("MAX_SESSION_MEMORY", 10) * 1e6,
    paddingStrategy: option("PADDING_STRATEGY", 0),
  };
}
