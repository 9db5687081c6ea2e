/**
 * A link: one direction between two hosts. It decides each packet's fate: how long it takes, whether it
 * is lost, doubled, overtaken or damaged. Faults set its fields at any time; a packet that is under way
 * when the link is blocked does not arrive.
 *
 * Each decision draws from its own stream, so that a fault of one kind leaves the others' draws alone.
 */
import type { Prng } from "../../base/prng.ts";
import { SECOND } from "../../base/units.ts";
import type { Kernel } from "../kernel.ts";

/** What a link can be set to. All durations are in nanoseconds, all chances in [0, 1]. */
export interface LinkSettings {
  /** The shortest and the longest one-way latency; a packet's is drawn evenly between them. */
  minLatencyNs: number;
  maxLatencyNs: number;
  /** Added to every latency: a spike. */
  extraLatencyNs: number;
  /** The chance that a packet is a straggler, and how much later such a one is at the mean. */
  tailChance: number;
  tailMeanNs: number;
  /** Bytes a second; `Infinity` for none. What does not fit waits in the queue. */
  bandwidth: number;
  /** How many bytes wait for the bandwidth before what follows is lost. */
  queueBytes: number;
  /** The chance that a packet (of at most {@link MTU} bytes) is lost. TCP sends it again. */
  loss: number;
  /** The chance that a datagram arrives twice. */
  duplicate: number;
  /** The chance that a datagram is held back, and for how long at the most, so that others overtake it. */
  reorder: number;
  reorderNs: number;
  /** The chance that a packet is damaged. TCP's checksum notices; a datagram arrives with a bit flipped. */
  corrupt: number;
}

/** Bytes of one packet on the wire. */
export const MTU = 1_500;
/** Bytes of payload in one full TCP segment over IPv4. */
export const MSS = 1_460;
/** What a lost packet's transit time is. */
export const LOST = -1;

/** A fresh link's settings: half a millisecond, and nothing goes wrong. */
export const defaultLinkSettings: Readonly<LinkSettings> = {
  minLatencyNs: 500_000,
  maxLatencyNs: 500_000,
  extraLatencyNs: 0,
  tailChance: 0,
  tailMeanNs: 0,
  bandwidth: Infinity,
  queueBytes: 1 << 20,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderNs: 2_000_000,
  corrupt: 0,
};

/** One direction between two hosts. */
export class Link implements LinkSettings {
  readonly from: string;
  readonly to: string;
  minLatencyNs: number;
  maxLatencyNs: number;
  extraLatencyNs: number;
  tailChance: number;
  tailMeanNs: number;
  bandwidth: number;
  queueBytes: number;
  loss: number;
  duplicate: number;
  reorder: number;
  reorderNs: number;
  corrupt: number;
  /** How many bytes of TCP one kernel event carries at the most: ten full segments, or all on loopback. */
  readonly flightBytes: number;

  /** @internal The link, which was open, is blocked from now on. */
  onCut: () => void = () => {};

  readonly #kernel: Kernel;
  readonly #streams: Map<string, Prng> = new Map();
  #latencyPrng: Prng | undefined;
  #blocks = 0;
  #blocked = false;
  /** When the last byte that waits for bandwidth has left. */
  #busyUntilNs = 0;

  constructor(
    kernel: Kernel,
    options: { from: string; to: string; settings: LinkSettings; flightBytes?: number },
  ) {
    this.#kernel = kernel;
    this.from = options.from;
    this.to = options.to;
    this.flightBytes = options.flightBytes ?? 10 * MSS;
    const { settings } = options;
    this.minLatencyNs = settings.minLatencyNs;
    this.maxLatencyNs = settings.maxLatencyNs;
    this.extraLatencyNs = settings.extraLatencyNs;
    this.tailChance = settings.tailChance;
    this.tailMeanNs = settings.tailMeanNs;
    this.bandwidth = settings.bandwidth;
    this.queueBytes = settings.queueBytes;
    this.loss = settings.loss;
    this.duplicate = settings.duplicate;
    this.reorder = settings.reorder;
    this.reorderNs = settings.reorderNs;
    this.corrupt = settings.corrupt;
  }

  /** Whether nothing passes. Setting it is independent of {@link block}: either one stops everything. */
  get blocked(): boolean {
    return this.#blocked || this.#blocks > 0;
  }

  set blocked(blocked: boolean) {
    const was = this.blocked;
    this.#blocked = blocked;
    if (!was && blocked) this.onCut();
  }

  /** Stops everything until {@link unblock} was called as often: partitions may overlap. */
  block(): void {
    const was = this.blocked;
    this.#blocks++;
    if (!was) this.onCut();
  }

  unblock(): void {
    if (this.#blocks > 0) this.#blocks--;
  }

  /** Changes some settings. */
  configure(settings: Partial<LinkSettings>): void {
    Object.assign(this, settings);
  }

  /** Whether everything that is sent now arrives, if the link is not cut meanwhile. */
  get sound(): boolean {
    return this.loss === 0 && this.corrupt === 0 && !this.#blocked && this.#blocks === 0;
  }

  /** Whether packets may be lost or damaged by chance. */
  get lossy(): boolean {
    return this.loss > 0 || this.corrupt > 0;
  }

  /** How long a packet that leaves now takes, queueing included, or {@link LOST} for a full queue. */
  transitNs(bytes: number): number {
    let delayNs = this.minLatencyNs + this.extraLatencyNs;
    const spanNs = this.maxLatencyNs - this.minLatencyNs;
    if (spanNs > 0) {
      this.#latencyPrng ??= this.prng("latency");
      delayNs += this.#latencyPrng.below(spanNs + 1);
    }
    if (this.tailChance > 0) {
      const prng = this.prng("tail");
      if (prng.chance(this.tailChance)) delayNs += Math.round(prng.exponential(this.tailMeanNs));
    }
    return this.bandwidth === Infinity ? delayNs : this.#queue(bytes, delayNs);
  }

  /** How many of `packets` get through before the first is lost or damaged. */
  passing(packets: number): number {
    for (let passed = 0; passed < packets; passed++) {
      if (this.loss > 0 && this.prng("loss").chance(this.loss)) return passed;
      if (this.corrupt > 0 && this.prng("corrupt").chance(this.corrupt)) return passed;
    }
    return packets;
  }

  /** Whether a datagram in so many fragments is lost: all of them have to arrive. */
  losesAny(fragments: number): boolean {
    if (this.loss === 0) return false;
    const prng = this.prng("loss");
    for (let fragment = 0; fragment < fragments; fragment++) {
      if (prng.chance(this.loss)) return true;
    }
    return false;
  }

  /** The expected one-way latency, in nanoseconds: what TCP's smoothed estimate tends to. */
  meanLatencyNs(): number {
    return (this.minLatencyNs + this.maxLatencyNs) / 2 + this.extraLatencyNs;
  }

  /** This link's stream of that name. */
  prng(name: string): Prng {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = this.#kernel.prng.fork(`link.${this.from}.${this.to}.${name}`);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  #queue(bytes: number, delayNs: number): number {
    const { nowNs } = this.#kernel;
    const startNs = Math.max(nowNs, this.#busyUntilNs);
    const waitingBytes = ((startNs - nowNs) * this.bandwidth) / SECOND;
    if (waitingBytes > this.queueBytes) return LOST;
    this.#busyUntilNs = startNs + Math.ceil((bytes * SECOND) / this.bandwidth);
    return this.#busyUntilNs - nowNs + delayNs;
  }
}
