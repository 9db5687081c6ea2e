/**
 * A link: one direction between two hosts. It decides for each packet how long it takes and whether it is
 * lost, duplicated, reordered or damaged. Faults may change its settings at any time. A packet in transit
 * is lost if the link is blocked before it arrives.
 *
 * Each decision draws from its own random stream, so that a fault of one kind does not change the draws of
 * others.
 */
import type { Prng } from "../../base/prng.ts";
import { SECOND } from "../../base/units.ts";
import type { Kernel } from "../kernel.ts";
import { type Delays, DelaySource, typicalNs } from "./delays.ts";

/** The settings of a link. All durations are in nanoseconds, all probabilities in [0, 1]. */
export interface LinkSettings {
  /** The shortest and the longest one-way latency; each packet's latency is drawn uniformly between them. */
  minLatencyNs: number;
  maxLatencyNs: number;
  /** Added to every latency, for a latency spike. */
  extraLatencyNs: number;
  /** Distributions from which a further delay is drawn for each packet, and added. */
  delays: readonly Delays[];
  /** Added to the latency of the end of a connection (FIN), which then comes late. */
  finNs: number;
  /** The probability that a packet is a straggler, and the mean of its additional delay. */
  tailChance: number;
  tailMeanNs: number;
  /** Bytes per second; `Infinity` for no limit. Packets that exceed it wait in the queue. */
  bandwidth: number;
  /** The maximum number of bytes that wait for bandwidth. Further packets are lost. */
  queueBytes: number;
  /** The probability that a packet (of at most {@link MTU} bytes) is lost. TCP retransmits it. */
  loss: number;
  /**
   * How many packets in a row are lost on average (Gilbert's model of bursts); 1 or less if each is lost independently. The
   * share that is lost is `loss`.
   */
  lossBurst: number;
  /** The probability that a datagram arrives twice. */
  duplicate: number;
  /** The probability that a datagram is delayed so that others overtake it, and the maximum delay. */
  reorder: number;
  reorderNs: number;
  /**
   * The probability that a packet is damaged. TCP's checksum detects it; a datagram arrives with one bit
   * flipped.
   */
  corrupt: number;
  /** The probability that TCP delivers a segment with one bit flipped, which its checksum has missed. */
  undetected: number;
}

/** The maximum size of one packet on the wire, in bytes. */
export const MTU = 1_500;
/** Bytes of payload in one full TCP segment over IPv4. */
export const MSS = 1_460;
/** The transit time that denotes a lost packet. */
export const LOST = -1;

/** A message that a fault has singled out: the `nth` from now, and what happens to it. */
export interface Single {
  readonly nth: number;
  readonly how: "lose" | "delay" | "duplicate";
  readonly addNs: number;
}

/** The settings of a new link: half a millisecond of latency, and no errors. */
export const defaultLinkSettings: Readonly<LinkSettings> = {
  minLatencyNs: 500_000,
  maxLatencyNs: 500_000,
  extraLatencyNs: 0,
  delays: [],
  finNs: 0,
  tailChance: 0,
  tailMeanNs: 0,
  bandwidth: Infinity,
  queueBytes: 1 << 20,
  loss: 0,
  lossBurst: 0,
  duplicate: 0,
  reorder: 0,
  reorderNs: 2_000_000,
  corrupt: 0,
  undetected: 0,
};

/** One direction between two hosts. */
export class Link implements LinkSettings {
  readonly from: string;
  readonly to: string;
  minLatencyNs: number;
  maxLatencyNs: number;
  extraLatencyNs: number;
  delays: readonly Delays[];
  finNs: number;
  tailChance: number;
  tailMeanNs: number;
  bandwidth: number;
  queueBytes: number;
  loss: number;
  lossBurst: number;
  duplicate: number;
  reorder: number;
  reorderNs: number;
  corrupt: number;
  undetected: number;
  /** The number of packets that were sent so far, lost ones included. */
  packets = 0;
  /** The number of messages that a fault has singled out and that have come. */
  singled = 0;
  /** Whether connections in this direction are refused, and whether they are ignored. */
  refuses = false;
  ignores = false;
  /** The maximum number of TCP bytes in one kernel event: ten full segments, or no limit on loopback. */
  readonly flightBytes: number;

  /** @internal Called when the link changes from open to blocked. */
  onCut: () => void = () => {};

  readonly #kernel: Kernel;
  readonly #streams: Map<string, Prng> = new Map();
  readonly #singles: Map<unknown, Single> = new Map();
  readonly #sources: Map<Delays, DelaySource> = new Map();
  #latencyPrng: Prng | undefined;
  /** Whether a burst of losses is under way. */
  #inBurst = false;
  #blocks = 0;
  #blocked = false;
  /** The time at which the last queued byte leaves. */
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
    this.delays = settings.delays;
    this.finNs = settings.finNs;
    this.tailChance = settings.tailChance;
    this.tailMeanNs = settings.tailMeanNs;
    this.bandwidth = settings.bandwidth;
    this.queueBytes = settings.queueBytes;
    this.loss = settings.loss;
    this.lossBurst = settings.lossBurst;
    this.duplicate = settings.duplicate;
    this.reorder = settings.reorder;
    this.reorderNs = settings.reorderNs;
    this.corrupt = settings.corrupt;
    this.undetected = settings.undetected;
  }

  /** Whether nothing passes. Setting it is independent of {@link block}: either one blocks the link. */
  get blocked(): boolean {
    return this.#blocked || this.#blocks > 0;
  }

  set blocked(blocked: boolean) {
    const was = this.blocked;
    this.#blocked = blocked;
    if (!was && blocked) this.onCut();
  }

  /** Blocks the link until {@link unblock} was called equally often, since partitions may overlap. */
  block(): void {
    const was = this.blocked;
    this.#blocks++;
    if (!was) this.onCut();
  }

  unblock(): void {
    if (this.#blocks > 0) this.#blocks--;
  }

  /** Singles out a later message with data. `key` identifies the request. */
  singleOut(key: unknown, single: Single): void {
    this.#singles.set(key, { ...single });
  }

  /** Withdraws the request, if the message has not come yet. */
  forgetSingle(key: unknown): void {
    this.#singles.delete(key);
  }

  /** Counts a message with data. Returns what happens to it, if it was singled out. */
  takeSingle(): Single | undefined {
    if (this.#singles.size === 0) return undefined;
    let taken: Single | undefined;
    for (const [key, single] of this.#singles) {
      if (single.nth > 1) {
        this.#singles.set(key, { ...single, nth: single.nth - 1 });
        continue;
      }
      this.#singles.delete(key);
      this.singled++;
      taken = single;
    }
    return taken;
  }

  /** Changes some settings. */
  configure(settings: Partial<LinkSettings>): void {
    Object.assign(this, settings);
  }

  /** Whether everything sent now arrives, unless the link is blocked meanwhile. */
  get sound(): boolean {
    return this.loss === 0 && this.corrupt === 0 && !this.#blocked && this.#blocks === 0;
  }

  /** Whether packets may be lost or damaged by chance. */
  get lossy(): boolean {
    return this.loss > 0 || this.corrupt > 0;
  }

  /**
   * The transit time of a packet that is sent now, including queueing, or {@link LOST} if the queue is
   * full.
   */
  transitNs(bytes: number): number {
    let delayNs = this.minLatencyNs + this.extraLatencyNs;
    const spanNs = this.maxLatencyNs - this.minLatencyNs;
    if (spanNs > 0) {
      this.#latencyPrng ??= this.prng("latency");
      delayNs += this.#latencyPrng.below(spanNs + 1);
    }
    for (const delays of this.delays) delayNs += this.#delayNs(delays);
    if (this.tailChance > 0) {
      const prng = this.prng("tail");
      if (prng.chance(this.tailChance)) delayNs += Math.round(prng.exponential(this.tailMeanNs));
    }
    return this.bandwidth === Infinity ? delayNs : this.#queue(bytes, delayNs);
  }

  /** The number of `packets` that get through before the first one is lost or damaged. */
  passing(packets: number): number {
    for (let passed = 0; passed < packets; passed++) {
      if (this.loss > 0 && this.#loses(this.prng("loss"))) return passed;
      if (this.corrupt > 0 && this.prng("corrupt").chance(this.corrupt)) return passed;
    }
    return packets;
  }

  /** Whether a datagram of this many fragments is lost. It is lost if any fragment is. */
  losesAny(fragments: number): boolean {
    if (this.loss === 0) return false;
    const prng = this.prng("loss");
    for (let fragment = 0; fragment < fragments; fragment++) {
      if (this.#loses(prng)) return true;
    }
    return false;
  }

  /** Whether the next packet is lost. Gilbert's model: a burst begins by chance, and each packet of it is lost. */
  #loses(prng: Prng): boolean {
    const { loss, lossBurst } = this;
    if (lossBurst <= 1 || loss === 1) return prng.chance(loss);
    const chance = this.#inBurst ? 1 - 1 / lossBurst : Math.min(1, loss / (lossBurst * (1 - loss)));
    this.#inBurst = prng.chance(chance);
    return this.#inBurst;
  }

  #delayNs(delays: Delays): number {
    const drawnNs = this.#sourceOf(delays).nextNs();
    if (delays.endsNs === undefined) return drawnNs;
    const leftNs = Math.max(0, delays.endsNs - this.#kernel.nowNs);
    return Math.min(drawnNs, leftNs + Math.ceil(typicalNs(delays)));
  }

  #sourceOf(delays: Delays): DelaySource {
    let source = this.#sources.get(delays);
    if (source === undefined) {
      source = new DelaySource(delays, this.prng(`delays.${this.#sources.size}`));
      this.#sources.set(delays, source);
    }
    return source;
  }

  /** Returns the payload, or a copy with one bit flipped if an error escapes the checksum. */
  delivered(payload: Uint8Array): Uint8Array {
    if (this.undetected === 0 || payload.length === 0) return payload;
    const prng = this.prng("undetected");
    return prng.chance(this.undetected) ? flipBit(payload, prng) : payload;
  }

  /** The expected one-way latency in nanoseconds, to which TCP's smoothed estimate converges. */
  meanLatencyNs(): number {
    const ownNs = (this.minLatencyNs + this.maxLatencyNs) / 2 + this.extraLatencyNs;
    return this.delays.reduce((sum, delays) => sum + typicalNs(delays), ownNs);
  }

  /** Returns this link's random stream with that name. */
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

/** A copy of `bytes`, which are not empty, with one bit flipped. */
export function flipBit(bytes: Uint8Array, prng: Prng): Uint8Array {
  const copy = bytes.slice();
  const at = prng.below(copy.length);
  copy[at] = (copy[at] as number) ^ (1 << prng.below(8));
  return copy;
}
