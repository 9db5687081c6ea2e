/**
 * Moments of a program at which a fault may strike, between two of its instructions: a call that changes or syncs
 * files, and a step that the program itself names (`step` of `lightcone/probe`). A fault that waits for one sets a
 * trap on its host. When no trap is set, a moment costs one comparison.
 */
import type { Process } from "./process.ts";

/** The calls on files that are moments: those that change a file system, or sync it. `open` only if it creates. */
export const changingCalls = [
  "open",
  "write",
  "ftruncate",
  "fsync",
  "fdatasync",
  "rename",
  "unlink",
  "mkdir",
  "rmdir",
  "link",
  "symlink",
  "copyfile",
  "mkdtemp",
  "rm",
  "cp",
] as const;

/** The name of such a call. */
export type ChangingCall = (typeof changingCalls)[number];

/** What a program is at. */
export interface Moment {
  readonly process: Process;
  /** What it does: a call on a file, or a step of the program. */
  readonly what: "call" | "step";
  /** The name of the call or of the step. */
  readonly name: string;
  /** Whether it has just been done. Otherwise it is about to be done. */
  readonly after: boolean;
}

/** Waits for a moment. It may end the process. */
export type Trap = (moment: Moment) => void;

const changing: ReadonlySet<string> = new Set(changingCalls);

/** Whether a call with this name is a moment. */
export function isChangingCall(name: string): name is ChangingCall {
  return changing.has(name);
}

/** The moments of one host. */
export class Moments {
  readonly #traps = new Set<Trap>();

  /** Whether anything waits for a moment of this host. Asked before a moment is made. */
  get awaited(): boolean {
    return this.#traps.size > 0;
  }

  await(trap: Trap): void {
    this.#traps.add(trap);
  }

  forget(trap: Trap): void {
    this.#traps.delete(trap);
  }

  /** The program of a process is at a moment. The process may have ended when this returns. */
  reach(moment: Moment): void {
    // A trap may take itself away, and what it does may set others, which wait for the next moment.
    for (const trap of [...this.#traps]) {
      if (moment.process.alive) trap(moment);
    }
  }
}
