/** What a check sees of a finished run beside its history: faults, hosts, their disks, output and ends. */
import { describeFault, type Fault } from "../sim/faults/index.ts";
import type { Host } from "../sim/host.ts";
import { type DiskView, diskOf, viewOf } from "../sim/disk/index.ts";

/** At most so many characters of a host's output are kept: the last ones. */
const OUTPUT_MAX = 1 << 20;

/** A fault of the run. */
export interface SeenFault {
  readonly kind: string;
  /** The names of the affected hosts. */
  readonly targets: readonly string[];
  /** Nanoseconds since the start of the run. */
  readonly startNs: number;
  readonly durationNs: number;
  /** The fault in words: "worker-1 pauses for 2.1s". */
  readonly words: string;
}

/** One state of a host's disk. Paths are absolute. */
export interface SeenDisk extends DiskView {
  /** The text of a file (UTF-8), following symbolic links; `undefined` if there is no such file. */
  readText(path: string): string | undefined;
}

/** A host at the end of the run. */
export interface SeenHost {
  readonly name: string;
  /** What its programs would read at the end of the run. */
  readonly disk: SeenDisk;
  /** What would be left of it if the machine lost power at the end of the run. */
  readonly durable: SeenDisk;
  /** What its programs have written to their output and error output; of long output the last megabyte. */
  readonly output: string;
  /** How its processes have ended during the run, in order: "exit code 1", "SIGKILL", "uncaught ...". */
  readonly ends: readonly { readonly atNs: number; readonly how: string }[];
}

/** Collects what hosts write and how their processes end. */
export class SeenWorld {
  readonly #output = new Map<string, string[]>();
  readonly #lengths = new Map<string, number>();
  readonly #ends = new Map<string, { atNs: number; how: string }[]>();

  write(host: string, text: string): void {
    const parts = this.#output.get(host) ?? [];
    this.#output.set(host, parts);
    parts.push(text);
    let length = (this.#lengths.get(host) ?? 0) + text.length;
    while (length > OUTPUT_MAX && parts.length > 1) length -= (parts.shift() as string).length;
    this.#lengths.set(host, length);
  }

  ended(host: string, atNs: number, how: string): void {
    const ends = this.#ends.get(host) ?? [];
    this.#ends.set(host, ends);
    ends.push({ atNs, how });
  }

  /** The hosts by name. Nothing is read or joined before a check asks, since most look at the history alone. */
  hosts(hosts: readonly Host[]): Readonly<Record<string, SeenHost>> {
    return Object.fromEntries(hosts.map((host) => [host.name, this.#host(host)]));
  }

  #host(host: Host): SeenHost {
    const { name } = host;
    const output = this.#output.get(name) ?? [];
    const view = (state: "seen" | "durable"): SeenDisk =>
      withText(viewOf(diskOf(host).fs.root, state));
    return {
      name,
      get disk() {
        return view("seen");
      },
      get durable() {
        return view("durable");
      },
      get output() {
        return output.join("").slice(-OUTPUT_MAX);
      },
      ends: this.#ends.get(name) ?? [],
    };
  }
}

/** The faults of a run that had begun by its end. */
export function seenFaults(schedule: readonly Fault[], untilNs: number): SeenFault[] {
  return schedule
    .filter(({ startNs }) => startNs < untilNs)
    .map((fault) => {
      const { kind, targets, startNs, durationNs } = fault;
      return { kind, targets, startNs, durationNs, words: describeFault(fault) };
    });
}

function withText(view: DiskView): SeenDisk {
  return {
    ...view,
    readText(path) {
      const bytes = view.readFile(path);
      return bytes && new TextDecoder().decode(bytes);
    },
  };
}
