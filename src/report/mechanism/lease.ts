/**
 * The lease under which a client held something: the time to live that its commands to Redis gave a key, and when that
 * was over. Where several servers each keep the key (redlock), it is over when most of them have let it expire.
 */
import { createHash } from "node:crypto";
import type { Field, Message } from "../../dissect/index.ts";
import { Kind } from "../../trace/kinds.ts";
import type { Hold } from "../../viewer/model/answer.ts";
import { messagesWithin } from "../../viewer/model/messages.ts";
import type { OperationBar } from "../../viewer/model/operations.ts";
import type { Run } from "../../viewer/model/run.ts";
import type { Material } from "./part.ts";

/** A lease of a holder. */
export interface Lease {
  readonly untilNs: number;
  readonly lengthNs: number;
  /** The server whose key expired last of those that count, and the event in which it gave the lease. */
  readonly server: string;
  readonly granted: number;
}

/** The lease of a holder as it was at `byNs`; `undefined` if no command that sets one is on record. */
export function leaseOf(material: Material, hold: Hold, byNs: number): Lease | undefined {
  const { run, dissector } = material;
  const { trace, messages } = run;
  const taken = run.operations.find(({ complete }) => complete === hold.event);
  if (!taken || !dissector) return undefined;
  const ends = new Map<string, Lease>();
  const from = askedFrom(run, taken);
  messagesWithin(messages, from, trace.length, (index) => {
    const sent = messages.send[index] as number;
    if (messages.from[index] !== hold.host || sent < from) return true;
    if ((trace.timeNs[sent - 1] as number) > byNs) return false;
    const arrived = messages.end[index] as number;
    if (arrived === 0 || trace.kind[arrived - 1] !== Kind.receive) return true;
    const atNs = trace.timeNs[arrived - 1] as number;
    if (atNs > byNs) return true;
    for (const request of dissector.packet(sent)?.messages ?? []) {
      if (request.lastPacket !== sent || !isGranted(request) || !isAbout(request, hold)) continue;
      const lengthNs = lifetimeOf(request, material);
      if (lengthNs === undefined) continue;
      const server = trace.hosts[messages.to[index] as number] as string;
      ends.set(server, { untilNs: atNs + lengthNs, lengthNs, server, granted: arrived });
    }
    return true;
  });
  const all = [...ends.values()].sort((a, b) => a.untilNs - b.untilNs);
  return all[Math.floor(all.length / 2)];
}

/**
 * The event from which on a client may have asked for what it then held: the end of its operation before. A world may
 * record that something is held once it is, as an operation that takes no time.
 */
function askedFrom({ operations }: Run, taken: OperationBar): number {
  return operations.reduce((last, { lane, complete }) => {
    const isBefore = lane === taken.lane && complete < taken.invoke;
    return isBefore ? Math.max(last, complete) : last;
  }, 1);
}

function isAbout({ flat }: Message, { what }: Hold): boolean {
  const key = flat["redis.key"];
  return key !== undefined && (what === "it" || String(key).includes(what));
}

/** Whether a server did as it was asked, or its answer is not known. */
function isGranted({ role, partner }: Message): boolean {
  if (role !== "request") return false;
  const said = partner?.summary;
  return partner?.flat["redis.error"] === undefined && said !== "(nil)" && said !== "0";
}

/** The words of a command, whole. */
function wordsOf({ fields, source }: Message): string[] {
  const text = ({ children, value }: Field): string => {
    const body = children?.[1];
    return body ? new TextDecoder().decode(source.subarray(body.start, body.end)) : value;
  };
  return (fields[0]?.children ?? []).slice(1).map(text);
}

/** The time to live that a command gives its key, in nanoseconds; `undefined` if it gives none. */
function lifetimeOf(request: Message, material: Material): number | undefined {
  const words = wordsOf(request);
  const [cmd = "", first = "", second = "", third = ""] = words;
  switch (cmd.toUpperCase()) {
    case "SET": {
      const at = words.findIndex((word, index) => index > 2 && /^[EP]X$/i.test(word));
      return at < 0 ? undefined : timeOf(words[at] as string, words[at + 1]);
    }
    case "EXPIRE":
    case "PEXPIRE":
    case "SETEX":
    case "PSETEX":
      return timeOf(cmd, second);
    case "EVAL":
      return scriptLifetime(first, words.slice(3 + Number(second)));
    case "EVALSHA":
      return scriptLifetime(scriptOf(first, material), words.slice(3 + Number(second)));
    case "GETEX":
      return timeOf(second, third);
    default:
      return undefined;
  }
}

/** A number of seconds or, where the word begins with P, of milliseconds; in nanoseconds. */
function timeOf(word: string, value: string | undefined): number | undefined {
  const count = Number(value);
  return count > 0 ? count * (/^P/i.test(word) ? 1e6 : 1e9) : undefined;
}

/** A script that says "PX", ARGV[2], or calls PEXPIRE with an argument. */
const IN_SCRIPT =
  /["'](?:(p?expire|p?setex)["']\s*,[^,)]+|([pe]x)["']\s*),\s*(?:tonumber\(\s*)?ARGV\s*\[\s*(\d+)\s*\]/i;

function scriptLifetime(script: string, given: readonly string[]): number | undefined {
  const [found, called, word, number] = IN_SCRIPT.exec(withArguments(script)) ?? [];
  if (found === undefined) return undefined;
  return timeOf((called ?? word) as string, given[Number(number) - 1]);
}

/** The script with its local names for arguments (`local ms = ARGV[2]`) replaced by what they stand for. */
function withArguments(script: string): string {
  let text = script;
  for (const [, names = "", values = ""] of script.matchAll(
    /\blocal\s+([\w\s,]+?)\s*=\s*((?:(?:tonumber\s*\(\s*)?(?:ARGV|KEYS)\s*\[\s*\d+\s*\]\s*\)?\s*,?\s*)+)/g,
  )) {
    const given = [...values.matchAll(/(?:ARGV|KEYS)\s*\[\s*\d+\s*\]/g)].map(([value]) => value);
    for (const [at, name] of names.split(/\s*,\s*/).entries()) {
      const value = given[at];
      if (value !== undefined) text = text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), value);
    }
  }
  return text;
}

const scripts = new WeakMap<Run, Map<string, string>>();

/** The script with a digest, as some client sent it in full; "" if none did. */
function scriptOf(digest: string, { run, dissector }: Material): string {
  let known = scripts.get(run);
  if (!known) {
    known = new Map();
    for (const { messages } of dissector?.conversations() ?? []) {
      for (const message of messages) {
        const cmd = message.flat["redis.cmd"];
        if (message.role !== "request" || (cmd !== "EVAL" && cmd !== "SCRIPT")) continue;
        const [, first = "", second = ""] = wordsOf(message);
        const text = cmd === "EVAL" ? first : second;
        known.set(createHash("sha1").update(text).digest("hex"), text);
      }
    }
    scripts.set(run, known);
  }
  return known.get(digest.toLowerCase()) ?? "";
}
