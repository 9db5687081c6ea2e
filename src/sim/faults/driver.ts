/**
 * Carries out a schedule: begins each fault at its time and lifts it at its end. Faults may overlap: a host
 * is up again when its last crash is lifted, and a link has the combined effect of all its active faults.
 */
import { assert } from "../../base/errors.ts";
import { digestOfText } from "../../base/fingerprint.ts";
import { diskOf } from "../disk/disk.ts";
import { soundDisk } from "../disk/disk-faults.ts";
import type { Host } from "../host.ts";
import { Kind, type Kernel, NO_HOST } from "../kernel.ts";
import type { Process } from "../process.ts";
import type { Moment, Trap } from "../moments.ts";
import type { MessageTest } from "../../filter/match.ts";
import type { OwnLiar } from "../lies.ts";
import { type Ear, type Interpreter, isAskedFor, type Overhearing } from "../network/overhear.ts";
import { endNs, type Fault } from "./fault.ts";
import {
  type CrowdOrder,
  type FaultKind,
  type FaultReach,
  type HostEffect,
  type LinkEffect,
  type OperatorOrder,
  soundLink,
} from "./kind.ts";
import { concernsLink, type LinkParams, linksOf } from "./link-sides.ts";
import { faultKind } from "./registry.ts";

/** Operations that the driver needs from the owner of the run. */
export interface FaultPorts {
  host(name: string): Host;
  setLink(from: string, to: string, effect: Readonly<LinkEffect>): void;
  /** The number of packets that were sent on a link so far, if the owner counts them. */
  packets?(from: string, to: string): number;
  /** Called when the host has power and no process: starts its program again. */
  restart(host: Host): void;
  /** Which version of its programs a host starts from now on. */
  setVersion?(host: Host, version: string): void;
  /** What listens to all that hosts say to each other. */
  overhearing?(): Overhearing;
  /** Tells the messages in what one host sends. */
  interpreter?(): Interpreter;
  /** Starts the programs of a host again that a fault has killed. */
  revive?(host: Host): void;
  /** Starts an operator of a block on a host; what it returns has the operator undo what it has done. */
  operate?(host: Host, order: OperatorOrder): (() => void) | undefined;
  /** Starts a crowd that sends requests to a host; what it returns ends it. */
  crowd?(host: Host, order: CrowdOrder): (() => void) | undefined;
  /** The liar of the world's author with a name. */
  liar?(name: string): OwnLiar | undefined;
  /** Parses a filter of messages that is known to be one. */
  messageTest?(when: string): MessageTest;
}

/** Carries out the schedule of one run. */
export class FaultDriver implements FaultReach {
  readonly kernel: Kernel;
  readonly #ports: FaultPorts;
  /** Active faults, in order of beginning. */
  readonly #active = new Set<Fault>();
  /** The processes that faults have killed on their own. */
  readonly killed: WeakSet<Process> = new WeakSet();
  /** How many faults have begun. */
  begun = 0;
  /** By kind: how many faults have ended, and how many of them have mattered. */
  readonly mattered: Map<string, { ended: number; mattered: number }> = new Map();
  /** The faults that followed from others: they are in no schedule. */
  readonly following: Fault[] = [];
  readonly #followed = new Map<Fault, number>();
  /** The faults that programs have placed, and who is told when one is over. */
  readonly #placed = new Map<Fault, (lastedNs: number) => void>();
  readonly #listening = new Map<Fault, Overhearing>();
  /** What the active faults have set up on their targets. */
  readonly #traps = new Map<Fault, Trap>();
  /** What undoes what operators of blocks have done for a fault, and ends its crowds. */
  readonly #operators = new Map<Fault, readonly (() => void)[]>();
  #calmFromNs = Infinity;
  /** The counts of `FaultKind.matters` at the beginnings of the active faults. */
  readonly #counts = new Map<Fault, number | undefined>();

  constructor(kernel: Kernel, ports: FaultPorts) {
    this.kernel = kernel;
    this.#ports = ports;
  }

  /**
   * Begins the faults of `schedule` that precede the programs; see {@link FaultKind.precedesPrograms}. Faults that
   * would last beyond `calmFromNs` are lifted at that time.
   */
  startFirst(schedule: readonly Fault[], calmFromNs: number): void {
    this.#calmFromNs = calmFromNs;
    // Conversations are listened to from their beginnings, whenever a fault will wait for a message.
    const isListening = schedule.some((fault) => faultKind(fault.kind).listens?.(fault));
    if (isListening) this.#ports.overhearing?.();
    for (const fault of schedule) {
      if (!precedesPrograms(fault) || calmFromNs === 0) continue;
      this.#begin(fault);
      this.#liftLater(fault);
    }
  }

  /** Schedules the other faults. */
  start(schedule: readonly Fault[], calmFromNs: number): void {
    const { kernel } = this;
    this.#calmFromNs = calmFromNs;
    for (const fault of schedule) {
      if (precedesPrograms(fault) || fault.startNs >= calmFromNs) continue;
      kernel.scheduleAt(fault.startNs, NO_HOST, Kind.internal, () => this.#begin(fault), undefined);
      this.#liftLater(fault);
    }
  }

  /** Whether no process may run on `name` now. Used before a program that has ended is restarted. */
  isDown(name: string): boolean {
    return this.#isKept("down", name) || this.isOff(name);
  }

  isOff(name: string): boolean {
    return this.#isKept("off", name);
  }

  /** Whether a process that starts on `name` now has to start paused. */
  isPaused(name: string): boolean {
    return this.#isKept("paused", name);
  }

  /**
   * Until when active faults keep two hosts from reaching each other in both directions, in nanoseconds since the start of
   * the run: `Infinity` if for good, and the time now if they do not.
   */
  apartUntilNs(one: string, other: string): number {
    let untilNs = this.kernel.nowNs;
    for (const fault of this.#active) {
      const kind = faultKind(fault.kind);
      const isDark = (name: string): boolean =>
        (name === one || name === other) && !this.host(name).up;
      const keepsDown = kind.keeps === "off" || kind.keeps === "down";
      if (keepsDown && fault.targets.some(isDark)) {
        untilNs = Math.max(
          untilNs,
          kind.forGood === true ? Infinity : endNs(this.#untilCalm(fault)),
        );
      }
      if (!kind.onLink) continue;
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        if (!concernsLink(fault as unknown as Fault<LinkParams>, from, to)) continue;
        const effect = soundLink();
        kind.onLink(this.#untilCalm(fault), effect);
        if (effect.blocked) untilNs = Math.max(untilNs, endNs(this.#untilCalm(fault)));
      }
    }
    return untilNs;
  }

  host(name: string): Host {
    return this.#ports.host(name);
  }

  hosts(fault: Pick<Fault, "targets">): Host[] {
    return fault.targets.map((name) => this.#ports.host(name));
  }

  active<Params extends object>(kind: FaultKind<Params>, host: string): Fault<Params>[] {
    const found: Fault[] = [];
    for (const fault of this.#active) {
      if (fault.kind === kind.name && fault.targets.includes(host)) found.push(fault);
    }
    return found as unknown as Fault<Params>[];
  }

  operate<Params extends object>(fault: Fault<Params>, host: Host, order: OperatorOrder): void {
    this.#dismissLater(fault, this.#ports.operate?.(host, order));
  }

  crowd<Params extends object>(fault: Fault<Params>, host: Host, order: CrowdOrder): void {
    this.#dismissLater(fault, this.#ports.crowd?.(host, order));
  }

  #dismissLater<Params extends object>(
    fault: Fault<Params>,
    dismiss: (() => void) | undefined,
  ): void {
    const key = fault as unknown as Fault;
    if (dismiss) this.#operators.set(key, [...(this.#operators.get(key) ?? []), dismiss]);
  }

  dismiss<Params extends object>(fault: Fault<Params>): void {
    const key = fault as unknown as Fault;
    for (const dismiss of this.#operators.get(key) ?? []) dismiss();
    this.#operators.delete(key);
  }

  kill(process: Process, signal: string): void {
    this.killed.add(process);
    process.terminate({ code: null, signal });
  }

  revive(host: Host): void {
    if (host.up && !this.isDown(host.name)) this.#ports.revive?.(host);
  }

  liar(name: string): OwnLiar | undefined {
    return this.#ports.liar?.(name);
  }

  isActive<Params extends object>(fault: Fault<Params>): boolean {
    return this.#active.has(fault as unknown as Fault);
  }

  update<Params extends object>(fault: Fault<Params>): void {
    this.#updateEffects(faultKind(fault.kind), fault as unknown as Fault);
  }

  setVersion(host: Host, version: string): void {
    this.#ports.setVersion?.(host, version);
  }

  restart(host: Host): void {
    this.#ports.restart(host);
  }

  await<Params extends object>(fault: Fault<Params>, trap: (moment: Moment) => boolean): void {
    const scheduled = fault as unknown as Fault;
    const set: Trap = (moment) => {
      // The fault is over as soon as it has struck, though it is lifted later.
      if (trap(moment)) this.#unset(scheduled);
    };
    this.#traps.set(scheduled, set);
    for (const host of this.hosts(scheduled)) host.moments.await(set);
  }

  listen<Params extends object>(fault: Fault<Params>, when: string, ear: Ear): void {
    const overhearing = this.#ports.overhearing?.();
    const test = this.#ports.messageTest?.(when);
    if (!overhearing || !test) return;
    this.#listening.set(fault as unknown as Fault, overhearing);
    overhearing.listen(fault, (message, piece) => {
      const fate = isAskedFor(test, message, piece) ? ear(message, piece) : undefined;
      if (fate) overhearing.forget(fault);
      return fate;
    });
  }

  follow<Params extends object>(from: Fault<Params>, fault: Fault): void {
    const cause = from as unknown as Fault;
    this.#followed.set(cause, this.followed(from) + 1);
    this.following.push(fault);
    this.#begin(fault);
    this.#liftLater(fault);
  }

  followed<Params extends object>(from: Fault<Params>): number {
    return this.#followed.get(from as unknown as Fault) ?? 0;
  }

  /**
   * Begins a fault that a program has placed. It ends like others, or when it is lifted. `onLift` is told how long it has
   * lasted.
   */
  place(fault: Fault, onLift: (lastedNs: number) => void): void {
    this.#placed.set(fault, onLift);
    this.#begin(fault);
    this.#liftLater(fault);
  }

  /** Lifts a fault that a program has placed, unless it is over. */
  liftPlaced(fault: Fault): void {
    if (this.#active.has(fault)) this.#lift(fault);
  }

  /** Calls `action` when a message that a filter asks for is sent. */
  afterMessage(when: string, action: () => void): void {
    const overhearing = this.#ports.overhearing?.();
    const test = this.#ports.messageTest?.(when);
    if (!overhearing || !test) return;
    const key = {};
    overhearing.listen(key, (message, piece) => {
      if (!isAskedFor(test, message, piece)) return undefined;
      overhearing.forget(key);
      action();
      return undefined;
    });
  }

  /** Schedules the end of a fault: its own, or the beginning of the calm if that comes first. */
  #liftLater(fault: Fault): void {
    if (faultKind(fault.kind).forGood === true) return;
    const { kernel } = this;
    const endsNs = Math.min(endNs(fault), Math.max(this.#calmFromNs, kernel.nowNs));
    const lift = (): void => {
      // A program may have lifted its own before.
      if (this.#active.has(fault)) this.#lift(fault);
    };
    kernel.scheduleAt(endsNs, NO_HOST, Kind.internal, lift, undefined);
  }

  /** Takes away what a fault has set up on its targets. */
  #unset(fault: Fault): void {
    this.#listening.get(fault)?.forget(fault);
    this.#listening.delete(fault);
    const trap = this.#traps.get(fault);
    if (!trap) return;
    this.#traps.delete(fault);
    for (const host of this.hosts(fault)) host.moments.forget(trap);
  }

  #begin(fault: Fault): void {
    const kind = faultKind(fault.kind);
    this.#counts.set(fault, this.#count(kind, fault));
    this.#active.add(fault);
    this.begun++;
    this.kernel.mark(NO_HOST, Kind.fault, digest(fault), fault);
    kind.begin?.(fault, this);
    this.#updateEffects(kind, fault);
  }

  #lift(fault: Fault): void {
    const kind = faultKind(fault.kind);
    this.#placed.get(fault)?.(this.kernel.nowNs - fault.startNs);
    kind.end?.(fault, this);
    assert(this.#active.delete(fault), `a ${fault.kind} is lifted that is not on`);
    this.kernel.mark(NO_HOST, Kind.heal, digest(fault), fault);
    this.#unset(fault);
    if (!this.following.includes(fault)) this.#note(kind, fault);
    kind.lift?.(fault, this);
    this.#updateEffects(kind, fault);
  }

  /** Records whether a fault that is over has mattered. */
  #note(kind: FaultKind, fault: Fault): void {
    const before = this.#counts.get(fault);
    this.#counts.delete(fault);
    let tally = this.mattered.get(kind.name);
    if (!tally) this.mattered.set(kind.name, (tally = { ended: 0, mattered: 0 }));
    tally.ended++;
    if (before === undefined || before !== this.#count(kind, fault)) tally.mattered++;
  }

  #count(kind: FaultKind, fault: Fault): number | undefined {
    const { matters } = kind;
    if (matters) return sumOf(this.hosts(fault), (host) => matters.count(host, fault, this));
    const { packets } = this.#ports;
    if (!kind.onLink || !packets) return undefined;
    const links = linksOf(fault as unknown as Fault<LinkParams>);
    return sumOf(links, ([from, to]) => packets(from, to));
  }

  #updateEffects(kind: FaultKind, fault: Fault): void {
    if (kind.onLink) this.#updateLinks(fault);
    if (kind.onDisk) for (const host of this.hosts(fault)) this.#updateDisk(host);
    if (kind.onHost) for (const host of this.hosts(fault)) this.#updateHost(host);
  }

  #updateHost(host: Host): void {
    const effect: HostEffect = {
      turnNs: host.ownTurnNs,
      rarePaths: [],
      lies: [],
      freedom: 0,
      service: [],
    };
    for (const fault of this.#active) {
      if (fault.targets.includes(host.name)) faultKind(fault.kind).onHost?.(fault, effect, this);
    }
    host.turnNs = effect.turnNs;
    host.rarePaths = effect.rarePaths;
    host.setFreedom(effect.freedom);
    host.setTroubles(effect.service);
    host.setLies(effect.lies, () => this.#ports.interpreter?.());
  }

  #updateDisk(host: Host): void {
    const effect = soundDisk();
    for (const fault of this.#active) {
      if (!fault.targets.includes(host.name)) continue;
      faultKind(fault.kind).onDisk?.(this.#untilCalm(fault), effect);
    }
    diskOf(host).setEffect(effect);
  }

  #isKept(state: FaultKind["keeps"], name: string): boolean {
    for (const fault of this.#active) {
      if (faultKind(fault.kind).keeps === state && fault.targets.includes(name)) return true;
    }
    return false;
  }

  #updateLinks(fault: Fault): void {
    for (const [from, to] of linksOf(fault as unknown as Fault<LinkParams>)) {
      this.#ports.setLink(from, to, this.#linkEffect(from, to));
    }
  }

  #linkEffect(from: string, to: string): LinkEffect {
    const effect = soundLink();
    for (const fault of this.#active) {
      const kind = faultKind(fault.kind);
      if (!kind.onLink) continue;
      if (!concernsLink(fault as unknown as Fault<LinkParams>, from, to)) continue;
      kind.onLink(this.#untilCalm(fault), effect);
    }
    return effect;
  }

  /** No fault lasts beyond the beginning of the calm. */
  #untilCalm(fault: Fault): Fault {
    const lastsNs = Math.min(fault.durationNs, Math.max(0, this.#calmFromNs - fault.startNs));
    return { ...fault, durationNs: lastsNs };
  }
}

function precedesPrograms({ kind, startNs }: Fault): boolean {
  return startNs === 0 && faultKind(kind).precedesPrograms === true;
}

function sumOf<Item>(items: readonly Item[], number: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + number(item), 0);
}

/** A digest of everything that a fault says, so that another fault gives another fingerprint. */
function digest(fault: Fault): number {
  return digestOfText(JSON.stringify(fault));
}
