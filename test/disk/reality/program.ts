/** Random programs of file operations, for a comparison of the simulated disk with real file systems after a crash. */
import type { Prng } from "../../../src/base/prng.ts";

/** One call of such a program. Paths are relative to the root of the file system. */
export type Call =
  | {
      readonly call: "write";
      readonly path: string;
      readonly offset: number;
      readonly text: string;
    }
  | { readonly call: "empty"; readonly path: string }
  | { readonly call: "truncate"; readonly path: string; readonly size: number }
  | { readonly call: "rename"; readonly from: string; readonly to: string }
  | { readonly call: "link"; readonly from: string; readonly to: string }
  | { readonly call: "unlink"; readonly path: string }
  | { readonly call: "sync"; readonly path: string }
  /** The kernel begins to write a file back by itself, which no program has asked for. */
  | { readonly call: "write back"; readonly path: string };

/** The folders that are there from the start, durable, each with a file `log` of 4,096 dots, and a file that nobody changes. */
export const FOLDERS = ["d", "e"] as const;
/** A file whose sync commits the journal, and with it names that nobody has synced. */
export const OTHER = "other";

const NAMES = ["d/log", "d/x", "d/y", "e/log", "e/x"] as const;
const SIZES = [3, 700, 4_096, 6_000] as const;

/** Draws a program. Its calls may fail, for example if a file is not there. */
export function drawProgram(prng: Prng, length: number): Call[] {
  return Array.from({ length }, (_, at): Call => {
    const path = prng.pick(NAMES);
    const to = prng.pick(NAMES);
    const letter = String.fromCharCode(97 + at);
    const text = letter.repeat(prng.pick(SIZES));
    switch (prng.below(12)) {
      case 0:
      case 1:
      case 2:
        return { call: "write", path, offset: prng.pick([0, 0, 512, 4_096]), text };
      case 3:
        return { call: "empty", path };
      case 4:
        return { call: "truncate", path, size: prng.pick([0, 100, 4_096, 5_000]) };
      case 5:
      case 6:
        return { call: "rename", from: path, to };
      case 7:
        return prng.chance(0.5) ? { call: "link", from: path, to } : { call: "unlink", path };
      case 8:
      case 9:
        return { call: "sync", path: prng.pick([...FOLDERS, path, path]) };
      case 10:
        return { call: "write back", path };
      default:
        return { call: "sync", path: OTHER };
    }
  });
}

/** A call in words. */
export function tellCall(call: Call): string {
  switch (call.call) {
    case "write":
      return `write ${call.text.length} x ${call.text[0]} at ${call.offset} of ${call.path}`;
    case "truncate":
      return `truncate ${call.path} to ${call.size}`;
    case "rename":
    case "link":
      return `${call.call} ${call.from} ${call.to}`;
    default:
      return `${call.call} ${call.path}`;
  }
}

/** A state in words: each file with its bytes, run by run. */
export function tellState(files: ReadonlyMap<string, string>): string {
  return [...files]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, text]) => {
      const runs = [...text.matchAll(/([\s\S])\1*/g)].map(([run, letter = ""]) => {
        return `${run.length}${letter === "\0" ? "0" : letter}`;
      });
      return `${path}=${runs.join("+")}`;
    })
    .join(" ");
}
