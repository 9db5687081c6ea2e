/** HTTP/2 entries for `PerformanceObserver`: reported when a session or a stream has ended. */
import type { Realm } from "../../realm-types.ts";

const OBSERVER_TYPE = "http2";

interface PerformanceBinding {
  readonly observerCounts: Uint32Array;
  readonly constants: { readonly NODE_PERFORMANCE_ENTRY_TYPE_HTTP2: number };
  /** The function that the library registered to receive entries. */
  readonly observers: { notify?: (...entry: unknown[]) => void };
}

function notify(realm: Realm, name: string, startNs: number, detail: object): void {
  const binding = realm.internalBinding("performance") as PerformanceBinding;
  const index = binding.constants.NODE_PERFORMANCE_ENTRY_TYPE_HTTP2;
  if ((binding.observerCounts[index] as number) === 0) return;
  const nowMs = realm.internalBinding("performance").now() as number;
  const durationMs = (realm.context.process.readMonotonicNs() - startNs) / 1e6;
  binding.observers.notify?.(name, OBSERVER_TYPE, nowMs - durationMs, durationMs, detail);
}

/** The statistics of one stream. */
export class StreamStatistics {
  readonly #realm: Realm;
  readonly #startNs: number;
  bytesRead = 0;
  bytesWritten = 0;
  #firstHeaderMs = 0;
  #firstByteMs = 0;
  #firstByteSentMs = 0;

  constructor(realm: Realm) {
    this.#realm = realm;
    this.#startNs = realm.context.process.readMonotonicNs();
  }

  get elapsedMs(): number {
    return (this.#realm.context.process.readMonotonicNs() - this.#startNs) / 1e6;
  }

  headerReceived(): void {
    this.#firstHeaderMs ||= this.elapsedMs;
  }

  bytesReceived(count: number): void {
    this.#firstByteMs ||= this.elapsedMs;
    this.bytesRead += count;
  }

  bytesSent(count: number): void {
    this.#firstByteSentMs ||= this.elapsedMs;
    this.bytesWritten += count;
  }

  ended(id: number): void {
    notify(this.#realm, "Http2Stream", this.#startNs, {
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
      id,
      timeToFirstByte: this.#firstByteMs,
      timeToFirstByteSent: this.#firstByteSentMs,
      timeToFirstHeader: this.#firstHeaderMs,
    });
  }
}

/** The statistics of one session. */
export class SessionStatistics {
  readonly #realm: Realm;
  readonly #startNs: number;
  bytesRead = 0;
  bytesWritten = 0;
  framesReceived = 0;
  framesSent = 0;
  pingRttMs = 0;
  streamCount = 0;
  maxConcurrentStreams = 0;
  #streamMs = 0;

  constructor(realm: Realm) {
    this.#realm = realm;
    this.#startNs = realm.context.process.readMonotonicNs();
  }

  streamOpened(concurrent: number): void {
    this.streamCount++;
    this.maxConcurrentStreams = Math.max(this.maxConcurrentStreams, concurrent);
  }

  streamClosed(elapsedMs: number): void {
    this.#streamMs += elapsedMs;
  }

  ended(type: "server" | "client"): void {
    notify(this.#realm, "Http2Session", this.#startNs, {
      bytesRead: this.bytesRead,
      bytesWritten: this.bytesWritten,
      framesReceived: this.framesReceived,
      framesSent: this.framesSent,
      maxConcurrentStreams: this.maxConcurrentStreams,
      pingRTT: this.pingRttMs,
      streamAverageDuration: this.streamCount === 0 ? 0 : this.#streamMs / this.streamCount,
      streamCount: this.streamCount,
      type,
    });
  }
}
