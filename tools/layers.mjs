/**
 * The table of layers: which folder under `src` may import which.
 *
 * It is the one place where the walls of the house are written down. `tools/check.mjs` turns it into
 * lint rules; `test/house/layers.test.ts` plants a violation and proves that it is caught.
 * `import type` is not exempt. A folder always may import itself.
 */

/** @type {Record<string, { may: string[], builtins: boolean | string[], why: string }>} */
export const layers = {
  base: { may: [], builtins: false, why: "pure helpers that everything stands on" },
  trace: { may: ["base"], builtins: false, why: "the record of a run; the viewer reads it too" },
  history: { may: ["base", "trace"], builtins: false, why: "what clients asked and were told" },
  check: {
    may: ["base", "trace", "history"],
    builtins: false,
    why: "pure judgement, usable alone",
  },
  sim: {
    may: ["base", "trace"],
    builtins: false,
    why: "the simulated machine knows nothing of Node",
  },
  node: {
    may: ["base", "trace", "sim", "wire"],
    builtins: true,
    why: "what a program sees of Node; HTTP/2 needs its codecs",
  },
  world: {
    may: ["base", "trace", "history", "check", "sim", "node"],
    builtins: true,
    why: "the public way to describe a world",
  },
  explore: {
    may: ["base", "trace", "history", "check", "sim", "node", "world", "report"],
    builtins: true,
    why: "campaigns, shrinking, replay",
  },
  report: {
    may: ["base", "trace", "history", "check"],
    builtins: true,
    why: "what a person or a program reads of a verdict",
  },
  wire: { may: ["base"], builtins: false, why: "codecs, shared by blocks and the viewer" },
  store: { may: ["base"], builtins: true, why: "log-structured storage on node:fs" },
  protocols: { may: ["base"], builtins: true, why: "pure cores, thin drivers on node:*" },
  blocks: {
    may: ["base", "wire", "store", "protocols"],
    builtins: true,
    why: "ordinary Node programs: no private door into the simulator",
  },
  cli: {
    may: ["base", "trace", "history", "explore", "report", "world", "check", "blocks"],
    builtins: true,
    why: "a front door",
  },
  vitest: {
    may: ["base", "trace", "history", "explore", "report", "world", "check", "blocks"],
    builtins: true,
    why: "a front door",
  },
};

/** The lint rules that the table means, as oxlint overrides. */
export function overrides() {
  const all = Object.keys(layers);
  return all.map((name) => {
    const { may, builtins, why } = layers[name];
    const banned = all.filter((other) => other !== name && !may.includes(other));
    const patterns = [
      {
        group: banned
          .flatMap((other) => [`**/${other}/**`, `**/${other}`])
          .filter(
            // A folder inside a layer may carry a layer's name (node/world, sim/base): only paths that
            // climb out of the layer are the layer's business.
            (pattern) => pattern.startsWith("**"),
          ),
        message: `src/${name} (${why}) may import ${may.length ? may.join(", ") : "nothing"} only: see tools/layers.mjs`,
      },
    ];
    if (!builtins) {
      patterns.push({
        group: [
          "node:*",
          "fs",
          "net",
          "path",
          "os",
          "crypto",
          "util",
          "events",
          "stream",
          "buffer",
        ],
        message: `src/${name} is pure: no node:* here (see tools/layers.mjs)`,
      });
    }
    if (name === "blocks") {
      patterns.push({
        group: ["../../blocks/*"],
        message: "a block never imports another block: see tools/layers.mjs",
      });
    }
    return {
      // Wherever the configuration lies: oxlint takes paths to be relative to its folder.
      files: [`**/src/${name}/**/*.ts`],
      rules: { "no-restricted-imports": ["error", { patterns }] },
    };
  });
}
