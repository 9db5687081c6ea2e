/** `internalBinding('http2')`: HTTP/2 for Node's own `lib/internal/http2`. */
import { encodeSettings } from "../../../wire/http2/index.ts";
import type { Realm } from "../../realm-types.ts";
import { Http2Binding } from "./binding-state.ts";
import { errorString } from "./errors.ts";
import { SessionBit, SessionField } from "./layout.ts";
import { Http2Session } from "./session.ts";
import { Buffer } from "node:buffer";
import { Http2Stream } from "./stream.ts";

/** The names of the codes of RST_STREAM and GOAWAY, by number. */
const errorCodes = [
  ...["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT"],
  ...["STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR"],
  ...["CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"],
];

/** Creates the binding of one process. */
export function createHttp2Binding(realm: Realm): object {
  const state = new Http2Binding(realm);
  return {
    constants: state.constants,
    nameForErrorCode: errorCodes.map((name) => `NGHTTP2_${name}`),
    optionsBuffer: state.optionsBuffer,
    settingsBuffer: state.settingsBuffer,
    sessionState: state.sessionState,
    streamState: state.streamState,
    paddingBuffer: new Uint32Array(3),
    sessionStats: new Float64Array(9),
    streamStats: new Float64Array(6),
    kBitfield: SessionField.bitfield,
    kSessionPriorityListenerCount: SessionField.priorityListeners,
    kSessionFrameErrorListenerCount: SessionField.frameErrorListeners,
    kSessionMaxInvalidFrames: SessionField.maxInvalidFrames,
    kSessionMaxRejectedStreams: SessionField.maxRejectedStreams,
    kSessionUint8FieldCount: SessionField.bytes,
    kSessionHasRemoteSettingsListeners: SessionBit.hasRemoteSettingsListeners,
    kSessionRemoteSettingsIsUpToDate: SessionBit.remoteSettingsUpToDate,
    kSessionHasPingListeners: SessionBit.hasPingListeners,
    kSessionHasAltsvcListeners: SessionBit.hasAltsvcListeners,
    Http2Session: class extends Http2Session {
      constructor(type: number) {
        super(state, type);
      }
    },
    Http2Stream,
    setCallbackFunctions: (...functions: unknown[]) => state.setCallbackFunctions(...functions),
    refreshDefaultSettings: () => state.refreshDefaultSettings(),
    packSettings: () => Buffer.from(encodeSettings(state.settingsFromBuffer())),
    nghttp2ErrorString: errorString,
  };
}
