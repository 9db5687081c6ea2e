/**
 * What a kind of fault consists of. A kind is one file in this folder: how it is drawn, begun, lifted, told,
 * made lighter and validated. The registry lists them all.
 */
import type { Duration, DurationRange } from "../../base/units.ts";
import type { Prng } from "../../base/prng.ts";
import type { DiskEffect } from "../disk/disk-faults.ts";
import type { Host, RarePath } from "../host.ts";
import type { Lie, OwnLiar } from "../lies.ts";
import type { Kernel } from "../kernel.ts";
import type { Process } from "../process.ts";
import type { ServiceTrouble } from "../service-troubles.ts";
import type { Moment } from "../moments.ts";
import type { Delays } from "../network/delays.ts";
import type { Ear } from "../network/overhear.ts";
import type { Fault, FaultParams, RangeNs } from "./fault.ts";

/** The combined effect of all active faults on one directed link. */
export interface LinkEffect {
  blocked: boolean;
  /** Added to the latency, in nanoseconds. */
  addNs: number;
  /** The share of packets that gets through, in addition to the link's own loss; 0 to 1. */
  arrives: number;
  /** Bytes a second; `Infinity` for no limit beyond the link's own. */
  bandwidth: number;
  /** The shares of datagrams that arrive twice, and out of order. */
  duplicate: number;
  reorder: number;
  /** The share of packets in which one bit changes, and the share that TCP delivers with a changed bit. */
  corrupt: number;
  undetected: number;
  /** How many packets in a row are lost on average, if they are not lost independently. */
  lossBurst: number;
  /** Distributions from which a delay is added to each packet's. */
  delays: Delays[];
  /** Added to the time that the end of a connection takes. */
  finNs: number;
  /** Whether new connections are refused. */
  refuses: boolean;
  /** Whether requests for new connections are dropped, as when the queue of a listener is full. */
  ignores: boolean;
}

/** A link without faults. */
export function soundLink(): LinkEffect {
  return {
    blocked: false,
    addNs: 0,
    arrives: 1,
    bandwidth: Infinity,
    duplicate: 0,
    reorder: 0,
    corrupt: 0,
    undetected: 0,
    lossBurst: 0,
    delays: [],
    finNs: 0,
    refuses: false,
    ignores: false,
  };
}

/** The combined effect of all active faults on one host. */
export interface HostEffect {
  /** The time that every turn of an event loop takes, in nanoseconds. */
  turnNs: number;
  /** The rare paths that its programs take. */
  rarePaths: RarePath[];
  /** How it lies to other hosts. */
  lies: Lie[];
  /** How a stand-in for a service outside lets its users down. */
  service: ServiceTrouble[];
  /** The share of the occasions at which Node and its system take a freedom that they have. */
  freedom: number;
}

/** What an operator of a block is to do. */
export interface OperatorOrder {
  /** The name of the block. */
  readonly block: string;
  readonly name: string;
  /** Numbers for it, by name. */
  readonly values: Readonly<Record<string, number>>;
}

/** What a crowd is to do. */
export interface CrowdOrder {
  /** Requests a second. */
  readonly rate: number;
  readonly port: number;
  /** What each sends. */
  readonly request: string;
}

/** What a kind can do to the run. */
export interface FaultReach {
  readonly kernel: Kernel;
  host(name: string): Host;
  /** The hosts that a fault names. */
  hosts(fault: Pick<Fault, "targets">): readonly Host[];
  /** The active faults of a kind that affect a host, in the order in which they began. */
  active<Params extends object>(kind: FaultKind<Params>, host: string): readonly Fault<Params>[];
  /** Whether an active fault keeps a host down, or will start its programs again. */
  isDown(name: string): boolean;
  /** Whether an active fault keeps the power of a host off, whatever other faults end. */
  isOff(name: string): boolean;
  /** Starts the program of a host that has power and no process. */
  restart(host: Host): void;
  /** Has the operator of a block on a host do something, until the fault dismisses it. */
  operate<Params extends object>(fault: Fault<Params>, host: Host, order: OperatorOrder): void;
  /** Has a crowd send requests to a host, until the fault dismisses it. */
  crowd<Params extends object>(fault: Fault<Params>, host: Host, order: CrowdOrder): void;
  /** Has the operators undo what they have done for a fault, and ends its crowds. */
  dismiss<Params extends object>(fault: Fault<Params>): void;
  /** Ends a process by a signal. How it ended is the fault's doing, and its supervisor is told. */
  kill(process: Process, signal: string): void;
  /** Starts the programs of a host again that {@link kill} has ended and that nothing else has started since. */
  revive(host: Host): void;
  /** A liar that the author of the world has written, by the name that its fault has for it. */
  liar(name: string): OwnLiar | undefined;
  /** Whether a fault has begun and was not lifted. */
  isActive<Params extends object>(fault: Fault<Params>): boolean;
  /** Takes the effect of an active fault anew, which has changed. */
  update<Params extends object>(fault: Fault<Params>): void;
  /** Which version of its programs a host starts from now on. */
  setVersion(host: Host, version: string): void;
  /**
   * Shows an active fault each moment that a program of its targets comes to, until the fault is lifted or `trap`
   * returns true. A program is within its code then, and may be ended.
   */
  await<Params extends object>(fault: Fault<Params>, trap: (moment: Moment) => boolean): void;
  /**
   * Shows an active fault each message between two hosts that a filter asks for, before it is sent, until the fault is
   * lifted or `ear` says what happens to it. `from` and `to` may be any hosts.
   */
  listen<Params extends object>(fault: Fault<Params>, when: string, ear: Ear): void;
  /**
   * Begins a fault that no schedule contains and that follows from one that is active: what that one has waited for
   * has come. It is lifted, told and counted like others.
   */
  follow<Params extends object>(from: Fault<Params>, fault: Fault): void;
  /** How many faults have followed from a fault. */
  followed<Params extends object>(from: Fault<Params>): number;
}

/** One kind of fault, as schedules contain it. */
export interface FaultKind<Params extends object = FaultParams> {
  /** Its name in schedules. */
  readonly name: string;
  /**
   * The state in which it keeps its targets; "off" is down, without power. They leave it when the last such fault is
   * lifted.
   */
  readonly keeps?: "down" | "off" | "paused";
  /** Whether it is never lifted: it lasts through the calm, to the end of the run. */
  readonly forGood?: boolean;
  /**
   * What it takes from its targets, for worlds that say how many hosts they survive the loss of: they are "away" as long as it
   * lasts; or what is on their "disk", or their "word", cannot be trusted in this run. `undefined`: nothing of these.
   * Kinds of links that let nothing through need not say it.
   */
  harms?(fault: Fault<Params>): "away" | "disk" | "word" | undefined;
  /** Until when its targets are away. Default: its end. */
  harmsUntilNs?(fault: Fault<Params>): number;
  /**
   * How far the fault alone has put the wall clocks of its targets ahead after `lastedNs`, in nanoseconds;
   * setting them right takes it back. `undefined` if the fault does not say. A kind without this method does
   * not touch clocks.
   */
  clockErrorNs?(fault: Fault<Params>, lastedNs: number): number | undefined;
  /** Whether it happens at one moment. Its duration then says nothing, and its end is not told. */
  readonly instant?: boolean;
  /** Whether it waits for messages. Conversations are then listened to from their beginnings. */
  listens?(fault: Fault<Params>): boolean;
  /** Whether it damages the disks of its targets when it begins. Stories then say what was lost. */
  damagesDisk?(fault: Fault<Params>): boolean;
  /**
   * Whether a fault mattered: a number that grows when something happens that the fault changes, compared before
   * its beginning and after its end. Kinds of links need none: packets on the links are counted. Without it,
   * every fault counts as one that mattered.
   */
  readonly matters?: {
    /** The number of one target. */
    count(host: Host, fault: Fault<Params>, reach: FaultReach): number;
    /** What did not happen if the number has not grown: "no program read a wall clock meanwhile". */
    readonly otherwise: string;
  };
  /**
   * Whether a fault that is there from the first instant begins before any program starts. Others find the programs
   * started.
   */
  readonly precedesPrograms?: boolean;
  begin?(fault: Fault<Params>, reach: FaultReach): void;
  /** Called at the end of the fault, while it is still active. */
  end?(fault: Fault<Params>, reach: FaultReach): void;
  /** Called when the fault is not active any more. */
  lift?(fault: Fault<Params>, reach: FaultReach): void;
  /**
   * Adds the fault's effect to that of the other active faults on a link. A kind with this method has
   * {@link LinkParams} among its parameters.
   */
  onLink?(fault: Fault<Params>, effect: LinkEffect): void;
  /** Adds the fault's effect to that of the other active faults on a target. */
  onHost?(fault: Fault<Params>, effect: HostEffect, reach: FaultReach): void;
  /** Adds the fault's effect to that of the other active faults on the disk of a target. */
  onDisk?(fault: Fault<Params>, effect: DiskEffect): void;
  /** The beginning in words, without the duration: "worker-1 pauses". */
  tell(fault: Fault<Params>): string;
  /** The end in words: "worker-1 resumes". */
  tellLift(fault: Fault<Params>): string;
  /** Weaker versions of the fault, the weakest first. The duration is shortened elsewhere. */
  lighter(fault: Fault<Params>): readonly Fault<Params>[];
  /** Names of parameters that are there only with certain options. */
  readonly optional?: readonly string[];
  /** Whether parameters that were read from a file are of this kind. */
  isValid(params: FaultParams): boolean;
}

/** How long a fault lasts, and how often it occurs. The seed draws from these ranges. */
export interface FaultOptions {
  /** The duration of one fault. */
  readonly lasts?: DurationRange;
  /** The average time from the end of one fault to the start of the next. Default: `1s..30s`. */
  readonly every?: DurationRange;
  /**
   * When such faults begin, since the start of the run, in every run; in place of `every`. What else they are is
   * drawn as always. A time in the calm has no effect. Default: drawn.
   */
  readonly at?: Duration | readonly Duration[];
}

/** Reads and validates one option. */
export interface OptionReader<Given, Read> {
  /** Whether it is a filter of messages. */
  readonly isFilter?: true;
  /** The value if the option is absent. */
  readonly fallback: Read;
  /** Throws `LC_BAD_WORLD` with what is wrong; `where` names the option. */
  read(value: Given, where: string): Read;
}

/** The input of drawing one fault. */
export interface Draw<Read> {
  readonly targets: readonly string[];
  /** All hosts of the world. */
  readonly hosts: readonly string[];
  readonly options: Read;
  readonly prng: Prng;
  /** How many faults this source has drawn before, to name streams of random numbers. */
  readonly at: number;
  /** The faults that this source has drawn before. */
  readonly earlier: readonly Fault[];
  /** The racks and zones of the world, with their hosts. */
  readonly domains: readonly Domain[];
}

/** Hosts that fail together: those of one rack or of one zone. */
export interface Domain {
  readonly level: "rack" | "zone";
  readonly name: string;
  readonly hosts: readonly string[];
}

/** A fault without its time. */
export type Drawn<Params extends object = FaultParams> = Omit<
  Fault<Params>,
  "startNs" | "durationNs"
> & {
  /** How long it lasts, in place of what was drawn from `lasts`. */
  readonly durationNs?: number;
};

/** The names of the options that only one word has. */
type Own<Options> = Exclude<keyof Options, keyof FaultOptions>;

/** A word of worlds, such as `w.crash(...)`, that allows faults of one kind or of several related kinds. */
export interface FaultWord<Options extends FaultOptions = FaultOptions, Read = unknown> {
  /** The kinds of the faults that it draws. */
  readonly kinds: readonly FaultKind[];
  /** Whether it concerns links between hosts, so that a world needs two hosts for it. */
  readonly links: boolean;
  /** Whether it concerns stand-ins for services outside: its targets are those. */
  readonly outside?: boolean;
  /** Whether it concerns disks that hosts share: its targets are the hosts that mount one. */
  readonly shared?: boolean;
  /** Whether it concerns blocks that can suffer in ways of their own: its targets are the hosts that run one. */
  readonly blocks?: boolean;
  /** Whether it needs the host from which a crowd's requests come. */
  readonly crowd?: boolean;
  /** Options as somebody might write them. The documentation shows them, and tests read them. */
  readonly example: Options;
  /** The default of `lasts`. */
  readonly lasts: RangeNs;
  readonly options: {
    readonly [Name in Own<Options>]-?: OptionReader<
      NonNullable<Options[Name]>,
      Name extends keyof Read ? Read[Name] : never
    >;
  };
  /** The versions of programs that its faults start. Its targets must have them. */
  versions?(options: Read): readonly string[];
  /** Draws one fault; `undefined` if there can be no more in this run. */
  draw(draw: Draw<Read>): Drawn<object> | undefined;
}

/** The options of a word, as a world gives them. */
export type OptionsOf<Word> = Word extends { readonly example: infer Options } ? Options : never;

/** A fault that a world allows. The seed decides whether, when and how severely it occurs. */
export interface FaultSource {
  /** The word that created it. */
  readonly word: string;
  /** The hosts that may be affected; for links, the hosts at either end. */
  readonly targets: readonly string[];
  readonly lasts: RangeNs;
  readonly every: RangeNs;
  /** The times at which such faults begin in every run, in order; `undefined` if the seed draws them. */
  readonly atNs?: readonly number[] | undefined;
  /** The word's own options, as its readers have read them. */
  readonly options: unknown;
}
