/**
 * Carries out a schedule: begins each fault at its time and lifts it at its end. Faults may overlap: a host
 * is up again when its last crash is lifted, and a link has the combined effect of all its active faults.
 */
import { assert } from "../base/errors.ts";
import { concernsLink, endNs, type Fault, type LinkFault, linksOf } from "./faults.ts";
import type { Host } from "./host.ts";
import { Kind, type Kernel, NO_HOST } from "./kernel.ts";

/** The combined effect of all faults on a link. */
export interface LinkEffect {
  readonly blocked: boolean;
  readonly addNs: number;
  /** The share of packets lost in addition to the link's own loss, 0 to 1. */
  readonly loss: number;
}

/** Operations that the driver needs from the owner of the run. */
export interface FaultPorts {
  host(name: string): Host;
  setLink(from: string, to: string, effect: LinkEffect): void;
  /** Called when the host has power and no process: starts its program again. */
  restart(host: Host): void;
}

/** Carries out the schedule of one run. */
export class FaultDriver {
  readonly #kernel: Kernel;
  readonly #ports: FaultPorts;
  /** Active faults, in order of beginning. */
  readonly #active = new Set<Fault>();
  /** How many faults have begun. */
  begun = 0;

  constructor(kernel: Kernel, ports: FaultPorts) {
    this.#kernel = kernel;
    this.#ports = ports;
  }

  /** Schedules all faults of `schedule`. Faults that would last beyond `calmFromNs` are lifted at that time. */
  start(schedule: readonly Fault[], calmFromNs: number): void {
    const kernel = this.#kernel;
    for (const fault of schedule) {
      if (fault.startNs >= calmFromNs) continue;
      const endsNs = Math.min(endNs(fault), calmFromNs);
      kernel.scheduleAt(fault.startNs, NO_HOST, Kind.internal, () => this.#begin(fault), undefined);
      kernel.scheduleAt(endsNs, NO_HOST, Kind.internal, () => this.#lift(fault), undefined);
    }
  }

  #begin(fault: Fault): void {
    this.#active.add(fault);
    this.begun++;
    this.#kernel.mark(NO_HOST, Kind.fault, this.begun, fault);
    switch (fault.kind) {
      case "crash":
        for (const host of this.#hosts(fault)) {
          if (fault.params.how === "machine") host.powerOff();
          else host.killAll();
        }
        break;
      case "pause":
        for (const host of this.#hosts(fault)) host.pause();
        break;
      case "clock-step":
        for (const host of this.#hosts(fault)) host.clock.stepWall(fault.params.stepNs);
        break;
      case "clock-drift":
        for (const host of this.#hosts(fault)) this.#setDrift(host);
        break;
      case "partition":
      case "latency":
      case "loss":
        this.#updateLinks(fault);
    }
  }

  #lift(fault: Fault): void {
    assert(this.#active.delete(fault), `a ${fault.kind} is lifted that is not on`);
    this.#kernel.mark(NO_HOST, Kind.heal, this.begun, fault);
    switch (fault.kind) {
      case "crash":
        for (const host of this.#hosts(fault)) {
          if (this.#isOn("crash", host.name)) continue;
          host.powerOn();
          if (host.processes.size === 0) this.#ports.restart(host);
        }
        break;
      case "pause":
        for (const host of this.#hosts(fault)) {
          if (!this.#isOn("pause", host.name)) host.resume();
        }
        break;
      case "clock-step":
      case "clock-drift":
        for (const host of this.#hosts(fault)) this.#setRight(host);
        break;
      case "partition":
      case "latency":
      case "loss":
        this.#updateLinks(fault);
    }
  }

  /** Whether no process may run on `name` now. Used before a program that has ended is restarted. */
  isDown(name: string): boolean {
    return this.#isOn("crash", name);
  }

  /** Whether a process that starts on `name` now has to start paused. */
  isPaused(name: string): boolean {
    return this.#isOn("pause", name);
  }

  #hosts(fault: Fault): Host[] {
    return fault.targets.map((name) => this.#ports.host(name));
  }

  #isOn(kind: Fault["kind"], name: string): boolean {
    for (const fault of this.#active) {
      if (fault.kind === kind && fault.targets.includes(name)) return true;
    }
    return false;
  }

  #setDrift(host: Host): void {
    let ppm = 0;
    for (const fault of this.#active) {
      if (fault.kind === "clock-drift" && fault.targets.includes(host.name)) {
        ppm += fault.params.ppm;
      }
    }
    host.clock.setDriftPpm(ppm);
  }

  /** Sets the wall clock's error to the sum of the active clock faults, as a time daemon would. */
  #setRight(host: Host): void {
    this.#setDrift(host);
    let wantedNs = 0;
    for (const fault of this.#active) {
      if (fault.kind === "clock-step" && fault.targets.includes(host.name)) {
        wantedNs += fault.params.stepNs;
      }
    }
    host.clock.stepWall(wantedNs - host.clock.wallErrorNs());
  }

  #updateLinks(fault: LinkFault): void {
    for (const [from, to] of linksOf(fault)) this.#ports.setLink(from, to, this.#effect(from, to));
  }

  #effect(from: string, to: string): LinkEffect {
    let blocked = false;
    let addNs = 0;
    let arrives = 1;
    for (const fault of this.#active) {
      if (fault.kind !== "partition" && fault.kind !== "latency" && fault.kind !== "loss") continue;
      if (!concernsLink(fault, from, to)) continue;
      if (fault.kind === "partition") blocked = true;
      else if (fault.kind === "latency") addNs += fault.params.addNs;
      else arrives *= 1 - fault.params.probability;
    }
    return { blocked, addNs, loss: 1 - arrives };
  }
}
