/** What can be judged of a test file before it runs, and how its end is judged after. */
import { readFileSync } from "node:fs";

/**
 * The modules whose tests count, each with what its tests are called: the part of the name between `test-`
 * and the extension. The first that matches has the file.
 */
const patterns = {
  net: /^net(-|$)|^socket|^tcp-wrap|^blocklist/,
  http2: /^http2(-|$)|^h2-|^h2leak/,
  https: /^https(-|$)/,
  http: /^http(-|$)|^set-(http|incoming)-|^outgoing-message-/,
  dgram: /^dgram(-|$)/,
  fs: /^fs(-|$)|^file(-|$)|^filehandle-|^sync-fileread/,
  timers: /^timers(-|$)|^next-tick|^microtask-queue|^queue-microtask/,
  dns: /^dns(-|$)|^c-ares/,
  stream: /^stream[23]?(-|$)|^readable-|^webstreams?(-|$)|^compression-decompression/,
  process: /^process(-|$)|^exception-handler|^unhandled-|^signal-|^memory-usage|^resource-usage/,
  tls: /^tls(-|$)|^double-tls-/,
  child_process: /^child-process(-|$)/,
  worker: /^worker(-|$)/,
  messaging: /^message(channel|event|port)(-|$)|^messaging-|^broadcastchannel|^structuredClone/,
  locks: /^web-locks/,
  cluster: /^cluster(-|$)|^listen-fd-cluster/,
  crypto: /^crypto(-|$)|^x509/,
  webcrypto: /^webcrypto(-|$)|^global-webcrypto/,
  zlib: /^zlib(-|$)/,
  async_hooks:
    /^async-(hooks|wrap|local-storage|context)|^asyncresource|^als-|^emit-after|^eventemitter-asyncresource/,
  promise: /^promises?(-|$)/,
  module: /^module(-|$)|^directory-import|^find-package-json|^source-map/,
  require: /^require(-|$)|^delayed-require/,
  buffer: /^buffer(-|$)|^blob(-|$)|^btoa-atob/,
  perf_hooks: /^perf-hooks|^performance|^performanceobserver|^tojson-perf_hooks|^eventloopdelay/,
  v8: /^v8-(?!coverage|flags|startup)/,
  util: /^util(-|$)|^mime-|^parse-args|^errors?-(?!.*sourcemap)|^aborted-util|^validators/,
  url: /^url(-|$)|^whatwg-url|^urlpattern|^fileurltopath/,
  events:
    /^events?(-|$)|^event-emitter|^event-target|^eventtarget|^nodeeventtarget|^abort-?(controller|signal)/,
  diagnostics_channel: /^diagnostics?-channel/,
  path: /^path(-|$)/,
  os: /^os(-|$)/,
  querystring: /^querystring(-|$)/,
  string_decoder: /^string-decoder/,
  readline: /^readline(-|$)/,
  console: /^console(-|$)/,
  assert: /^assert(-|$)/,
  domain: /^domain(-|$)/,
  global: /^global(-|$)|^navigator|^webstorage|^fetch(-|$)|^websocket|^domexception/,
  whatwg: /^whatwg-(?!url)/,
  vm: /^vm(-|$)/,
};

/** The folder of the tests of the loaders of modules, which is a module of its own here. */
const LOADERS = "es-module";

export const modules = [...Object.keys(patterns), LOADERS];

/** The folders of the suite that are looked through; what lies in the second runs alone on the real Node. */
export const folders = ["parallel", "sequential", LOADERS];

/**
 * Flags that a simulated process honours, or that change nothing that a test could see here. A name that
 * ends in `=` stands for all of its values.
 */
const honoured = new Set([
  "--no-warnings",
  "--no-deprecation",
  "--pending-deprecation",
  "--throw-deprecation",
  "--trace-warnings",
  "--trace-deprecation",
  "--unhandled-rejections=",
  "--dns-result-order=",
  "--insecure-http-parser",
  "--max-http-header-size=",
  "--no-network-family-autoselection",
  "--network-family-autoselection-attempt-timeout=",
  "--expose-gc",
  "--title=",
  "--no-experimental-websocket",
  "--experimental-websocket",
  "--experimental-eventsource",
  "--experimental-fetch",
  "--experimental-worker",
  "--experimental-global-webcrypto",
  "--experimental-require-module",
  "--experimental-import-meta-resolve",
  "--import",
  "--require",
  "-r",
  "-C",
  "--conditions=",
  "--preserve-symlinks",
  "--preserve-symlinks-main",
  "--tls-min-v1.0",
  "--tls-min-v1.1",
  "--tls-min-v1.2",
  "--tls-min-v1.3",
  "--tls-max-v1.2",
  "--tls-max-v1.3",
  // What they are about is the real machine's: memory, compilation, a snapshot to start from.
  "--no-node-snapshot",
  "--no-concurrent-array-buffer-sweeping",
  "--test-udp-no-try-send",
  "--v8-pool-size=",
  "--stack-size=",
]);

/** The module that a file tests, or undefined. `file` is its name, or its path within the suite. */
export function moduleOf(file) {
  const [, folder, stem] = /^(?:(.*)\/)?test-(.*)\.(?:js|mjs|cjs)$/.exec(file) ?? [];
  if (stem === undefined || folder === LOADERS) return stem && LOADERS;
  return Object.keys(patterns).find((module) => patterns[module].test(stem));
}

/** The flags and environment that a test asks for in its head. */
export function metadataOf(path) {
  const text = readFileSync(path, "latin1");
  const source = text.slice(0, 1_500);
  const flags = [...source.matchAll(/\/\/ Flags:\s+(--.*)/g)]
    .flatMap(([, given]) => given.trim().split(/\s+/))
    .map((flag) => (/^--[a-z0-9_]+/i.test(flag) ? spelled(flag) : flag));
  const env = /\/\/ Env:\s+(.*)/.exec(source)?.[1].trim().split(/\s+/) ?? [];
  const runner = /require\('(node:)?test'\)|from '(node:)?test'/.test(text);
  return { flags, runner, env: Object.fromEntries(env.map((entry) => entry.split("="))) };
}

/** `--expose_gc` is `--expose-gc`. */
function spelled(flag) {
  const [name, ...value] = flag.split("=");
  return [name.replaceAll("_", "-"), ...value].join("=");
}

/** Why such a test cannot be asked of a simulated host, or undefined. */
export function reasonOfKind({ flags, runner }) {
  if (runner) return "test runner: needs node:test, which is not simulated";
  if (flags.includes("--expose-internals")) return "internals: needs --expose-internals";
  const flag = flags.find(
    (one) =>
      // What does not begin with a dash is the value of a flag.
      one.startsWith("-") &&
      !honoured.has(one) &&
      !honoured.has(one.slice(0, one.indexOf("=") + 1)),
  );
  return flag === undefined ? undefined : `flags: needs ${flag}`;
}

/** Why a test that skipped itself did so, or undefined. */
export function reasonOfSkip(output) {
  return /^1\.\.0 # Skipped: (.*)$/m.exec(output)?.[1];
}

/** The line of a failed test's output that says most. */
export function firstLine(output) {
  const lines = output.split("\n").map((line) => line.trim());
  const telling = lines.find((line) =>
    /^(Uncaught:?\s*)?\S*(Error|Exception)\b.*:|^Error|Mismatched|LC_/.test(line),
  );
  return (telling ?? lines.find((line) => line !== "") ?? "no output").slice(0, 300);
}
