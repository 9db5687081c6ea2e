/**
 * How many bytes of a buffer a process prints: `buffer.INSPECT_MAX_BYTES`. `Buffer` is one for all processes, and prints what the
 * real setting says. So the setting of a process is installed when the process is entered, if the installed one is another.
 */
import * as buffer from "node:buffer";

const real = (buffer as unknown as { default: { INSPECT_MAX_BYTES: number } }).default;

/** Node's default. */
const DEFAULT_BYTES = 50;

/** The setting of one process. */
export interface InspectedBytes {
  count: number;
}

/** A process's setting at its start. */
export function inspectedBytes(): InspectedBytes {
  return { count: DEFAULT_BYTES };
}

let running = inspectedBytes();
/** What the real setting is, during a run. */
let installed = DEFAULT_BYTES;

/** Makes a process's setting the one that holds. */
export function installInspectedBytes(settings: InspectedBytes): void {
  running = settings;
  if (settings.count === installed) return;
  installed = settings.count;
  real.INSPECT_MAX_BYTES = installed;
}

/** `INSPECT_MAX_BYTES` as a process's module has it. */
export function inspectedBytesProperty(): PropertyDescriptor {
  const { enumerable = true, configurable = true } = Object.getOwnPropertyDescriptor(
    real,
    "INSPECT_MAX_BYTES",
  ) as PropertyDescriptor;
  return {
    enumerable,
    configurable,
    get: () => running.count,
    set: (count: number) => {
      // It is checked.
      real.INSPECT_MAX_BYTES = count;
      installed = running.count = count;
    },
  };
}

/** Begins a run with Node's default. Returns a function that restores what was before. */
export function pinInspectedBytes(): () => void {
  const before = real.INSPECT_MAX_BYTES;
  real.INSPECT_MAX_BYTES = installed = DEFAULT_BYTES;
  running = inspectedBytes();
  return () => {
    real.INSPECT_MAX_BYTES = before;
  };
}
