/**
 * What the server uses of Node's library. In a bundle, each file that imports a module of Node makes itself a
 * copy of it, name by name; a world starts many servers, and so one file does it for all.
 */
export { createHash } from "node:crypto";
export {
  closeSync,
  existsSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from "node:fs";
export { createServer } from "node:net";
export { join } from "node:path";
