/**
 * The table of layers: which folder under `src` may import which.
 *
 * It is the one place where the walls of the house are written down. `tools/check.mjs` turns it into
 * lint rules; `test/house/layers.test.ts` plants a violation and proves that it is caught.
 * `import type` is not exempt. A folder always may import itself.
 */

import { readdirSync } from "node:fs";
import { builtinModules } from "node:module";

/** @type {Record<string, { may: string[], builtins: boolean, why: string, machine?: string[] }>} */
export const layers = {
  base: { may: [], builtins: false, why: "pure helpers that everything stands on" },
  trace: { may: ["base"], builtins: false, why: "the record of a run; the viewer reads it too" },
  history: { may: ["base", "trace"], builtins: false, why: "what clients asked and were told" },
  check: {
    may: ["base", "trace", "history"],
    builtins: false,
    why: "pure judgement, usable alone",
    // How long a check may take, and how much memory, is the machine's: no verdict depends on it but "unknown".
    machine: ["budget.ts"],
  },
  filter: {
    may: ["base"],
    builtins: false,
    why: "the language of filters: the viewer's, and that of faults that wait for a message",
  },
  sim: {
    may: ["base", "trace", "filter"],
    builtins: false,
    why: "the simulated machine knows nothing of Node",
  },
  node: {
    may: ["base", "trace", "sim", "wire"],
    builtins: true,
    why: "what a program sees of Node; HTTP/2 needs its codecs",
  },
  world: {
    may: ["base", "trace", "history", "check", "sim", "node", "filter", "dissect"],
    builtins: true,
    why: "the public way to describe a world",
  },
  explore: {
    may: ["base", "trace", "history", "check", "sim", "node", "world", "report", "viewer"],
    builtins: true,
    why: "campaigns, shrinking, replay",
  },
  report: {
    may: ["base", "trace", "history", "check", "dissect", "viewer"],
    builtins: true,
    why: "what a person or a program reads of a verdict",
  },
  viewer: {
    may: ["base", "trace", "dissect", "filter"],
    builtins: false,
    why: "meets the simulator only through the trace format",
    // What runs in a browser has the browser's clock, timers and document.
    machine: ["page/**/*.ts", "page/**/*.tsx"],
  },
  wire: { may: ["base"], builtins: false, why: "codecs, shared by blocks and the viewer" },
  dissect: {
    may: ["base", "trace", "wire"],
    builtins: false,
    why: "payloads as messages that people can read; the viewer has it too",
  },
  store: { may: ["base"], builtins: true, why: "log-structured storage on node:fs" },
  protocols: { may: ["base"], builtins: true, why: "pure cores, thin drivers on node:*" },
  blocks: {
    may: ["base", "wire", "store", "protocols"],
    builtins: true,
    why: "ordinary Node programs: no private door into the simulator",
  },
  chaos: {
    may: ["base"],
    builtins: true,
    why: "a proxy for real sockets: nothing of it is simulated",
  },
  cli: {
    may: [
      "base",
      "trace",
      "history",
      "explore",
      "report",
      "world",
      "check",
      "blocks",
      "chaos",
      "dissect",
    ],
    builtins: true,
    why: "a front door",
  },
  library: {
    may: ["base", "trace", "history", "sim", "explore", "report", "world", "check"],
    builtins: true,
    why: "a front door, on which those of test runners stand",
  },
  vitest: {
    may: ["base", "library"],
    builtins: true,
    why: "a front door",
  },
};

/** What would make two runs differ, by its global name: time, chance, the real machine. */
const ambientGlobals = [
  ...["Date", "performance", "process", "crypto", "require", "fetch", "navigator", "WeakRef"],
  ...["FinalizationRegistry", "setTimeout", "setInterval", "setImmediate", "clearTimeout"],
  ...["clearInterval", "clearImmediate"],
];

/** Node's own modules, however they are asked for. */
const nodeModules = `^(node:|(${builtinModules.map((name) => name.replace("node:", "")).join("|")})(/|$))`;

/** A pure folder has no clock, no chance and no machine. */
function purityOf(name) {
  const message = `src/${name} is pure: take it from the host (see tools/layers.mjs)`;
  const properties = [
    { object: "Math", property: "random", message },
    ...ambientGlobals.map((property) => ({ object: "globalThis", property, message })),
  ];
  return {
    "no-restricted-globals": [
      "error",
      ...ambientGlobals.map((global) => ({ name: global, message })),
    ],
    "no-restricted-properties": ["error", ...properties],
  };
}

/** The blocks that there are: each a folder. */
function blocks() {
  const folder = new URL("../src/blocks/", import.meta.url);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** The walls between blocks: one for those that have none of their own yet, and one for each that is there. */
function blockWalls(patterns) {
  const wall = (files, others) => {
    const regex = `^(\\.\\./)+(blocks/)?(${others.join("|")})(/|$)`;
    const message = "a block never imports another block: see tools/layers.mjs";
    const all = others.length === 0 ? patterns : [...patterns, { regex, message }];
    return { files, rules: { "no-restricted-imports": ["error", { patterns: all }] } };
  };
  const names = blocks();
  return [
    wall(["**/src/blocks/*/**/*.ts"], names),
    ...names.map((name) =>
      wall(
        [`**/src/blocks/${name}/**/*.ts`],
        names.filter((other) => other !== name),
      ),
    ),
  ];
}

/** The lint rules that the table means, as oxlint overrides. */
export function overrides() {
  const all = Object.keys(layers);
  return all.flatMap((name) => {
    const { may, builtins, why, machine = [] } = layers[name];
    const banned = all.filter((other) => other !== name && !may.includes(other));
    const patterns = [
      {
        // A folder inside a layer may carry a layer's name (node/world, sim/base): only paths that climb
        // out of the layer are the layer's business.
        group: banned.flatMap((other) => [`**/${other}/**`, `**/${other}`]),
        message: `src/${name} (${why}) may import ${may.length ? may.join(", ") : "nothing"} only: see tools/layers.mjs`,
      },
    ];
    if (!builtins) {
      const message = `src/${name} is pure: nothing of Node's here (see tools/layers.mjs)`;
      patterns.push({ regex: nodeModules, message });
    }
    const rules = {
      "no-restricted-imports": ["error", { patterns }],
      ...(builtins ? {} : purityOf(name)),
    };
    // Wherever the configuration lies: oxlint takes paths to be relative to its folder.
    const own = { files: [`**/src/${name}/**/*.ts`], rules };
    const off = { "no-restricted-globals": "off", "no-restricted-properties": "off" };
    if (machine.length > 0) {
      return [own, { files: machine.map((file) => `**/src/${name}/${file}`), rules: off }];
    }
    return name === "blocks" ? [own, ...blockWalls(patterns)] : [own];
  });
}
