/** OpenSSL's errors as Node reports them: the text, and its components. */

/** OpenSSL 3.0, which Node 20 uses, has some different texts. */
const old = process.versions.openssl.startsWith("3.0");

interface Place {
  readonly code: number;
  readonly reason: string;
  /** Function, file and line, in OpenSSL 3.0 and later. */
  readonly at: readonly [string, string, number];
  readonly atOld?: readonly [string, string, number];
}

const anyMethod = "record/methods/tlsany_meth.c";
const server = "statem/statem_srvr.c";

/** The names of the known errors. */
export type TlsErrorName =
  | "wrongVersionNumber"
  | "httpRequest"
  | "httpsProxyRequest"
  | "unsupportedProtocol"
  | "noProtocolsAvailable"
  | "noSharedCipher"
  | "noApplicationProtocol"
  | "noPeerCertificate"
  | "noSignatureAlgorithm"
  | "noSharedSigalgs"
  | "badRecordMac"
  | "unexpectedMessage"
  | "digestCheckFailed"
  | "binderDoesNotVerify"
  | "pskIdentityNotFound";

const places: Readonly<Record<TlsErrorName, Place>> = {
  wrongVersionNumber: {
    code: 0x10b,
    reason: "wrong version number",
    at: ["tls_validate_record_header", anyMethod, 77],
    atOld: ["ssl3_get_record", "record/ssl3_record.c", 350],
  },
  httpRequest: {
    code: 0x9c,
    reason: "http request",
    at: ["tls_validate_record_header", anyMethod, 68],
    atOld: ["ssl3_get_record", "record/ssl3_record.c", 341],
  },
  httpsProxyRequest: {
    code: 0x9b,
    reason: "https proxy request",
    at: ["tls_validate_record_header", anyMethod, 71],
    atOld: ["ssl3_get_record", "record/ssl3_record.c", 344],
  },
  unsupportedProtocol: {
    code: 0x102,
    reason: "unsupported protocol",
    at: ["tls_early_post_process_client_hello", server, 1780],
    atOld: ["tls_early_post_process_client_hello", server, 1664],
  },
  noProtocolsAvailable: {
    code: 0xbf,
    reason: "no protocols available",
    at: ["tls_setup_handshake", "statem/statem_lib.c", 155],
    atOld: ["tls_setup_handshake", "statem/statem_lib.c", 102],
  },
  noSharedCipher: {
    code: 0xc1,
    reason: "no shared cipher",
    at: ["tls_post_process_client_hello", server, 2361],
    atOld: ["tls_post_process_client_hello", server, 2226],
  },
  noApplicationProtocol: {
    code: 0xeb,
    reason: "no application protocol",
    at: ["tls_handle_alpn", server, 2303],
    atOld: ["tls_handle_alpn", server, 2172],
  },
  noPeerCertificate: {
    code: 0xc7,
    reason: "peer did not return a certificate",
    at: ["tls_process_client_certificate", server, 3764],
    atOld: ["tls_process_client_certificate", server, 3517],
  },
  noSignatureAlgorithm: {
    code: 0x76,
    reason: "no suitable signature algorithm",
    at: ["tls_choose_sigalg", "t1_lib.c", 4607],
    atOld: ["tls_choose_sigalg", "t1_lib.c", 3242],
  },
  noSharedSigalgs: {
    code: 0x178,
    reason: "no shared signature algorithms",
    at: ["tls1_set_server_sigalgs", "t1_lib.c", 2866],
    atOld: ["tls1_set_server_sigalgs", "t1_lib.c", 2076],
  },
  badRecordMac: {
    code: 0x119,
    reason: "decryption failed or bad record mac",
    at: ["tls_get_more_records", "record/methods/tls_common.c", 862],
    atOld: ["ssl3_get_record", "record/ssl3_record.c", 622],
  },
  unexpectedMessage: {
    code: 0xf4,
    reason: "unexpected message",
    at: ["ossl_statem_client_read_transition", "statem/statem_clnt.c", 398],
  },
  digestCheckFailed: {
    code: 0x95,
    reason: "digest check failed",
    at: ["tls_process_finished", "statem/statem_lib.c", 857],
  },
  binderDoesNotVerify: {
    code: 0xfd,
    reason: "binder does not verify",
    at: ["tls_psk_do_binder", "statem/extensions.c", 1594],
  },
  pskIdentityNotFound: {
    code: 0xdf,
    reason: "psk identity not found",
    at: ["tls_process_cke_psk_preamble", server, 2927],
  },
};

/** Alerts by number: the reason that the receiver of an alert reports. */
const alerts: Readonly<Record<number, string>> = {
  10: "sslv3 alert unexpected message",
  20: "sslv3 alert bad record mac",
  22: "tlsv1 alert record overflow",
  40: "sslv3 alert handshake failure",
  42: "sslv3 alert bad certificate",
  43: "sslv3 alert unsupported certificate",
  44: "sslv3 alert certificate revoked",
  45: "sslv3 alert certificate expired",
  46: "sslv3 alert certificate unknown",
  47: "sslv3 alert illegal parameter",
  48: "tlsv1 alert unknown ca",
  50: "tlsv1 alert decode error",
  51: "tlsv1 alert decrypt error",
  70: "tlsv1 alert protocol version",
  71: "tlsv1 alert insufficient security",
  80: "tlsv1 alert internal error",
  86: "tlsv1 alert inappropriate fallback",
  112: "tlsv1 unrecognized name",
  115: "tlsv1 unknown psk identity",
  116: "tlsv13 alert certificate required",
  120: "tlsv1 alert no application protocol",
};

/** An error with the properties that Node extracts from OpenSSL's. */
export interface OpenSslError extends Error {
  library: string;
  reason: string;
  code: string;
}

function make(code: number, reason: string, place: Place["at"], suffix: string): OpenSslError {
  const [name, file, line] = place;
  const number = (0x0a00_0000 + code).toString(16).toUpperCase().padStart(8, "0");
  // The first word is the address of OpenSSL's thread, which differs between runs.
  const text =
    `0000000000000000:error:${number}:SSL routines:${name}:${reason}:` +
    `../deps/openssl/openssl/ssl/${file}:${line}:${suffix}\n`;
  return Object.assign(new Error(text), {
    library: "SSL routines",
    reason,
    code: `ERR_SSL_${reason.replaceAll(" ", "_").toUpperCase()}`,
  });
}

/** Returns an error detected by this side. */
export function tlsError(name: TlsErrorName): OpenSslError {
  const place: Place = places[name];
  return make(place.code, place.reason, old ? (place.atOld ?? place.at) : place.at, "");
}

/** Returns the error for an alert of the peer. */
export function alertError(alert: number): OpenSslError {
  const known = alerts[alert] ?? "unknown alert type";
  const reason = old ? known : known.replace(/^sslv3 alert/, "ssl/tls alert");
  const place: Place["at"] = ["ssl3_read_bytes", "record/rec_layer_s3.c", old ? 1601 : 918];
  return make(1_000 + alert, reason, place, `SSL alert number ${alert}`);
}

/** Returns the error that `renegotiate` throws if the protocol has no renegotiation. */
export function wrongVersionError(): OpenSslError {
  return Object.assign(new Error("error:0A00010A:SSL routines::wrong ssl version"), {
    library: "SSL routines",
    reason: "wrong ssl version",
    code: "ERR_SSL_WRONG_SSL_VERSION",
  });
}
