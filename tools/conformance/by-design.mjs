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
const heap = "looks into V8's heap, or bounds it, which all processes share";
const preempted =
  "ends a thread that never yields; threads of a host take turns on the real machine's one thread";
const fifo = "makes a named pipe with the program mkfifo; a simulated disk has no named pipes";
const profiler = "has V8 write a profile of the real process";
const unwound =
  "runs code after process.exit in the same turn, which only native code can keep from running";
const onceWarned =
  "waits for a warning of a module that all processes share (Buffer, url), which no run hears";
const realLimit = "waits for a time limit of the real clock, or for Ctrl-C at a terminal";
const noTime = "measures code, which takes no virtual time";

const collected =
  "waits for garbage to be collected, which no program on a simulated host ever sees";
const openssl =
  "sets up OpenSSL itself (its secure heap, its configuration), which the real process has";

const execve = "replaces a process by another program (process.execve), which is not simulated";

const tryFlag = "needs a flag that exists for Node's tests alone and changes its native code";
const sourceLine =
  "expects the source line of a thrown non-error, which V8 reports to native code alone";
const uring = "checks for io_uring in the real machine's kernel";

/** Why, by file name. */
export const byDesign = {
  "test-aborted-util.js": heap,
  "test-buffer-constructor-deprecation-error.js": onceWarned,
  "test-buffer-pending-deprecation.js": onceWarned,
  "test-child-process-fork-exec-path.js": binary,
  "test-child-process-set-blocking.js": binary,
  "test-cluster-inspect-brk.js": inspector,
  "test-cluster-kill-infinite-loop.js": preempted,
  "test-crypto-no-algorithm.js": openssl,
  "test-crypto-secure-heap.js": openssl,
  "test-dgram-send-queue-info.js": tryFlag,
  "test-error-reporting.js": sourceLine,
  "test-fs-promises-file-handle-close.js": collected,
  "test-fs-read-stream.js": fifo,
  "test-fs-readfile-eof.js": shell,
  "test-fs-readfile-pipe-large.js": shell,
  "test-fs-readfile-pipe.js": shell,
  "test-fs-readfilesync-pipe-large.js": shell,
  "test-fs-utimes-y2K38.js": binary,
  "test-fs-write-sigxfsz.js": shell,
  "test-http-chunk-problem.js": shell,
  "test-http-server-connections-checking-leak.js": collected,
  "test-http-server-keepalive-req-gc.js": collected,
  "test-http2-ping-settings-heapdump.js": heap,
  "test-http2-respond-file-error-pipe-offset.js": fifo,
  "test-http2-respond-file-with-pipe.js": fifo,
  "test-http2-session-timeout.js": realTime,
  "test-https-server-connections-checking-leak.js": collected,
  "test-performance-function.js": noTime,
  "test-performance-gc.js": heap,
  "test-process-env-sideeffects.js": inspector,
  "test-process-env-tz.js": timeZone,
  "test-process-execve-abort.js": execve,
  "test-process-execve-on-exit.js": execve,
  "test-process-execve-socket.js": execve,
  "test-process-execve-validation.js": execve,
  "test-process-execve-worker-threads.js": execve,
  "test-process-execve.js": execve,
  "test-process-getgroups.js": binary,
  "test-process-setuid-io-uring.js": uring,
  "test-stream-pipeline-process.js": shell,
  "test-tls-connect-memleak.js": collected,
  "test-tls-error-stack.js": engine,
  "test-tls-external-accessor.js": native,
  "test-tls-securepair-fiftharg.js": realBytes,
  "test-tls-socket-snicallback-without-server.js": realBytes,
  "test-tls-write-error.js": realBytes,
  "test-url-parse-invalid-input.js": onceWarned,
  "test-v8-cpu-profile.js": profiler,
  "test-v8-getheapsnapshot-twice.js": heap,
  "test-v8-query-objects.js": heap,
  "test-v8-serialize-leak.js": heap,
  "test-v8-take-coverage.js": heap,
  "test-vm-sigint-existing-handler.js": realLimit,
  "test-vm-sigint.js": realLimit,
  "test-vm-timeout-rethrow.js": realLimit,
  "test-vm-timeout.js": realLimit,
  "test-worker-cpu-profile.js": profiler,
  "test-worker-debug.js": inspector,
  "test-worker-exit-heapsnapshot.js": heap,
  "test-worker-heap-profile.js": profiler,
  "test-worker-heap-snapshot.js": heap,
  "test-worker-heap-statistics.js": inspector,
  "test-worker-message-port-terminate-transfer-list.js": preempted,
  "test-worker-name.js": inspector,
  "test-worker-nearheaplimit-deadlock.js": heap,
  "test-worker-nexttick-terminate.js": preempted,
  "test-worker-prof.js": profiler,
  "test-worker-resource-limits.js": heap,
  "test-worker-stack-overflow-stack-size.js": heap,
  "test-worker-terminate-microtask-loop.js": preempted,
  "test-worker-terminate-ref-public-port.js": preempted,
  "test-worker-terminate-timers.js": preempted,
  "test-worker-vm-context-terminate.js": preempted,
  "test-worker-voluntarily-exit-followed-by-throw.js": unwound,
  "test-zlib-invalid-input-memory.js": collected,
  "test-zlib-unused-weak.js": collected,
};
