/**
 * Cells whose texts show their origin: the text that a read returned can be split into a put and appends in
 * only one way. Porcupine's key-value logs are of this kind.
 *
 * The operations from one put to the next form an epoch. The longest text read in it gives the order of its
 * appends, and the position of each read among them; real time must agree with this order. An epoch
 * certainly lasts from its first completion to its last invocation, so the remaining question is the same
 * as for registers with unique values (`zones.ts`). An append that no read shows can be placed outside all
 * of these spans, for example after a put whose value is never read.
 *
 * If one text was put or appended several times, real time usually leaves only one that a read can have
 * seen. If it does not, the search decides.
 */
import type { Operation } from "../../history/operation.ts";
import { isDelete, isGet, isNothing, isPut } from "./cells.ts";
import { assign, Version, type Epoch } from "./epochs.ts";
import { show } from "./model.ts";
import type { Specialist, SpecialistResult } from "./specialist.ts";
import { TextParser } from "./tokens.ts";
import { conflict, type Zone } from "./zones.ts";

type Broken = Extract<SpecialistResult, { result: "not" }>;
type Stretch = Zone & { readonly epoch?: Epoch };

/** The maximum number of reads that are split individually because their texts alone are ambiguous. */
const ambiguousMax = 256;

const unwritten = "unwritten value";

/** Decides cells whose texts are unambiguous, by themselves or together with real time. */
export const uniqueTexts: Specialist = {
  name: "texts of unique appends (epochs as Gibbons-Korach zones)",
  decide(operations, initial) {
    const first = textOf(initial);
    const made = first === undefined ? undefined : gather(operations, first);
    if (!made) return undefined;
    const found = judge(made);
    // Which of several equal operations a read showed depends on all the others.
    const alike = [...made.starts.values(), ...made.appends.values()].some(
      ({ length }) => length > 1,
    );
    const loose = alike || made.ambiguous > 0;
    if (found?.result !== "not" || !loose || found.anomaly === unwritten) return found;
    return { ...found, needsOthers: true };
  },
};

function judge(made: Gathered): SpecialistResult {
  const placed = place(made);
  if (placed !== "placed") return placed;
  const shown = assign([...made.epochs.values()], made.appends);
  if (shown === undefined) return undefined;
  if ("again" in shown) return twice(shown.again, shown.in);
  const zones: Stretch[] = [];
  for (const epoch of made.epochs.values()) {
    const zone = ordered(epoch);
    if ("result" in zone) return zone;
    zones.push(zone);
  }
  for (const { operation, isStart } of made.writes) {
    // Operations that may not have happened and have no visible effect are irrelevant.
    const seen = isStart ? made.epochs : shown;
    if (operation.outcome !== "ok" || seen.has(operation)) continue;
    const { completeRank: minComplete, invokeRank: maxInvoke } = operation;
    zones.push({ minComplete, maxInvoke, first: operation, last: operation });
  }
  const found = conflict(zones);
  return found ? contradiction(...found) : { result: "linearizable" };
}

interface Write {
  readonly operation: Operation;
  readonly text: string;
  /** Whether it is a put, which begins an epoch. */
  readonly isStart: boolean;
}

interface Gathered {
  readonly writes: readonly Write[];
  /** The puts of each text; `undefined` stands for the cell's initial value. */
  readonly starts: ReadonlyMap<string, readonly (Operation | undefined)[]>;
  /** The appends of each text. */
  readonly appends: ReadonlyMap<string, readonly Operation[]>;
  /** The reads of each text, with the texts in sorted order. */
  readonly reads: readonly (readonly [string, readonly Operation[]])[];
  /** The epochs that were read, by their put. */
  readonly epochs: Map<Operation | undefined, Epoch>;
  /** The number of reads that could not be split by their text alone. */
  ambiguous: number;
}

/** Groups the operations; `undefined` if they are not of this kind. */
function gather(operations: readonly Operation[], initial: string): Gathered | undefined {
  const writes: Write[] = [];
  const starts = new Map<string, (Operation | undefined)[]>([[initial, [undefined]]]);
  const appends = new Map<string, Operation[]>();
  const reads = new Map<string, Operation[]>();
  for (const operation of operations) {
    const { f, input, output, outcome } = operation;
    if (outcome === "fail" || (isGet(f) && outcome !== "ok")) continue;
    const isStart = isPut(f) || isDelete(f);
    if (!isStart && !isGet(f) && f !== "append") return undefined;
    const text = isGet(f) ? textOf(output) : isDelete(f) ? "" : textOf(input);
    if (text === undefined || (f === "append" && typeof input !== "string")) return undefined;
    if (f === "append" && text === "") continue;
    if (isGet(f)) collect(reads, text, operation);
    else {
      collect(isStart ? starts : appends, text, operation);
      writes.push({ operation, text, isStart });
    }
  }
  return {
    writes,
    starts,
    appends,
    reads: [...reads].sort(([a], [b]) => (a < b ? -1 : 1)),
    epochs: new Map(),
    ambiguous: 0,
  };
}

function collect<T>(into: Map<string, T[]>, text: string, one: T): void {
  const list = into.get(text);
  if (list) list.push(one);
  else into.set(text, [one]);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : isNothing(value) ? "" : undefined;
}

/** Assigns each read its version. Returns the violation, or `undefined` if a read is ambiguous. */
function place(made: Gathered): "placed" | Broken | undefined {
  const { starts, appends } = made;
  const parser = new TextParser(starts, appends);
  let certain: CertainPuts | undefined;
  for (const [text, readers] of made.reads) {
    const ways = parser.ways(text);
    if (ways === 0) return fromNowhere(readers[0] as Operation, text);
    const ends = ways === 1 ? parser.ends() : [];
    const puts = ways === 1 ? (starts.get(text.slice(0, ends.at(-1))) ?? []) : [];
    for (const read of readers) {
      let placed = { put: puts[0], ends };
      if (puts.length !== 1) {
        // Not all texts that it could be composed of can have existed at the time of the read.
        if (++made.ambiguous > ambiguousMax) return undefined;
        certain ??= new CertainPuts(made.writes);
        const left = certain.leftFor(read, made);
        const again = new TextParser(left.starts, left.appends);
        if (again.ways(text) !== 1) return undefined;
        const itsEnds = again.ends();
        const [put, ...more] = left.starts.get(text.slice(0, itsEnds.at(-1))) ?? [];
        if (more.length > 0) return undefined;
        placed = { put, ends: itsEnds };
      }
      const broken = placeOne(made.epochs, placed, text, read);
      if (broken) return broken;
    }
  }
  return "placed";
}

/** Places a read after the appends that it shows. */
function placeOne(
  epochs: Map<Operation | undefined, Epoch>,
  { put, ends }: { readonly put: Operation | undefined; readonly ends: readonly number[] },
  text: string,
  read: Operation,
): Broken | undefined {
  let epoch = epochs.get(put);
  if (!epoch) epochs.set(put, (epoch = { put, first: new Version("", put) }));
  let version = epoch.first;
  let at = ends.at(-1) as number;
  for (let i = ends.length - 2; i >= 0; i--) {
    const end = ends[i] as number;
    const token = text.slice(at, end);
    version.next ??= new Version(token, undefined);
    if (version.next.token !== token) return forked(text.slice(0, at), version.next, read);
    version = version.next;
    at = end;
  }
  version.reads.push(read);
  return undefined;
}

/** Determines the puts and appends that a read can show, using the puts that certainly happened in between. */
class CertainPuts {
  readonly #writes: readonly Write[];
  /** The ends of the puts that did happen, in order, and the latest begin among those that had ended. */
  readonly #ends: number[] = [];
  readonly #begins: number[] = [];

  constructor(writes: readonly Write[]) {
    this.#writes = writes;
    const puts = writes.filter(({ isStart, operation }) => isStart && operation.outcome === "ok");
    puts.sort((a, b) => a.operation.completeRank - b.operation.completeRank);
    let begin = -1;
    for (const { operation } of puts) {
      begin = Math.max(begin, operation.invokeRank);
      this.#ends.push(operation.completeRank);
      this.#begins.push(begin);
    }
  }

  /** The puts and appends that `read` can show. */
  leftFor(read: Operation, { starts }: Gathered): Pick<Gathered, "starts" | "appends"> {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ends[middle] as number) < read.invokeRank) low = middle + 1;
      else high = middle;
    }
    const since = this.#begins[low - 1] ?? -1;
    const left = {
      starts: new Map<string, (Operation | undefined)[]>(),
      appends: new Map<string, Operation[]>(),
    };
    if (since === -1) {
      for (const [text, puts] of starts)
        if (puts[0] === undefined) left.starts.set(text, [undefined]);
    }
    for (const { operation, text, isStart } of this.#writes) {
      if (operation.invokeRank > read.completeRank || operation.completeRank < since) continue;
      collect<Operation | undefined>(isStart ? left.starts : left.appends, text, operation);
    }
    return left;
  }
}

function fromNowhere(read: Operation, text: string): Broken {
  return {
    result: "not",
    culprits: [read],
    anomaly: unwritten,
    summary: `${show(text)} was read, yet no put and appends make it`,
  };
}

/** The first read of this version or of a later one. */
function witness(version: Version): Operation[] {
  for (let at: Version | undefined = version; at; at = at.next) {
    if (at.reads[0]) return [at.reads[0]];
  }
  return [];
}

function twice(append: Operation, places: readonly Version[]): Broken {
  return {
    result: "not",
    culprits: [append, ...places.flatMap(witness)],
    anomaly: "duplicate",
    summary: `${show(append.input)} was appended once, and was read in two places`,
  };
}

function forked(text: string, next: Version, read: Operation): Broken {
  return {
    result: "not",
    culprits: [...witness(next), read],
    anomaly: "incomparable reads",
    summary: `after ${show(text)} two reads go on differently: no order of the appends makes both`,
  };
}

/** Compares the order of an epoch with real time. Returns the span for which the epoch lasts. */
function ordered(epoch: Epoch): Stretch | Broken {
  let minComplete = epoch.put ? Infinity : -1;
  let earliest: Operation | undefined;
  let latest: Operation | undefined;
  for (let version: Version | undefined = epoch.first; version; version = version.next) {
    const { by, reads } = version;
    for (const operation of by ? [by, ...reads] : reads) {
      if (latest && latest.invokeRank > operation.completeRank) {
        return outOfOrder(latest, operation, version);
      }
      if (operation.completeRank < minComplete) {
        minComplete = operation.completeRank;
        earliest = operation;
      }
      // Reads of one version may be in any order.
      if (operation === by) latest = later(latest, operation);
    }
    for (const read of reads) latest = later(latest, read);
  }
  const maxInvoke = latest?.invokeRank ?? -Infinity;
  return { minComplete, maxInvoke, first: earliest, last: latest, epoch };
}

function later(one: Operation | undefined, other: Operation): Operation {
  return one && one.invokeRank > other.invokeRank ? one : other;
}

/**
 * The violation that `early` must come before `late` according to the reads, but began after `late` had
 * ended.
 */
function outOfOrder(early: Operation, late: Operation, at: Version): Broken {
  const readEarly = isGet(early.f);
  const readLate = isGet(late.f);
  const words = readLate
    ? readEarly
      ? ["stale read", `a read that began after another had ended saw less than that one`]
      : ["future read", `${show(early.input)} was read before its ${early.f} began`]
    : readEarly
      ? [
          "lost append",
          `${show(late.input)} had been appended, yet a read that began later has it not`,
        ]
      : [
          "order of appends",
          `${show(late.input)} was read after ${show(early.input)}, whose ${early.f} began when that of ${show(late.input)} had ended`,
        ];
  return {
    result: "not",
    culprits: readLate ? [early, late] : [early, late, ...witness(at)],
    anomaly: words[0] as string,
    summary: words[1] as string,
  };
}

function contradiction(one: Stretch, other: Stretch): Broken {
  const culprits = new Set<Operation>();
  for (const { epoch, first, last } of [one, other]) {
    for (const operation of [epoch?.put, first, last]) if (operation) culprits.add(operation);
  }
  const lost = one.epoch === undefined ? one : other.epoch === undefined ? other : undefined;
  return {
    result: "not",
    culprits: [...culprits],
    anomaly: lost ? "lost write" : "stale read",
    summary: lost
      ? `${show(lost.first?.input)} was ${lost.first?.f === "append" ? "appended" : "put"} in between, and reads before and after are as if it was not`
      : `${nameOf(one)} is seen again after ${nameOf(other)}, and nobody put it a second time`,
  };
}

function nameOf({ epoch }: Stretch): string {
  return epoch?.put ? show(epoch.put.input ?? "") : "the first value";
}
