/** Received frames that carry neither DATA nor header fields. */
import {
  decodeSettings,
  ErrorCode,
  FrameFlag,
  type FrameHeader,
  FrameType,
  readPriority,
  readUint32,
  type Setting,
  SettingId,
} from "../../../wire/http2/index.ts";
import { Allowance } from "./allowance.ts";
import type { Engine } from "./engine.ts";
import type { EngineSettings, InboundPort } from "./engine-types.ts";
import { NgError } from "./errors.ts";

const WINDOW_MAX = 0x7fff_ffff;

const settingNames: Readonly<Record<number, keyof EngineSettings>> = {
  [SettingId.headerTableSize]: "headerTableSize",
  [SettingId.enablePush]: "enablePush",
  [SettingId.maxConcurrentStreams]: "maxConcurrentStreams",
  [SettingId.initialWindowSize]: "initialWindowSize",
  [SettingId.maxFrameSize]: "maxFrameSize",
  [SettingId.maxHeaderListSize]: "maxHeaderListSize",
  [SettingId.enableConnectProtocol]: "enableConnectProtocol",
};

/** Decodes bytes as Latin-1 text. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Handles whole control frames. */
export class InboundControl {
  readonly #engine: Engine;
  readonly #inbound: InboundPort;
  readonly #resets: Allowance;

  constructor(engine: Engine, inbound: InboundPort) {
    this.#engine = engine;
    this.#inbound = inbound;
    const { streamResetBurst, streamResetRate, nowS } = engine.options;
    this.#resets = new Allowance(streamResetBurst, streamResetRate, nowS);
  }

  /** Handles one frame. Unknown types are ignored (RFC 9113, section 4.1). */
  frame(header: FrameHeader, payload: Uint8Array): void {
    const sizes: Readonly<Record<number, number>> = {
      [FrameType.priority]: 5,
      [FrameType.rstStream]: 4,
      [FrameType.ping]: 8,
      [FrameType.windowUpdate]: 4,
    };
    const size = sizes[header.type];
    if (size !== undefined && payload.length !== size) {
      this.#engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    switch (header.type) {
      case FrameType.priority:
        this.#priority(header, payload);
        break;
      case FrameType.rstStream:
        this.#rstStream(header, readUint32(payload, 0));
        break;
      case FrameType.settings:
        this.#settings(header, payload);
        break;
      case FrameType.ping:
        this.#ping(header, payload);
        break;
      case FrameType.goaway:
        this.#goaway(header, payload);
        break;
      case FrameType.windowUpdate:
        this.#windowUpdate(header.streamId, readUint32(payload, 0) & WINDOW_MAX);
        break;
      case FrameType.altsvc:
        if (!this.#engine.server) this.#altsvc(header, payload);
        break;
      case FrameType.origin:
        if (!this.#engine.server && header.streamId === 0) this.#origin(payload);
        break;
      default:
        break;
    }
  }

  #priority({ streamId }: FrameHeader, payload: Uint8Array): void {
    if (streamId === 0) {
      this.#inbound.invalidConnection(NgError.protocol, "PRIORITY: stream_id == 0");
      return;
    }
    const priority = readPriority(payload, 0);
    if (priority.dependsOn === streamId) {
      this.#engine.terminate(ErrorCode.protocolError, "depend on itself");
      return;
    }
    this.#engine.listener.priority(streamId, priority);
  }

  #rstStream({ streamId }: FrameHeader, errorCode: number): void {
    const engine = this.#engine;
    if (streamId === 0) {
      this.#inbound.invalidConnection(NgError.protocol, "RST_STREAM: stream_id == 0");
      return;
    }
    if (engine.isIdle(streamId)) {
      this.#inbound.invalidConnection(NgError.protocol, "RST_STREAM: stream in idle");
      return;
    }
    const stream = engine.streams.get(streamId);
    if (stream) stream.shutRead = true;
    engine.closeStream(streamId, errorCode);
    if (!engine.server || engine.goawaySubmitted || this.#resets.take()) return;
    engine.submitGoaway(ErrorCode.internalError, engine.lastReceivedId, new Uint8Array(0));
  }

  #settings(header: FrameHeader, payload: Uint8Array): void {
    const engine = this.#engine;
    const ack = (header.flags & FrameFlag.ack) !== 0;
    if (payload.length % 6 !== 0) {
      engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    if (header.streamId !== 0) {
      this.#inbound.invalidConnection(NgError.protocol, "SETTINGS: stream_id != 0");
      return;
    }
    if (ack) {
      this.#settingsAck(payload);
      return;
    }
    const settings = decodeSettings(payload);
    if (settings.length > engine.options.maxSettings) {
      this.#inbound.fail(NgError.tooManySettings);
      return;
    }
    if (!engine.remoteSettingsReceived) {
      engine.remoteSettings.maxConcurrentStreams = 0xffff_ffff;
      engine.remoteSettingsReceived = true;
    }
    for (const setting of settings) if (!this.#applyRemote(setting)) return;
    if (!engine.closing && !engine.acknowledge({ kind: "settings", ack: true, settings: [] })) {
      this.#inbound.fail(NgError.flooded);
      return;
    }
    engine.listener.settings(false, settings);
  }

  #settingsAck(payload: Uint8Array): void {
    const engine = this.#engine;
    if (payload.length > 0) {
      this.#inbound.invalidConnection(NgError.frameSize, "SETTINGS: ACK and payload != 0");
      return;
    }
    const settings = engine.unacknowledged.shift();
    if (!settings) {
      this.#inbound.invalidConnection(NgError.protocol, "SETTINGS: unexpected ACK");
      return;
    }
    for (const { id, value } of settings) {
      const name = settingNames[id];
      if (!name) continue;
      if (name === "headerTableSize") engine.decoder.setMaxTableSize(value);
      if (name === "initialWindowSize") {
        const change = value - engine.localSettings.initialWindowSize;
        for (const stream of engine.streams.values()) stream.receiveWindow += change;
      }
      engine.localSettings[name] = value;
    }
    engine.listener.settings(true, settings);
  }

  /**
   * Applies one setting of the peer. Returns false if it is invalid and the connection has failed.
   */
  #applyRemote({ id, value }: Setting): boolean {
    const engine = this.#engine;
    const name = settingNames[id];
    if (!name) return true;
    const problem = this.#settingProblem(id, value);
    if (problem) {
      this.#inbound.invalidConnection(problem.error, problem.reason);
      return false;
    }
    if (id === SettingId.headerTableSize) engine.encoder.setMaxTableSize(value);
    if (id === SettingId.initialWindowSize) {
      const change = value - engine.remoteSettings.initialWindowSize;
      for (const stream of engine.streams.values()) {
        stream.sendWindow += change;
        if (stream.sendWindow > WINDOW_MAX) {
          this.#inbound.invalidConnection(NgError.flowControl);
          return false;
        }
        if (stream.sendWindow > 0) engine.outbound.resumeByFlow(stream);
      }
    }
    engine.remoteSettings[name] = value;
    return true;
  }

  #settingProblem(id: number, value: number): { error: number; reason: string } | undefined {
    const engine = this.#engine;
    const protocol = (reason: string) => ({
      error: NgError.protocol,
      reason: `SETTINGS: ${reason}`,
    });
    switch (id) {
      case SettingId.enablePush:
        if (value > 1) return protocol("invalid SETTINGS_ENBLE_PUSH");
        if (!engine.server && value !== 0) return protocol("server attempted to enable push");
        return undefined;
      case SettingId.initialWindowSize:
        if (value <= WINDOW_MAX) return undefined;
        return {
          error: NgError.flowControl,
          reason: "SETTINGS: too large SETTINGS_INITIAL_WINDOW_SIZE",
        };
      case SettingId.maxFrameSize:
        if (value >= 16_384 && value <= 0xff_ffff) return undefined;
        return protocol("invalid SETTINGS_MAX_FRAME_SIZE");
      case SettingId.enableConnectProtocol:
        if (value > 1) return protocol("invalid SETTINGS_ENABLE_CONNECT_PROTOCOL");
        if (!engine.server && engine.remoteSettings.enableConnectProtocol !== 0 && value === 0) {
          return protocol("server attempted to disable SETTINGS_ENABLE_CONNECT_PROTOCOL");
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #ping({ streamId, flags }: FrameHeader, data: Uint8Array): void {
    const engine = this.#engine;
    if (streamId !== 0) {
      this.#inbound.invalidConnection(NgError.protocol, "PING: stream_id != 0");
      return;
    }
    const ack = (flags & FrameFlag.ack) !== 0;
    if (!ack && !engine.closing && !engine.acknowledge({ kind: "ping", ack: true, data })) {
      this.#inbound.fail(NgError.flooded);
      return;
    }
    engine.listener.ping(ack, data);
  }

  #goaway({ streamId }: FrameHeader, payload: Uint8Array): void {
    const engine = this.#engine;
    if (payload.length < 8) {
      engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    if (streamId !== 0) {
      this.#inbound.invalidConnection(NgError.protocol, "GOAWAY: stream_id != 0");
      return;
    }
    const lastId = readUint32(payload, 0) & WINDOW_MAX;
    if ((lastId > 0 && !engine.isMine(lastId)) || engine.remoteLastId < lastId) {
      this.#inbound.invalidConnection(NgError.protocol, "GOAWAY: invalid last_stream_id");
      return;
    }
    engine.goawayReceived = true;
    engine.remoteLastId = lastId;
    engine.listener.goaway(readUint32(payload, 4), lastId, payload.subarray(8));
    engine.closeBeyond(lastId, false);
  }

  #windowUpdate(streamId: number, increment: number): void {
    const engine = this.#engine;
    if (streamId === 0) {
      if (increment === 0) {
        this.#inbound.invalidConnection(
          NgError.protocol,
          "WINDOW_UPDATE: window_size_increment == 0",
        );
      } else if (WINDOW_MAX - increment < engine.sendWindow) {
        this.#inbound.invalidConnection(NgError.flowControl);
      } else {
        engine.sendWindow += increment;
      }
      return;
    }
    if (engine.isIdle(streamId)) {
      this.#inbound.invalidConnection(NgError.protocol, "WINDOW_UPDATE to idle stream");
      return;
    }
    const stream = engine.streams.get(streamId);
    if (!stream) return;
    if (stream.reserved && !engine.isMine(streamId)) {
      this.#inbound.invalidConnection(NgError.protocol, "WINDOW_UPADATE to reserved stream");
    } else if (increment === 0) {
      this.#inbound.invalidConnection(
        NgError.protocol,
        "WINDOW_UPDATE: window_size_increment == 0",
      );
    } else if (WINDOW_MAX - increment < stream.sendWindow) {
      this.#inbound.invalidConnection(NgError.flowControl, "WINDOW_UPDATE: window size overflow");
    } else {
      stream.sendWindow += increment;
      if (stream.sendWindow > 0) engine.outbound.resumeByFlow(stream);
    }
  }

  #altsvc({ streamId }: FrameHeader, payload: Uint8Array): void {
    const engine = this.#engine;
    if (payload.length < 2) {
      engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    const originLength = ((payload[0] as number) << 8) | (payload[1] as number);
    if (2 + originLength > payload.length) {
      engine.terminate(ErrorCode.frameSizeError);
      return;
    }
    const origin = textOf(payload.subarray(2, 2 + originLength));
    const value = textOf(payload.subarray(2 + originLength));
    const misplaced = streamId === 0 ? origin === "" : origin !== "";
    if (misplaced || value === "") {
      if (engine.listener.invalidFrame(NgError.protocol) !== 0) {
        this.#inbound.fail(NgError.callbackFailure);
      }
      return;
    }
    if (streamId !== 0) {
      const stream = engine.streams.get(streamId);
      if (!stream || stream.state === "closing") return;
    }
    engine.listener.altsvc(streamId, origin, value);
  }

  #origin(payload: Uint8Array): void {
    const origins: string[] = [];
    for (let at = 0; at < payload.length;) {
      const length = ((payload[at] as number) << 8) | (payload[at + 1] ?? 0);
      if (at + 2 + length > payload.length) {
        this.#engine.terminate(ErrorCode.frameSizeError);
        return;
      }
      origins.push(textOf(payload.subarray(at + 2, at + 2 + length)));
      at += 2 + length;
    }
    this.#engine.listener.origin(origins);
  }
}
