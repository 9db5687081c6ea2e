/**
 * Tests that cannot pass on a simulated host by design, each with its reason. Reviewed by hand: a test
 * is here only when passing it would mean reaching the real machine, or the inside of V8.
 */

const shell = "runs a shell and its commands; a simulated host runs Node programs alone";
const binary = "runs a native program; a simulated host runs Node programs alone";
const timeZone = "changes the time zone, which is pinned to UTC so that every run is the same";
const inspector = "opens V8's inspector, which belongs to the real process";

const realBytes =
  "speaks TLS by hand, with real bytes; inside a world TLS is framed as it is, but not encrypted";
const engine = "loads an engine of OpenSSL, which is native code of the real machine";
const native = "looks at handles of native code";
const realTime = "runs until the real machine takes longer than it just did";

/** Why, by file name. */
export const byDesign = {
  "test-fs-readfile-eof.js": shell,
  "test-fs-readfile-pipe-large.js": shell,
  "test-fs-readfile-pipe.js": shell,
  "test-fs-readfilesync-pipe-large.js": shell,
  "test-fs-utimes-y2K38.js": binary,
  "test-fs-write-sigxfsz.js": shell,
  "test-http-chunk-problem.js": shell,
  "test-http2-session-timeout.js": realTime,
  "test-process-env-sideeffects.js": inspector,
  "test-process-env-tz.js": timeZone,
  "test-process-getgroups.js": binary,
  "test-stream-pipeline-process.js": shell,
  "test-tls-error-stack.js": engine,
  "test-tls-external-accessor.js": native,
  "test-tls-socket-snicallback-without-server.js": realBytes,
  "test-tls-write-error.js": realBytes,
};
