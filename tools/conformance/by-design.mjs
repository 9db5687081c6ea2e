/**
 * Tests that cannot pass on a simulated host by design, each with its reason. Reviewed by hand: a test
 * is here only when passing it would mean reaching the real machine, or the inside of V8.
 */

const shell = "runs a shell and its commands; a simulated host runs Node programs alone";
const binary = "runs a native program; a simulated host runs Node programs alone";
const timeZone = "changes the time zone, which is pinned to UTC so that every run is the same";
const v8Flags = "changes V8's flags, which belong to the real process";
const inspector = "opens V8's inspector, which belongs to the real process";

/** Why, by file name. */
export const byDesign = {
  "test-fs-readfile-eof.js": shell,
  "test-fs-readfile-pipe-large.js": shell,
  "test-fs-readfile-pipe.js": shell,
  "test-fs-readfilesync-pipe-large.js": shell,
  "test-fs-utimes-y2K38.js": binary,
  "test-fs-write-sigxfsz.js": shell,
  "test-http-chunk-problem.js": shell,
  "test-process-env-sideeffects.js": inspector,
  "test-process-env-tz.js": timeZone,
  "test-process-exception-capture-should-abort-on-uncaught-setflagsfromstring.js": v8Flags,
  "test-process-getgroups.js": binary,
  "test-stream-pipeline-process.js": shell,
};
