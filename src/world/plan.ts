/** A world as plain data: what a run needs to know, and nothing that runs. */
import type { RangeNs, FaultSource } from "../sim/fault-draw.ts";
import type { Check, InlineProgram, Tolerable } from "./types.ts";

/** How a host's program is found and started. */
export type ProgramPlan =
  | { readonly kind: "inline" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "block"; readonly name: string; readonly entry: string };

/** One host. */
export interface HostPlan {
  readonly name: string;
  readonly group: string;
  /** Which of its group it is: 0, 1, 2, ... */
  readonly index: number;
  readonly program: ProgramPlan;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Unless told: a file's project folder, and the root for other programs. */
  readonly cwd: string | undefined;
  /** `undefined`: a program that ends stays down. */
  readonly restartNs: number | undefined;
}

/** How a link behaves while no fault touches it. `undefined`: as the rule before says. */
export interface LinkPlan {
  readonly latencyNs: RangeNs | undefined;
  readonly bandwidthBytesPerSecond: number | undefined;
  readonly loss: number | undefined;
}

/** A rule for the links between two sets of hosts, both ways; `undefined` stands for all hosts. */
export interface LinkRule {
  readonly from: readonly string[] | undefined;
  readonly to: readonly string[] | undefined;
  readonly link: LinkPlan;
}

/** A world, described. */
export interface Plan {
  readonly name: string;
  readonly hosts: readonly HostPlan[];
  /** In order; the last one that speaks of a link counts. */
  readonly links: readonly LinkRule[];
  readonly faults: readonly FaultSource[];
  readonly checks: readonly Check[];
  readonly tolerate: ReadonlySet<Tolerable>;
  readonly durationNs: number;
  /** The last part of the run, without faults. */
  readonly calmNs: number;
  /** Inline programs by group. They belong to the realm in which the world file was evaluated. */
  readonly inline: ReadonlyMap<string, InlineProgram>;
  readonly isDefinite: (error: unknown, f: string) => boolean;
  /** Names of operations that may wait for ever. */
  readonly openEnded: ReadonlySet<string>;
}
