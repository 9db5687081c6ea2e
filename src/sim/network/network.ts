/**
 * The network of a world: the address and name of each host, and the links between hosts. Links are created
 * on first use, as copies of the network's defaults.
 */
import { assert } from "../../base/errors.ts";
import type { Host } from "../host.ts";
import type { Kernel } from "../kernel.ts";
import { defaultLinkSettings, type Link, type LinkSettings } from "./link.ts";
import { Names } from "./names.ts";
import type { Overhearing } from "./overhear.ts";
import { HostStack } from "./stack.ts";

/** Connects the hosts of a world. */
export class Network {
  readonly kernel: Kernel;
  readonly names: Names = new Names();
  /** The settings of new links. */
  readonly defaults: LinkSettings = { ...defaultLinkSettings };
  /** Listens to what hosts say to each other, for faults that wait for a message. */
  overhearing: Overhearing | undefined;
  /** The network stacks in the order of their hosts' numbers. */
  readonly stacks: HostStack[] = [];
  readonly #byAddress: Map<string, HostStack> = new Map();
  #connections = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Creates a host's network interface and registers its name with its address. */
  attach(host: Host): HostStack {
    assert(!this.#byAddress.has(host.address), `two hosts have the address ${host.address}`);
    const stack = new HostStack(this, host);
    this.stacks.push(stack);
    this.#byAddress.set(host.address, stack);
    this.#byAddress.set(stack.address6, stack);
    this.#byAddress.set(stack.linkLocal, stack);
    this.names.set(host.name, [host.address]);
    this.names.setHidden(host.name, stack.address6);
    host.devices.push(stack);
    return stack;
  }

  /** The link from one host to another. Always returns the same object. */
  link(from: Host, to: Host): Link {
    return this.stackOf(from).linkTo(this.stackOf(to));
  }

  /** All links between two different hosts, ordered by the numbers of `from` and `to`. */
  links(): Link[] {
    const links: Link[] = [];
    for (const from of this.stacks) {
      for (const to of this.stacks) if (from !== to) links.push(from.linkTo(to));
    }
    return links;
  }

  /** Sets the latency of every link, including future ones, in nanoseconds. */
  setLatency(latency: { minNs: number; maxNs: number }): void {
    this.configure({ minLatencyNs: latency.minNs, maxLatencyNs: latency.maxNs });
  }

  /** Changes some settings of every link, including future ones. */
  configure(settings: Partial<LinkSettings>): void {
    Object.assign(this.defaults, settings);
    for (const stack of this.stacks) stack.configureLinks(settings);
  }

  /** The network stack of an attached host. */
  stackOf(host: Host): HostStack {
    const stack = this.#byAddress.get(host.address);
    assert(stack !== undefined, `host ${host.name} is not attached to the network`);
    return stack;
  }

  /** The stack that owns this address. Returns undefined if there is none. */
  stackAt(address: string): HostStack | undefined {
    return this.#byAddress.get(address);
  }

  /** Returns a number for a new connection, unique in the run. */
  newConnection(): number {
    return ++this.#connections;
  }
}
