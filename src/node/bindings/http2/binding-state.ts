/**
 * State that the sessions of one process share: the buffers that Node's library reads and writes,
 * and the callback functions that it has registered.
 */
import { constants as publicConstants } from "node:http2";
import type { Setting } from "../../../wire/http2/index.ts";
import { SettingId } from "../../../wire/http2/index.ts";
import type { Realm } from "../../realm-types.ts";
import type { EngineStream } from "./engine-stream.ts";
import type { EngineSettings } from "./engine-types.ts";
import { CUSTOM_SETTINGS_MAX, knownIndex } from "./layout.ts";

/** The functions that the library registers, in the order of its arguments. */
const callbackNames = [
  ...["error", "priority", "settings", "ping", "headers", "frameError", "goaway", "altsvc"],
  ...["origin", "trailers", "streamClose"],
] as const;

/** The settings, in the order in which Node sends them. */
const sentSettings: readonly (readonly [string, number, keyof EngineSettings])[] = [
  ["HEADER_TABLE_SIZE", SettingId.headerTableSize, "headerTableSize"],
  ["ENABLE_PUSH", SettingId.enablePush, "enablePush"],
  ["MAX_CONCURRENT_STREAMS", SettingId.maxConcurrentStreams, "maxConcurrentStreams"],
  ["INITIAL_WINDOW_SIZE", SettingId.initialWindowSize, "initialWindowSize"],
  ["MAX_FRAME_SIZE", SettingId.maxFrameSize, "maxFrameSize"],
  ["MAX_HEADER_LIST_SIZE", SettingId.maxHeaderListSize, "maxHeaderListSize"],
  ["ENABLE_CONNECT_PROTOCOL", SettingId.enableConnectProtocol, "enableConnectProtocol"],
];

const knownIds = new Set(sentSettings.map(([, id]) => id));

/** The result of `getDefaultSettings`. */
const defaults: EngineSettings = {
  headerTableSize: 4_096,
  enablePush: 1,
  initialWindowSize: 65_535,
  maxFrameSize: 16_384,
  maxConcurrentStreams: 0xffff_ffff,
  maxHeaderListSize: 65_535,
  enableConnectProtocol: 0,
};

/** States of a stream in nghttp2's numbers. */
const StreamStateNumber = {
  idle: 1,
  open: 2,
  reservedLocal: 3,
  reservedRemote: 4,
  halfClosedLocal: 5,
  halfClosedRemote: 6,
  closed: 7,
} as const;

/** The HTTP/2 state of one process. */
export class Http2Binding {
  readonly realm: Realm;
  readonly constants: Readonly<Record<string, number>> = publicConstants as unknown as Record<
    string,
    number
  >;
  readonly optionsBuffer: Uint32Array = new Uint32Array(knownIndex("OPTIONS_FLAGS") + 1);
  readonly settingsBuffer: Uint32Array = new Uint32Array(
    knownIndex("SETTINGS_FLAGS") + 2 + 2 * CUSTOM_SETTINGS_MAX,
  );
  readonly sessionState: Float64Array = new Float64Array(9);
  readonly streamState: Float64Array = new Float64Array(6);
  callbacks: Readonly<Record<string, unknown>> = {};

  constructor(realm: Realm) {
    this.realm = realm;
  }

  setCallbackFunctions(...functions: readonly unknown[]): void {
    this.callbacks = Object.fromEntries(callbackNames.map((name, i) => [name, functions[i]]));
  }

  isKnownSetting(id: number): boolean {
    return knownIds.has(id);
  }

  /** Returns the settings that the library wants to send. */
  settingsFromBuffer(): Setting[] {
    const buffer = this.settingsBuffer;
    const flagsAt = knownIndex("SETTINGS_FLAGS");
    const flags = buffer[flagsAt] as number;
    const settings: Setting[] = [];
    for (const [name, id] of sentSettings) {
      const index = knownIndex(`SETTINGS_${name}`);
      if (flags & (1 << index)) settings.push({ id, value: buffer[index] as number });
    }
    const custom = buffer[flagsAt + 1] as number;
    for (let i = 0; i < Math.min(custom, CUSTOM_SETTINGS_MAX); i++) {
      const at = flagsAt + 2 + 2 * i;
      settings.push({ id: buffer[at] as number, value: buffer[at + 1] as number });
    }
    return settings;
  }

  /** Returns the peer's settings to remember, without values yet. */
  takeRemoteCustomSettings(): Map<number, number | undefined> {
    const buffer = this.settingsBuffer;
    const flagsAt = knownIndex("SETTINGS_FLAGS");
    const ids = new Map<number, number | undefined>();
    const count = Math.min(buffer[flagsAt + 1] as number, CUSTOM_SETTINGS_MAX);
    for (let i = 0; i < count; i++)
      ids.set((buffer[flagsAt + 2 + 2 * i] as number) & 0xffff, undefined);
    buffer[flagsAt + 1] = 0;
    return ids;
  }

  settingsToBuffer(settings: EngineSettings, custom: ReadonlyMap<number, number>): void {
    const buffer = this.settingsBuffer;
    for (const [name, , key] of sentSettings)
      buffer[knownIndex(`SETTINGS_${name}`)] = settings[key];
    const flagsAt = knownIndex("SETTINGS_FLAGS");
    buffer[flagsAt + 1] = custom.size;
    let at = flagsAt + 2;
    for (const [id, value] of custom) {
      buffer[at++] = id;
      buffer[at++] = value;
    }
  }

  refreshDefaultSettings(): void {
    const flagsAt = knownIndex("SETTINGS_FLAGS");
    this.settingsToBuffer(defaults, new Map());
    this.settingsBuffer[flagsAt] = (1 << flagsAt) - 1;
  }

  setSessionState(numbers: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(numbers)) {
      this.sessionState[knownIndex(`SESSION_STATE_${name}`)] = value;
    }
  }

  setStreamState(stream: EngineStream | undefined, server: boolean): void {
    const state = this.streamState;
    state.fill(0);
    if (!stream) {
      state[knownIndex("STREAM_STATE")] = StreamStateNumber.idle;
      return;
    }
    state[knownIndex("STREAM_STATE")] = stateNumber(stream, server);
    state[knownIndex("STREAM_STATE_WEIGHT")] = 16;
    state[knownIndex("STREAM_STATE_LOCAL_CLOSE")] = stream.shutWrite ? 1 : 0;
    state[knownIndex("STREAM_STATE_REMOTE_CLOSE")] = stream.shutRead ? 1 : 0;
    state[knownIndex("STREAM_STATE_LOCAL_WINDOW_SIZE")] = stream.receiveWindow;
  }
}

function stateNumber(stream: EngineStream, server: boolean): number {
  if (stream.shutRead && stream.shutWrite) return StreamStateNumber.closed;
  if (stream.reserved) {
    return server ? StreamStateNumber.reservedLocal : StreamStateNumber.reservedRemote;
  }
  if (stream.shutRead) return StreamStateNumber.halfClosedRemote;
  if (stream.shutWrite) return StreamStateNumber.halfClosedLocal;
  return StreamStateNumber.open;
}
