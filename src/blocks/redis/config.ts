/**
 * Settings by their names in `redis.conf`: CONFIG GET and SET, and the values that the server
 * itself reads.
 */
import { err } from "./errors.ts";
import { globMatch } from "./glob.ts";
import { aliases, immutable, type NumberSetting, type Setting, settings } from "./settings.ts";
import type { Server } from "./server.ts";

/** The thresholds of the compact encodings, as numbers, for hot code paths. */
export interface Limits {
  hashEntries: number;
  hashValueBytes: number;
  intsetEntries: number;
  listSize: number;
  zsetEntries: number;
  zsetValueBytes: number;
  streamEntries: number;
  streamBytes: number;
}

/** A limit on the output buffers of one class of clients. */
export interface OutputLimit {
  readonly hardBytes: number;
  readonly softBytes: number;
  readonly softSeconds: number;
}

export class Config {
  /** The values that differ from the defaults. */
  readonly #values: Map<string, string> = new Map();
  readonly #server: Server;
  readonly limits: Limits = {
    hashEntries: 512,
    hashValueBytes: 64,
    intsetEntries: 512,
    listSize: -2,
    zsetEntries: 128,
    zsetValueBytes: 64,
    streamEntries: 100,
    streamBytes: 4_096,
  };
  /** The version that INFO and HELLO report. */
  version = "7.0.15";

  constructor(given: Readonly<Record<string, string>>, server: Server) {
    this.#server = server;
    this.#values.set("dir", process.cwd());
    for (const [name, value] of Object.entries(given)) {
      if (name === "version") this.version = value;
      else if (settings.has(aliases[name] ?? name)) this.#store(aliases[name] ?? name, value);
      else throw err(`Unknown option '${name}'`);
    }
  }

  /** Returns the value of a setting, or an empty string if there is none with this name. */
  get(name: string): string {
    return this.#values.get(name) ?? settings.get(name)?.value ?? "";
  }

  /** Returns the value of a numeric setting. */
  number(name: string): number {
    return Number(this.get(name));
  }

  /** Returns the value of a `yes` or `no` setting. */
  flag(name: string): boolean {
    return this.get(name) === "yes";
  }

  /**
   * Returns alternating names and values of the settings that a name or a pattern of CONFIG GET
   * matches.
   */
  match(pattern: string): string[] {
    const wanted = pattern.toLowerCase();
    if (!/[*?[]/.test(wanted)) {
      const name = aliases[wanted] ?? wanted;
      return settings.has(name) ? [wanted, this.get(name)] : [];
    }
    const out: string[] = [];
    for (const name of settings.keys()) {
      if (globMatch(wanted, name)) out.push(name, this.get(name));
    }
    for (const [alias, name] of Object.entries(aliases)) {
      if (globMatch(wanted, alias)) out.push(alias, this.get(name));
    }
    return out;
  }

  /** CONFIG SET of several settings: applies all or none. */
  setAll(pairs: readonly (readonly [string, string])[]): void {
    const chosen = pairs.map(([given, value]) => {
      const lower = given.toLowerCase();
      return { given, name: aliases[lower] ?? lower, value };
    });
    const unknown = chosen.find(({ name }) => !settings.has(name));
    if (unknown) {
      throw err(`Unknown option or number of arguments for CONFIG SET - '${unknown.given}'`);
    }
    const seen = new Set<string>();
    for (const { given, name } of chosen) {
      if (immutable.has(name)) throw failed(given, "can't set immutable config");
      if (!this.flag("enable-protected-configs") && (name === "dir" || name === "dbfilename")) {
        throw failed(given, "can't set protected config");
      }
      if (seen.has(name)) throw failed(given, "duplicate parameter");
      seen.add(name);
    }
    const before = chosen.map(({ name }) => [name, this.get(name)] as const);
    for (const { name, value } of chosen) {
      try {
        this.#store(name, value);
        this.#server.configured(name);
      } catch (error) {
        for (const [changed, old] of before) this.#store(changed, old);
        throw failed(name, (error as { text: string }).text.replace(/^ERR /, ""));
      }
    }
  }

  #store(name: string, value: string): void {
    const stored = this.#canonical(name, settings.get(name) as Setting, value);
    this.#values.set(name, stored);
    this.#derive();
  }

  #canonical(name: string, setting: Setting, value: string): string {
    if (setting.kind === "text") return this.#text(name, value);
    const lower = value.toLowerCase();
    if (setting.kind === "bool") {
      if (lower !== "yes" && lower !== "no") throw err("argument must be 'yes' or 'no'");
      return lower;
    }
    if (setting.kind === "word") {
      // The two settings for signals take several words.
      const several = name.startsWith("shutdown-on") ? lower.split(" ") : [lower];
      if (several.every((one) => setting.words.includes(one))) return lower;
      throw err(
        `argument(s) must be one of the following: ${setting.words.map((one) => `${one}`).join(", ")}`,
      );
    }
    return numberOf(setting, value);
  }

  #text(name: string, value: string): string {
    switch (name) {
      case "notify-keyspace-events":
        return this.#server.notifier.configure(value);
      case "save":
        return savePoints(value);
      case "client-output-buffer-limit":
        return outputLimits(this.get(name), value);
      case "latency-tracking-info-percentiles":
        return percentiles(value);
      case "dbfilename":
        if (value.includes("/")) throw err("dbfilename can't be a path, just a filename");
        return value;
      default:
        return value;
    }
  }

  #derive(): void {
    const { limits } = this;
    limits.hashEntries = this.number("hash-max-listpack-entries");
    limits.hashValueBytes = this.number("hash-max-listpack-value");
    limits.intsetEntries = this.number("set-max-intset-entries");
    limits.listSize = this.number("list-max-listpack-size");
    limits.zsetEntries = this.number("zset-max-listpack-entries");
    limits.zsetValueBytes = this.number("zset-max-listpack-value");
    limits.streamEntries = this.number("stream-node-max-entries");
    limits.streamBytes = this.number("stream-node-max-bytes");
  }

  /** The limit on the output of a class of clients: `normal`, `slave` or `pubsub`. */
  outputLimit(kind: string): OutputLimit {
    const words = this.get("client-output-buffer-limit").split(" ");
    const at = words.indexOf(kind);
    const [hardBytes = 0, softBytes = 0, softSeconds = 0] = words.slice(at + 1).map(Number);
    return { hardBytes, softBytes, softSeconds };
  }
}

function failed(name: string, why: string): ReturnType<typeof err> {
  return err(`CONFIG SET failed (possibly related to argument '${name}') - ${why}`);
}

const unitBytes: Readonly<Record<string, bigint>> = {
  "": 1n,
  b: 1n,
  k: 1_000n,
  kb: 1_024n,
  m: 1_000_000n,
  mb: 1_048_576n,
  g: 1_000_000_000n,
  gb: 1_073_741_824n,
};

/** Parses a number with an optional unit, as `redis.conf` allows. */
function memoryOf(value: string): bigint | undefined {
  const match = /^([0-9]+)([a-z]*)$/i.exec(value);
  const unit = match && unitBytes[(match[2] as string).toLowerCase()];
  return match && unit ? BigInt(match[1] as string) * unit : undefined;
}

function numberOf(setting: NumberSetting, value: string): string {
  const { kind, min, max } = setting;
  if (kind === "percent" && /^[0-9]+%$/.test(value)) {
    if (parseInt(value, 10) > -min)
      throw err(`percentage argument must be less or equal to ${-min}`);
    return value;
  }
  if (kind === "octal") {
    if (!/^[0-7]+$/.test(value)) throw err("argument couldn't be parsed as an octal number");
    return value;
  }
  const plain = kind === "int";
  const number = plain ? (/^-?[0-9]+$/.test(value) ? BigInt(value) : undefined) : memoryOf(value);
  if (number === undefined) {
    if (kind === "percent") throw err("argument must be a memory or percent value");
    throw err(
      plain ? "argument couldn't be parsed into an integer" : "argument must be a memory value",
    );
  }
  if (Number(number) < min || Number(number) > max) {
    throw err(`argument must be between ${BigInt(min)} and ${boundOf(max)} inclusive`);
  }
  return String(number);
}

/** Returns the maximum of a type exactly. A double would round it up. */
function boundOf(max: number): bigint {
  return max >= 2 ** 63 ? BigInt(max) - 1n : BigInt(max);
}

function savePoints(value: string): string {
  if (value === "") return "";
  const words = value.split(" ");
  const valid = words.every((one, at) => /^[0-9]+$/.test(one) && (at % 2 === 1 || Number(one) > 0));
  if (!valid || words.length % 2 === 1) throw err("Invalid save parameters");
  return value;
}

/**
 * Parses `class hard soft seconds`, once or several times, and merges it into the previous limits.
 */
function outputLimits(before: string, value: string): string {
  const words = value.trim().split(/ +/);
  if (words.length % 4 !== 0) throw err("Wrong number of arguments in buffer limit configuration.");
  const classes = new Map<string, string>();
  const old = before.split(" ");
  for (let at = 0; at + 3 < old.length; at += 4) {
    classes.set(old[at] as string, old.slice(at + 1, at + 4).join(" "));
  }
  for (let at = 0; at < words.length; at += 4) {
    const given = (words[at] as string).toLowerCase();
    const name = given === "replica" ? "slave" : given;
    if (!classes.has(name))
      throw err("Invalid client class specified in buffer limit configuration.");
    const hard = memoryOf(words[at + 1] as string);
    const soft = memoryOf(words[at + 2] as string);
    const seconds = words[at + 3] as string;
    if (hard === undefined || soft === undefined || !/^[0-9]+$/.test(seconds)) {
      throw err("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    classes.set(name, `${hard} ${soft} ${seconds}`);
  }
  return [...classes].map(([name, limits]) => `${name} ${limits}`).join(" ");
}

function percentiles(value: string): string {
  if (value === "") return "";
  const numbers = value.split(" ").map(Number);
  if (numbers.some((one) => !(one >= 0 && one <= 100))) {
    throw err(
      "latency-tracking-info-percentiles should contain a percentage between 0.0 and 100.0",
    );
  }
  return numbers.join(" ");
}
