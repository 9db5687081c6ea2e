/**
 * Schedules as text that people write and read, one fault a line:
 *
 *     # time  kind       hosts             duration   parameters
 *     1.2s    pause      worker-1          for 2.1s
 *     3s      partition  redis-1           for 1s     shape=split from=["redis-1"] to=["redis-2"] both=true
 *     4s      crash      redis-1,redis-2   for 500ms  how=machine keeps=nothing
 *
 * Parameters have the names that they have in replay files. Values are JSON, or words without quotes; those whose names end
 * with `Ns` are durations. A `#` before a word begins a comment.
 */
import { LightconeError } from "../../base/errors.ts";
import { Prng } from "../../base/prng.ts";
import { MS, parseDurationNs, SECOND } from "../../base/units.ts";
import type { Fault, FaultParams } from "./fault.ts";
import type { FaultKind } from "./kind.ts";
import { faultWordNames, findFaultKind, findFaultWord } from "./registry.ts";

/** The first line of a file, by which it is known. */
const HEAD = "# lightcone schedule 1";

/** Writes a schedule. `parseSchedule` reads the same schedule from it. */
export function formatSchedule(schedule: readonly Fault[]): string {
  const rows = schedule.map((fault) => [
    exactTime(fault.startNs),
    fault.kind,
    fault.targets.length === 0 ? "-" : fault.targets.join(","),
    `for ${exactTime(fault.durationNs)}`,
    [
      ...Object.entries(fault.params).map(([name, value]) => `${name}=${formatValue(name, value)}`),
      ...(fault.placed === undefined ? [] : [`placed=${fault.placed}`]),
    ].join(" "),
  ]);
  const all = [["# time", "kind", "hosts", "duration", "parameters"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => {
    return Math.max(...all.map((row) => (row[column] as string).length));
  });
  const lines = all.map((row) => {
    return row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  });
  return `${[HEAD, ...lines].join("\n")}\n`;
}

/**
 * Reads a schedule. Throws `LC_BAD_SCHEDULE` with the line and the column of the first mistake. `file`: how the text is called
 * in errors. `hosts`: the names that there are, if they are known.
 */
export function parseSchedule(
  text: string,
  { file, hosts }: { readonly file: string; readonly hosts?: readonly string[] | undefined },
): Fault[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    const words = wordsOf(line, file, at + 1);
    return words.length === 0 ? [] : [new Line(words, line, file, at + 1, hosts).fault()];
  });
}

interface Word {
  readonly text: string;
  /** Its column, from 1. */
  readonly column: number;
}

/** The words of a line. Brackets and quotes keep blanks together. */
function wordsOf(line: string, file: string, number: number): Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length;) {
    if (/\s/.test(line[at] as string)) {
      at++;
      continue;
    }
    if (line[at] === "#") break;
    const from = at;
    let depth = 0;
    let quote = -1;
    for (; at < line.length; at++) {
      const character = line[at] as string;
      if (quote >= 0) {
        if (character === "\\") at++;
        else if (character === '"') quote = -1;
      } else if (character === '"') quote = at;
      else if ("[{".includes(character)) depth++;
      else if ("]}".includes(character)) depth--;
      else if (/\s/.test(character) && depth <= 0) break;
    }
    if (quote >= 0) throw mistake(file, number, quote + 1, "the quote is not closed");
    words.push({ text: line.slice(from, at), column: from + 1 });
  }
  return words;
}

/** One line, read word by word. */
class Line {
  readonly #words: Word[];
  readonly #end: number;
  readonly #file: string;
  readonly #number: number;
  readonly #hosts: readonly string[] | undefined;

  constructor(
    words: readonly Word[],
    line: string,
    file: string,
    number: number,
    hosts: readonly string[] | undefined,
  ) {
    this.#words = [...words];
    this.#end = line.trimEnd().length + 1;
    this.#file = file;
    this.#number = number;
    this.#hosts = hosts;
  }

  fault(): Fault {
    const startNs = this.#time(this.#next('a time, such as "1.5s"'));
    const kindWord = this.#next("the kind of the fault");
    const kind = findFaultKind(kindWord.text);
    if (!kind) throw this.#unknownKind(kindWord);
    const targets = this.#targets(this.#next('the names of hosts, such as "a,b"'));
    const durationNs = this.#duration(kind);
    const { params, placed } = this.#params(kind, kindWord);
    const fault = { kind: kind.name, targets, startNs, durationNs, params };
    return placed === undefined ? fault : { ...fault, placed };
  }

  #next(what: string): Word {
    const word = this.#words.shift();
    if (word) return word;
    throw this.#mistake(this.#end, `${what} is missing`);
  }

  #time({ text, column }: Word): number {
    try {
      return parseDurationNs(text);
    } catch (error) {
      if (!(error instanceof LightconeError)) throw error;
      throw this.#mistake(column, error.message.replace(/^duration: /, ""), error.hint);
    }
  }

  #targets({ text, column }: Word): string[] {
    if (text === "-") return [];
    let at = column;
    return text.split(",").map((name) => {
      const here = at;
      at += name.length + 1;
      if (name === "") throw this.#mistake(here, "a host's name is missing between two commas");
      if (this.#hosts && !this.#hosts.includes(name)) {
        throw this.#mistake(
          here,
          `there is no host ${JSON.stringify(name)}`,
          `Hosts are ${this.#hosts.slice(0, 8).join(", ")}${this.#hosts.length > 8 ? ", ..." : ""}.`,
        );
      }
      return name;
    });
  }

  #duration(kind: FaultKind): number {
    const [word] = this.#words;
    if (word?.text !== "for") {
      // Of what happens at one moment nobody need say how long.
      if (kind.instant === true) return 0;
      throw this.#mistake(word?.column ?? this.#end, 'how long it lasts is missing: "for 2s"');
    }
    this.#words.shift();
    return this.#time(this.#next("a duration"));
  }

  #params(kind: FaultKind, kindWord: Word): { params: FaultParams; placed: string | undefined } {
    const params: Record<string, unknown> = {};
    const columns = new Map<string, number>();
    let placed: string | undefined;
    for (const { text, column } of this.#words.splice(0)) {
      const at = text.indexOf("=");
      if (at <= 0) {
        throw this.#mistake(column, `${JSON.stringify(text)} is no parameter: they are name=value`);
      }
      const name = text.slice(0, at);
      if (columns.has(name)) throw this.#mistake(column, `${name} is given twice`);
      columns.set(name, column);
      const given = { text: text.slice(at + 1), column: column + at + 1 };
      if (name === "placed") placed = given.text;
      else params[name] = this.#value(name, given);
    }
    this.#refuseParams(kind, kindWord, params, columns);
    return { params, placed };
  }

  #value(name: string, word: Word): unknown {
    const { text, column } = word;
    if (text === "") throw this.#mistake(column, `${name} has no value`);
    if (/^[A-Za-z_][^\s"[\]{}]*$/.test(text) && !/^(?:true|false|null)$/.test(text)) return text;
    if (name.endsWith("Ns") && /[a-zµ]$/.test(text)) {
      const sign = text.startsWith("-") ? -1 : 1;
      return sign * this.#time(sign < 0 ? { text: text.slice(1), column: column + 1 } : word);
    }
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw this.#mistake(column, `${text} is no value: write a word, a number or JSON`);
    }
  }

  /** Says which parameter is wrong, by trying each in a fault of this kind that is right. */
  #refuseParams(
    kind: FaultKind,
    kindWord: Word,
    params: Record<string, unknown>,
    columns: ReadonlyMap<string, number>,
  ): void {
    const samples = samplesOf(kind);
    const known = new Set([
      ...samples.flatMap((one) => Object.keys(one)),
      ...(kind.optional ?? []),
    ]);
    for (const name of Object.keys(params)) {
      if (samples.length === 0 || known.has(name)) continue;
      const names = [...known];
      throw this.#mistake(
        columns.get(name) as number,
        `${kind.name} has no parameter ${JSON.stringify(name)}`,
        names.length === 0 ? "It has none." : `It has ${names.join(", ")}.`,
      );
    }
    if (kind.isValid(params)) return;
    const always = Object.keys(samples[0] ?? {}).filter((name) =>
      samples.every((one) => name in one),
    );
    const missing = always.find((name) => !(name in params));
    if (missing !== undefined) throw this.#mistake(this.#end, `${missing}= is missing`);
    for (const [name, value] of Object.entries(params)) {
      const having = samples.filter((one) => name in one);
      if (having.length === 0 || having.some((one) => kind.isValid({ ...one, [name]: value })))
        continue;
      throw this.#mistake(
        columns.get(name) as number,
        `${name}=${formatValue(name, value)} is nothing that ${kind.name} can have`,
        `Such as ${[...new Set(having.map((one) => `${name}=${formatValue(name, one[name])}`))].slice(0, 3).join(", ")}.`,
      );
    }
    throw this.#mistake(kindWord.column, `these parameters of ${kind.name} do not belong together`);
  }

  #unknownKind({ text, column }: Word): LightconeError {
    const all = faultWordNames.flatMap(
      (name) => findFaultWord(name)?.kinds.map((kind) => kind.name) ?? [],
    );
    return this.#mistake(
      column,
      `there is no kind of fault ${JSON.stringify(text)}`,
      `There is ${[...new Set(all)].join(", ")}.`,
    );
  }

  #mistake(column: number, what: string, hint?: string): LightconeError {
    return mistake(this.#file, this.#number, column, what, hint);
  }
}

function mistake(
  file: string,
  line: number,
  column: number,
  what: string,
  hint?: string,
): LightconeError {
  return new LightconeError("LC_BAD_SCHEDULE", `${file}:${line}:${column}: ${what}`, hint);
}

const SAMPLE_HOSTS = ["a", "b", "c", "d", "e"];
const SAMPLES = 60;

/** Parameters of faults of a kind, as seeds draw them. */
function samplesOf(kind: FaultKind): FaultParams[] {
  const words = faultWordNames.flatMap((name) => findFaultWord(name) ?? []);
  const word = words.find(({ kinds }) => kinds.some((one) => one.name === kind.name));
  if (!word) return [];
  const options = Object.fromEntries(
    Object.entries<{ fallback: unknown }>(word.options).map(([name, { fallback }]) => [
      name,
      fallback,
    ]),
  );
  const samples = Array.from({ length: SAMPLES }, (_, seed) => {
    return word.draw({
      targets: SAMPLE_HOSTS,
      hosts: SAMPLE_HOSTS,
      options: options as never,
      prng: Prng.root(seed),
      at: seed,
      earlier: [],
      domains: [],
    });
  });
  return samples.flatMap((one) => (one?.kind === kind.name ? [one.params as FaultParams] : []));
}

function formatValue(name: string, value: unknown): string {
  if (name.endsWith("Ns") && Number.isSafeInteger(value)) {
    const ns = value as number;
    return `${ns < 0 ? "-" : ""}${exactTime(Math.abs(ns))}`;
  }
  const isWord = typeof value === "string" && /^[A-Za-z_][\w.:/-]*$/.test(value);
  if (isWord && !/^(?:true|false|null)$/.test(value)) return value;
  return JSON.stringify(value);
}

/** A time in the largest unit in which it is written without rounding. */
function exactTime(ns: number): string {
  if (ns === 0) return "0s";
  if (ns % MS === 0 && ns >= SECOND) return `${ns / SECOND}s`;
  if (ns % 1_000 === 0 && ns >= MS) return `${ns / MS}ms`;
  return ns % 1_000 === 0 ? `${ns / 1_000}us` : `${ns}ns`;
}
