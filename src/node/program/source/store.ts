/**
 * Results of parsing source files, kept on the real disk for the next process: parsing is most of
 * the cost of a program's first start. There is one file per project and version of this code and
 * of Node, below `LIGHTCONE_CACHE` (a folder, or "off"), or in the user's cache folder. It may be
 * deleted at any time, and is when it has not been written for a month.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Parsing less code than this is faster than reading the cache. Compilers take much longer just to start. */
const WORTHWHILE_CHARACTERS = 200_000;
/**
 * The maximum number of entries. Those that the saving process has not used are kept up to this
 * number.
 */
const ENTRIES_MAX = 20_000;
/** A file that has not been written for this long belongs to an old version, or to an old project. */
const OLD_MS = 30 * 86_400_000;
/** The names of the files: a digest, and the number of the process that is writing it. */
const OWN_NAME = /^[\w-]{24}\.json(?:\.\d+)?$/;

interface Pack {
  /** Identifies the code that created the entries. */
  readonly maker: string;
  readonly entries: Record<string, unknown>;
}

let path: string | undefined;
let entries: Map<string, unknown> | undefined;
let dirty = false;
let characters = 0;

/** Reads the cache of the project at `root`, once per process for each project. */
export function openStore(root: string): void {
  const folder = cacheFolder();
  if (folder === undefined) return;
  // Two versions that are used in turn keep each other's results.
  const file = join(folder, `${digestOf(`${root}\0${maker()}`)}.json`);
  if (path === file) return;
  saveStore();
  path = file;
  entries = read(file);
}

function cacheFolder(): string | undefined {
  const given = process.env["LIGHTCONE_CACHE"];
  if (given === "off") return undefined;
  if (given !== undefined && given !== "") return given;
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "lightcone");
}

function read(file: string): Map<string, unknown> {
  try {
    const pack = JSON.parse(readFileSync(file, "utf8")) as Pack;
    if (pack.maker === maker()) return new Map(Object.entries(pack.entries));
  } catch {
    // The file does not exist, or was only partly written.
  }
  return new Map();
}

/** Returns the cached result for a text, if it was created by this version of the code. */
export function recall(kind: string, text: string): unknown {
  return entries?.get(keyOf(kind, text));
}

/** Caches the result for a text: plain data. */
export function remember(kind: string, text: string, made: unknown): void {
  if (entries === undefined) return;
  entries.set(keyOf(kind, text), made);
  characters += kind === "typescript" ? WORTHWHILE_CHARACTERS : text.length;
  dirty = true;
}

/** Writes new entries, if it is worthwhile. Nothing is kept if writing fails. */
export function saveStore(): void {
  if (!dirty || path === undefined || entries === undefined) return;
  if (characters < WORTHWHILE_CHARACTERS) return;
  dirty = false;
  // Other processes of a campaign have found the same entries, and possibly more.
  const all = new Map([...read(path), ...entries]);
  const kept = all.size > ENTRIES_MAX ? entries : all;
  const pack: Pack = { maker: maker(), entries: Object.fromEntries(kept) };
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, JSON.stringify(pack), { mode: 0o600 });
    renameSync(temporary, path);
    removeOld(dirname(path));
  } catch {
    path = undefined;
  }
}

/** Removes what nobody has written for long. The folder may be one of the user's: nothing else is touched. */
function removeOld(folder: string): void {
  const now = Date.now();
  for (const name of readdirSync(folder)) {
    if (!OWN_NAME.test(name)) continue;
    const file = join(folder, name);
    const status = statSync(file, { throwIfNoEntry: false });
    if (status !== undefined && now - status.mtimeMs > OLD_MS) rmSync(file, { force: true });
  }
}

function keyOf(kind: string, text: string): string {
  return digestOf(`${kind}\0${text}`);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 24);
}

let made: string | undefined;

/**
 * Returns a digest of the code that transforms, and of everything else apart from the text that
 * affects its result.
 */
function maker(): string {
  if (made === undefined) {
    const hash = createHash("sha256").update(process.version);
    const end = import.meta.url.slice(-3);
    for (const name of ["edits", "scopes", "transform", "typescript", "store"]) {
      const file = fileURLToPath(new URL(`./${name}${end}`, import.meta.url));
      // Joined to one file, as tools do, the code is in that.
      hash.update(readFileSync(existsSync(file) ? file : fileURLToPath(import.meta.url)));
    }
    made = hash.digest("base64url");
  }
  return made;
}
