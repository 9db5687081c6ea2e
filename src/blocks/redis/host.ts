/**
 * The parts of Node's library that the server uses. In a bundle, every file that imports a Node
 * module copies the imported names. A world starts many servers, so this file imports them once for
 * all.
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
