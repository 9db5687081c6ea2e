/** A world as plain data: the information that a run needs, without executable state. */
import type { KnownBlockFault } from "../sim/faults/block.ts";
import type { Domain, FaultSource, RangeNs, Survival } from "../sim/faults/index.ts";
import type { MountOptions } from "../sim/disk/index.ts";
import type { Delays } from "../sim/network/index.ts";
import type { WrittenLiar } from "../sim/faults/byzantine.ts";
import type { Check, InlineProgram, Tolerable } from "./types.ts";

/** How to find and start a host's program. */
export type ProgramPlan =
  | { readonly kind: "inline" }
  | { readonly kind: "file"; readonly path: string }
  | {
      readonly kind: "block";
      readonly name: string;
      readonly entry: string;
      /** What can go wrong with it in ways of its own, and the program of its operator. */
      readonly suffers?: BlockSuffers | undefined;
    };

/** What can go wrong with a block, and the URL of the program of who does it. */
export interface BlockSuffers {
  readonly faults: readonly KnownBlockFault[];
  readonly operator: string;
}

/** What a program must have done before another one of its host starts. "exited": with code 0. */
export type Condition = "started" | "listening" | "exited";

/** When a program that has ended is started again. */
export interface RestartPlan {
  readonly when: "never" | "on-failure" | "always";
  /** The time between its end and its start. */
  readonly delayNs: number;
}

/** What is different in another version of a program. */
export type ProgramVersion = Pick<ProgramStart, "program" | "argv" | "env" | "substitute"> & {
  readonly version: string;
};

/** One program of a host, and how it is started. */
export interface ProgramStart {
  /** `undefined`: it is the host's only program. */
  readonly name: string | undefined;
  /** `undefined`: the first version. */
  readonly version?: string | undefined;
  readonly program: ProgramPlan;
  readonly argv: readonly string[];
  /** Flags for Node itself. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Paths of files, relative to the world file, by the modules that they stand in for. */
  readonly substitute: Readonly<Record<string, string>>;
  /** Default: a file's project folder, and the root for other programs. */
  readonly cwd: string | undefined;
  readonly restart: RestartPlan;
  /** The other versions of the program, by name. */
  readonly versions: Readonly<Record<string, ProgramVersion>>;
  /** What other programs of the host must have done before it starts; all of it. */
  readonly after: readonly { readonly program: string; readonly until: Condition }[];
}

/** One host. */
export interface HostPlan {
  readonly name: string;
  readonly group: string;
  /** Its index in its group: 0, 1, 2, ... */
  readonly index: number;
  /** In the order of the description; at least one, unless the host only serves a shared disk. */
  readonly programs: readonly ProgramStart[];
  /** How slow its processor is, and how fast its clocks run. */
  readonly machine: MachinePlan;
  /** It stands in for a service outside. `document`: what that is, or the path of the file that says it; absent for a function. */
  readonly outside?: { readonly document?: unknown; readonly path?: string };
}

/** What a machine is like. */
export interface MachinePlan {
  /** The time that every event takes, in nanoseconds. */
  readonly turnNs: number;
  /** Parts per million that its clocks gain. */
  readonly driftPpm: number;
}

/** A disk that several hosts share. */
export interface SharedPlan {
  /** Where it is mounted, and the folder of the server: an absolute path. */
  readonly path: string;
  /** The host whose disk it is. */
  readonly server: string;
  /** The hosts that mount it. */
  readonly hosts: readonly string[];
  readonly options: MountOptions;
}

/** What hosts fail together, and what the world survives. */
export interface Survived {
  readonly domains: readonly Domain[];
  readonly survivals: readonly Survival[];
}

/** The behaviour of a link without faults. `undefined`: determined by the preceding rule. */
export interface LinkPlan {
  readonly latencyNs: RangeNs | undefined;
  readonly bandwidthBytesPerSecond: number | undefined;
  /** A distribution in place of `latencyNs`. */
  readonly delays: Delays | undefined;
  readonly loss: number | undefined;
  readonly lossBurst: number | undefined;
}

/** A rule for the links between two sets of hosts, in both directions; `undefined` means all hosts. */
export interface LinkRule {
  readonly from: readonly string[] | undefined;
  readonly to: readonly string[] | undefined;
  readonly link: LinkPlan;
}

/** The description of a world. */
export interface Plan {
  readonly name: string;
  readonly hosts: readonly HostPlan[];
  /** In order; the last one that applies to a link takes precedence. */
  readonly links: readonly LinkRule[];
  readonly shared: readonly SharedPlan[];
  readonly faults: readonly FaultSource[];
  readonly survived: Survived;
  /** Whether programs may place faults themselves. */
  readonly byHand: boolean;
  readonly checks: readonly Check[];
  readonly tolerate: ReadonlySet<Tolerable>;
  readonly durationNs: number;
  /** When a run starts, in milliseconds since 1970; "drawn": the seed decides. `undefined`: the usual date. */
  readonly start: number | "drawn" | undefined;
  /** The last part of the run, without faults. */
  readonly calmNs: number;
  /** Inline programs by `inlineKey`: "worker", "shop/server". They belong to the realm in which the world file was evaluated. */
  readonly inline: ReadonlyMap<string, InlineProgram>;
  /** The liars that the world's author has written, by the names that faults have for them. */
  readonly liars: ReadonlyMap<string, WrittenLiar>;
  readonly isDefinite: (error: unknown, f: string) => boolean;
  /** Names of operations that may wait forever. */
  readonly openEnded: ReadonlySet<string>;
}
