/** The links of one run, configured as the world describes and modified by faults. */
import { assert } from "../base/errors.ts";
import type { LinkEffect } from "../sim/faults/index.ts";
import type { Host } from "../sim/host.ts";
import type { Kernel } from "../sim/kernel.ts";
import type { Link, LinkSettings } from "../sim/network/link.ts";
import { Network } from "../sim/network/network.ts";
import type { LinkPlan, LinkRule } from "./plan.ts";

/** Connects the hosts of a run. */
export class WorldLinks {
  readonly network: Network;
  readonly #hosts = new Map<string, Host>();
  /** Each link's own loss, recorded when a fault first affects it. */
  readonly #ownLoss = new Map<Link, number>();

  constructor(kernel: Kernel, hosts: readonly Host[], rules: readonly LinkRule[]) {
    this.network = new Network(kernel);
    for (const host of hosts) {
      this.#hosts.set(host.name, host);
      this.network.attach(host);
    }
    for (const rule of rules) this.#apply(rule);
  }

  /** Sets the combined effect of all faults on a link. */
  setEffect(from: string, to: string, effect: Readonly<LinkEffect>): void {
    const link = this.network.link(this.#host(from), this.#host(to));
    let own = this.#ownLoss.get(link);
    if (own === undefined) this.#ownLoss.set(link, (own = link.loss));
    link.blocked = effect.blocked;
    link.extraLatencyNs = effect.addNs;
    link.loss = 1 - (1 - own) * effect.arrives;
  }

  #apply({ from, to, link }: LinkRule): void {
    const settings = settingsOf(link);
    if (from === undefined || to === undefined) {
      this.network.configure(settings);
      return;
    }
    for (const a of from) {
      for (const b of to) {
        if (a === b) continue;
        this.network.link(this.#host(a), this.#host(b)).configure(settings);
        this.network.link(this.#host(b), this.#host(a)).configure(settings);
      }
    }
  }

  #host(name: string): Host {
    const host = this.#hosts.get(name);
    assert(host, `no host ${name} is in the network`);
    return host;
  }
}

function settingsOf({ latencyNs, bandwidthBytesPerSecond, loss }: LinkPlan): Partial<LinkSettings> {
  return {
    ...(latencyNs && { minLatencyNs: latencyNs.minNs, maxLatencyNs: latencyNs.maxNs }),
    ...(bandwidthBytesPerSecond !== undefined && { bandwidth: bandwidthBytesPerSecond }),
    ...(loss !== undefined && { loss }),
  };
}
