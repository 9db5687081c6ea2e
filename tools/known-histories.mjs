/**
 * `node tools/known-histories.mjs [--check]`: writes the histories with known verdicts that lie in the
 * repository, `test/check-objects/known/MODEL.jsonl.gz`; `--check` says whether they are what it writes.
 *
 * A verdict is known by construction. Every operation takes effect at one moment between its call and its
 * answer, so the history is linearizable by those moments. Half of them are then spoiled: one answer is
 * replaced by one that no order explains, whatever the moments were (a value that was overwritten in between,
 * an element that was taken out of turn, a lock held twice).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { readOptions } from "./options.mjs";

const { values: options } = readOptions("known-histories", { check: { type: "boolean" } });
const folder = new URL("../test/check-objects/known/", import.meta.url);

/** How many histories of a model, and of how many operations: most are small, two are not. */
const sizes = [...Array.from({ length: 20 }, () => 40), 1_500, 1_500];

/** A stream of numbers that is the same on every machine. */
function random(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return (below) => next() % below;
}

/**
 * Operations of some clients, one at a time each, on an object that `apply(operation)` moves on: it gives the
 * answer. Times are unique.
 */
function play(below, { clients = 4, size, ask, apply }) {
  const free = Array.from({ length: clients }, () => 0);
  const operations = [];
  for (let i = 0; i < size; i++) {
    const client = below(clients);
    const call = free[client] + 1 + below(20);
    const effect = call + 1 + below(30);
    const ret = effect + 1 + below(30);
    free[client] = ret;
    operations.push({ client, call, effect, ret });
  }
  const order = operations.toSorted((a, b) => a.effect - b.effect || a.client - b.client);
  for (const operation of order) {
    const asked = ask(operation.client, operation);
    if (asked === undefined) continue;
    Object.assign(operation, asked);
    operation.answer = apply(operation);
  }
  return order.filter(({ f }) => f !== undefined);
}

const before = (a, b) => a.ret < b.call;

/** The first pair of `earlier` and `later` operations that `fits`. */
function pair(earlier, later, fits) {
  for (const a of earlier) for (const b of later) if (fits(a, b)) return [a, b];
  return undefined;
}

/** A read that answers what was overwritten before it began. */
function staleRead(operations, isWrite, isRead, answerOf, answered) {
  const writes = operations.filter(isWrite);
  const overwritten = pair(writes, writes, (a, b) => before(a, b) && answered(a) !== answered(b));
  if (!overwritten) return false;
  const [old, recent] = overwritten;
  const read = operations.find((one) => isRead(one) && before(recent, one));
  if (!read) return false;
  read.answer = answerOf(old, read);
  return true;
}

const models = {
  register: {
    init: null,
    make(below, size) {
      let state = null;
      let last = 0;
      return play(below, {
        size,
        ask: () => (below(2) === 0 ? { f: "write", value: ++last } : { f: "read", value: null }),
        apply: ({ f, value }) => (f === "write" ? (state = value) : state),
      });
    },
    // Every value is written once.
    spoil: (operations) =>
      staleRead(
        operations,
        ({ f }) => f === "write",
        ({ f }) => f === "read",
        (old) => old.value,
        ({ value }) => value,
      ),
  },
  "cas-register": {
    init: 0,
    make(below, size) {
      let state = 0;
      let last = 0;
      return play(below, {
        size,
        ask() {
          const kind = below(4);
          if (kind === 0) return { f: "write", value: ++last };
          if (kind === 1) return { f: "read", value: null };
          const from = below(3) === 0 ? below(last + 1) : state;
          return { f: "cas", value: [from, ++last] };
        },
        apply(operation) {
          const { f, value } = operation;
          if (f === "read") return state;
          if (f === "write") return (state = value);
          operation.failed = value[0] !== state;
          if (!operation.failed) state = value[1];
          return value;
        },
      });
    },
    spoil: (operations) =>
      staleRead(
        operations,
        ({ f, failed }) => f === "write" || (f === "cas" && !failed),
        ({ f }) => f === "read",
        (old) => (old.f === "cas" ? old.value[1] : old.value),
        ({ f, value }) => (f === "cas" ? value[1] : value),
      ),
  },
  "fifo-queue": {
    init: [],
    make(below, size) {
      const queue = [];
      let last = 0;
      return play(below, {
        size,
        ask: () =>
          below(2) === 0 || queue.length === 0
            ? { f: "enqueue", value: ++last }
            : { f: "dequeue", value: null },
        apply: ({ f, value }) => (f === "enqueue" ? (queue.push(value), value) : queue.shift()),
      });
    },
    // Two answers change places: what came in later goes out first.
    spoil(operations) {
      const put = new Map(
        operations.filter(({ f }) => f === "enqueue").map((one) => [one.value, one]),
      );
      const taken = operations.filter(({ f }) => f === "dequeue");
      const found = pair(
        taken,
        taken,
        (a, b) => before(a, b) && before(put.get(a.answer), put.get(b.answer)),
      );
      if (!found) return false;
      const [a, b] = found;
      [a.answer, b.answer] = [b.answer, a.answer];
      return true;
    },
  },
  mutex: {
    init: false,
    make(below, size) {
      let holder;
      return play(below, {
        size,
        ask(client) {
          if (holder === client) return { f: "release", value: null };
          return holder === undefined ? { f: "acquire", value: null } : undefined;
        },
        apply({ f, client }) {
          holder = f === "acquire" ? client : undefined;
          return null;
        },
      });
    },
    // Somebody else acquires and releases while one holds it, answers included.
    spoil(operations) {
      const [take, give] =
        pair(
          operations.filter(({ f }) => f === "acquire"),
          operations.filter(({ f }) => f === "release"),
          (a, b) => a.client === b.client && before(a, b) && b.call - a.ret > 8,
        ) ?? [];
      const first = operations.find((one) => one.client === take?.client && one.call > take.call);
      if (!give || first !== give) return false;
      const base = { client: 99, value: null, answer: null };
      operations.push({ ...base, f: "acquire", call: take.ret + 1, ret: take.ret + 2 });
      operations.push({ ...base, f: "release", call: take.ret + 3, ret: take.ret + 4 });
      return true;
    },
  },
  set: {
    init: [],
    make(below, size) {
      const elements = [];
      let last = 0;
      return play(below, {
        size: Math.min(size, 300),
        ask: () => (below(3) > 0 ? { f: "add", value: ++last } : { f: "read", value: null }),
        apply: ({ f, value }) => (f === "add" ? (elements.push(value), value) : [...elements]),
      });
    },
    // A read misses what had been added before it began.
    spoil(operations) {
      const found = pair(
        operations.filter(({ f }) => f === "add"),
        operations.filter(({ f }) => f === "read"),
        before,
      );
      if (!found) return false;
      const [add, read] = found;
      read.answer = read.answer.filter((element) => element !== add.value);
      return true;
    },
  },
};

/** The events of a history, in the order of their times. */
function eventsOf(operations) {
  return operations
    .flatMap(({ client, call, ret, f, value, answer, failed }) => [
      { at: call, event: { process: client, type: "invoke", f, value } },
      { at: ret, event: { process: client, type: failed ? "fail" : "ok", f, value: answer } },
    ])
    .sort((a, b) => a.at - b.at || (a.event.type === "invoke" ? 1 : -1))
    .map(({ event }) => event);
}

function histories(model, { init, make, spoil }) {
  return sizes.map((size, i) => {
    const isSpoiled = i % 2 === 1;
    for (let seed = 1_000 * i + 1; ; seed++) {
      const operations = make(random(seed), size);
      if (isSpoiled && !spoil(operations)) continue;
      const expected = isSpoiled ? "violated" : "holds";
      return JSON.stringify({ model, init, seed, expected, history: eventsOf(operations) });
    }
  });
}

let differs = false;
mkdirSync(folder, { recursive: true });
for (const [model, how] of Object.entries(models)) {
  const file = new URL(`${model}.jsonl.gz`, folder);
  const text = `${histories(model, how).join("\n")}\n`;
  if (!options.check) writeFileSync(file, gzipSync(text, { level: 9 }));
  else if (gunzipSync(readFileSync(file)).toString() !== text) {
    console.error(`known-histories: ${model} is not what this tool writes`);
    differs = true;
  }
}
process.exitCode = differs ? 1 : 0;
