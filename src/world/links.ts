/** The links of one run, configured as the world describes and modified by faults. */
import { assert } from "../base/errors.ts";
import type { LinkEffect } from "../sim/faults/index.ts";
import type { Host } from "../sim/host.ts";
import type { Kernel } from "../sim/kernel.ts";
import { defaultLinkSettings, type Link, type LinkSettings } from "../sim/network/link.ts";
import { Network } from "../sim/network/network.ts";
import type { LinkPlan, LinkRule } from "./plan.ts";

/** Connects the hosts of a run. */
export class WorldLinks {
  readonly network: Network;
  readonly #hosts = new Map<string, Host>();
  /** Each link's own settings, recorded when a fault first affects it. */
  readonly #own = new Map<Link, LinkSettings>();

  constructor(kernel: Kernel, hosts: readonly Host[], rules: readonly LinkRule[]) {
    this.network = new Network(kernel);
    for (const host of hosts) {
      this.#hosts.set(host.name, host);
      this.network.attach(host);
    }
    for (const rule of rules) this.#apply(rule);
  }

  /** The number of packets that were sent on a link so far. */
  packets(from: string, to: string): number {
    return this.network.link(this.#host(from), this.#host(to)).packets;
  }

  /** Sets the combined effect of all faults on a link. */
  setEffect(from: string, to: string, effect: Readonly<LinkEffect>): void {
    const link = this.network.link(this.#host(from), this.#host(to));
    let own = this.#own.get(link);
    if (own === undefined) this.#own.set(link, (own = settingsNow(link)));
    link.blocked = effect.blocked;
    link.refuses = effect.refuses;
    link.ignores = effect.ignores;
    link.configure({
      extraLatencyNs: own.extraLatencyNs + effect.addNs,
      delays: [...own.delays, ...effect.delays],
      finNs: own.finNs + effect.finNs,
      loss: 1 - (1 - own.loss) * effect.arrives,
      lossBurst: Math.max(own.lossBurst, effect.lossBurst),
      bandwidth: Math.min(own.bandwidth, effect.bandwidth),
      duplicate: either(own.duplicate, effect.duplicate),
      reorder: either(own.reorder, effect.reorder),
      corrupt: either(own.corrupt, effect.corrupt),
      undetected: either(own.undetected, effect.undetected),
    });
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

/** The probability that at least one of two independent events happens. */
function either(a: number, b: number): number {
  return 1 - (1 - a) * (1 - b);
}

function settingsNow(link: Link): LinkSettings {
  const names = Object.keys(defaultLinkSettings) as (keyof LinkSettings)[];
  return Object.fromEntries(names.map((name) => [name, link[name]])) as unknown as LinkSettings;
}

function settingsOf(plan: LinkPlan): Partial<LinkSettings> {
  const { latencyNs, delays, bandwidthBytesPerSecond, loss, lossBurst } = plan;
  return {
    ...(delays && { minLatencyNs: 0, maxLatencyNs: 0, delays: [delays] }),
    ...(lossBurst !== undefined && { lossBurst }),
    ...(latencyNs && { minLatencyNs: latencyNs.minNs, maxLatencyNs: latencyNs.maxNs, delays: [] }),
    ...(bandwidthBytesPerSecond !== undefined && { bandwidth: bandwidthBytesPerSecond }),
    ...(loss !== undefined && { loss }),
  };
}
