/**
 * The part of the platform that is built on streams: TLS, HTTP/2, and wrapped JavaScript streams.
 */
import type { Realm } from "../realm-types.ts";
import { createHttp2Binding } from "./http2/index.ts";
import { createJsStreamBinding } from "./js-stream.ts";
import { createStreamPipeBinding } from "./stream-pipe.ts";
import { createCryptoBinding } from "./crypto/index.ts";
import { createTlsBinding } from "./tls/index.ts";

/** Bindings by their names in `internalBinding`. */
export const secureBindings: Record<string, (realm: Realm) => object> = {
  http2: createHttp2Binding,
  js_stream: createJsStreamBinding,
  stream_pipe: createStreamPipeBinding,
  tls_wrap: createTlsBinding,
  crypto: createCryptoBinding,
};

/** The modules of Node's library that use them. */
export const secureModules = [
  "crypto",
  "tls",
  "https",
  "http2",
  "_tls_common",
  "_tls_wrap",
] as const;
