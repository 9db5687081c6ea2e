/** A simulated machine: a name, addresses, clocks, a disk, a network interface, and processes. */
import type { Prng } from "../base/prng.ts";
import { HostClock } from "./clock.ts";
import type { PowerDetail } from "../trace/details.ts";
import { Freedoms } from "./freedoms.ts";
import { type Kernel, Kind } from "./kernel.ts";
import { type Lie, Liar } from "./lies.ts";
import type { Interpreter } from "./network/overhear.ts";
import { Moments } from "./moments.ts";
import { Process, type ProcessEnd } from "./process.ts";
import { type ServiceTrouble, ServiceTroubles } from "./service-troubles.ts";

/** A part of a host that is notified when the machine loses power and when it boots again. */
export interface Device {
  /** Returns what is lost, in words. */
  powerOff(): readonly string[];
  powerOn(): void;
}

/** Reports that a process accessed something that is unavailable while it is run ahead. */
export interface Seal {
  readonly firstPid: number;
  refuse(what: string): void;
}

/** A rare path that programs of a host take for a while, if they offer it. */
export interface RarePath {
  /** Whether the path with this name is meant. */
  concerns(name: string): boolean;
  /** The share of the passes that take it; 0 to 1. */
  readonly probability: number;
}

/** A simulated machine. */
export class Host {
  readonly kernel: Kernel;
  /** Its number in the run: 1, 2, 3, ... in the order in which the world names its hosts. */
  readonly id: number;
  readonly name: string;
  /** Its IPv4 address in the world's network: 10.0.x.y. */
  readonly address: string;
  readonly clock: HostClock;
  readonly prng: Prng;
  readonly processes: Set<Process> = new Set();
  /** Its network stack, disk and other devices, notified of power changes in order of registration. */
  readonly devices: Device[] = [];
  /** What waits for its programs to reach a certain point. */
  readonly moments: Moments = new Moments();
  /**
   * Set while a child is run ahead in isolation: processes with smaller numbers and other hosts are
   * unreachable.
   */
  sealed: Seal | undefined;
  /** The time that every turn of an event loop takes, in nanoseconds; more than 0 if the machine is slow. */
  turnNs = 0;
  /** The same, without any fault. */
  ownTurnNs = 0;
  /** The rare paths that its programs take now. */
  rarePaths: readonly RarePath[] = [];
  /** How often one was taken. */
  rarePathsTaken = 0;
  /** How often an operator has done something to a block here. */
  deeds = 0;
  /** How many crowds have reached it. */
  crowded = 0;
  /** What it does to the messages that its programs send, once a fault has made it lie. */
  liar: Liar | undefined;
  /** The freedoms that Node and its system take, once a fault has them take some. */
  freedoms: Freedoms | undefined;
  /** How it lets its users down, if it stands in for a service outside and a fault has made it do so. */
  service: ServiceTroubles | undefined;
  /** PEM texts of certificate authorities that its programs trust besides those that Node knows. */
  authorities: readonly string[] = [];
  /** Whether the machine has power. */
  up = true;
  #nextPid = 2;
  #rarePathPrng: Prng | undefined;

  constructor(kernel: Kernel, options: { id: number; name: string; address?: string }) {
    this.kernel = kernel;
    this.id = options.id;
    this.name = options.name;
    this.address = options.address ?? `10.0.${options.id >> 8}.${options.id & 0xff}`;
    this.clock = new HostClock(kernel, options.id);
    this.prng = kernel.prng.fork(`host.${options.name}`);
  }

  /** Creates a process, without code yet. `program`: the name of one of several programs of this host. */
  spawn(program?: string): Process {
    return this.#add(new Process(this, this.#nextPid++, 1, program));
  }

  /** Creates a child of a process, without code yet. It belongs to the same program. */
  spawnChild(parent: Process): Process {
    return this.#add(new Process(this, this.#nextPid++, parent.pid, parent.program));
  }

  #add(process: Process): Process {
    this.processes.add(process);
    return process;
  }

  /**
   * How it lies to other hosts from now on; an empty list if it is honest. `interpret`: what tells the messages in what it
   * sends, if anything does.
   */
  setLies(lies: readonly Lie[], interpret?: () => Interpreter | undefined): void {
    if (lies.length === 0 && !this.liar) return;
    this.liar ??= new Liar(this.prng.fork("lies"), interpret?.());
    this.liar.lies = lies;
  }

  /** The share of the occasions at which a freedom is taken from now on. */
  setFreedom(probability: number): void {
    if (probability === 0 && !this.freedoms) return;
    this.freedoms ??= new Freedoms(this.prng.fork("freedoms"));
    this.freedoms.probability = probability;
  }

  /** How it lets its users down from now on; an empty list if it does not. */
  setTroubles(troubles: readonly ServiceTrouble[]): void {
    if (troubles.length === 0 && !this.service) return;
    this.service ??= new ServiceTroubles(this.prng.fork("service"));
    this.service.active = troubles;
  }

  /** Whether a program that comes to a rare path takes it now. Nothing is drawn unless a fault concerns the path. */
  takesRarePath(name: string): boolean {
    const paths = this.rarePaths.filter((path) => path.concerns(name));
    if (paths.length === 0) return false;
    const prng = (this.#rarePathPrng ??= this.prng.fork("rare-paths"));
    const takes = prng.chance(Math.max(...paths.map(({ probability }) => probability)));
    if (takes) this.rarePathsTaken++;
    return takes;
  }

  /** Skips `count` process numbers, which processes that have already ended have used. */
  skipPids(count: number): void {
    this.#nextPid += count;
  }

  /**
   * The machine loses power: all processes and their memory are lost, peers are not told, and the disk
   * keeps its durable state.
   */
  powerOff(): void {
    if (!this.up) return;
    this.up = false;
    // What is lost is known, and told, once the devices are off.
    const lost: string[] = [];
    this.#tellPower(lost);
    // The devices come first: the network stack of a machine without power must not close connections for
    // its processes.
    for (const device of this.devices) lost.push(...device.powerOff());
    this.#endAll({ code: null, signal: "SIGKILL" });
  }

  /** Boots the machine. The owner of the world starts its program again. */
  powerOn(): void {
    if (this.up) return;
    this.up = true;
    this.#tellPower();
    this.clock.reboot();
    this.#nextPid = 2;
    for (const device of this.devices) device.powerOn();
  }

  /** Kills every process. The operating system keeps running and resets their connections. */
  killAll(signal = "SIGKILL"): void {
    this.#endAll({ code: null, signal });
  }

  pause(): void {
    for (const process of this.processes) process.pause();
  }

  resume(): void {
    for (const process of this.processes) process.resume();
  }

  #tellPower(lost?: readonly string[]): void {
    const { kernel, up } = this;
    const detail: PowerDetail = lost ? { on: up, lost } : { on: up };
    kernel.mark(this.id, Kind.power, up ? 1 : 0, kernel.observer && detail);
  }

  #endAll(end: ProcessEnd): void {
    for (const process of [...this.processes]) process.terminate(end);
  }
}
