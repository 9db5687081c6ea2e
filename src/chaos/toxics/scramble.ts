/**
 * `scramble`: single bits change on the way, as when they change in a router's memory and TCP's checksum does
 * not see it. Which bits depends on their place in the stream and the seed alone.
 */
import { ImmediateStage } from "../immediate.ts";
import { SMALL_BUFFER_BYTES, type StageContext, type ToxicKind } from "../toxic.ts";

class ScrambleStage extends ImmediateStage {
  #offset = 0;
  /** The place of the next byte that changes. */
  #next: number;

  constructor(context: StageContext) {
    super(context);
    this.#next = this.#draw();
  }

  override changed(): void {
    this.#next = this.#offset + this.#draw();
  }

  override write(bytes: Buffer): void {
    const end = this.#offset + bytes.length;
    if (this.#next < end) bytes = Buffer.from(bytes);
    while (this.#next < end) {
      const at = this.#next - this.#offset;
      const bit = this.context.prng.below(8);
      bytes[at] = (bytes[at] as number) ^ (1 << bit);
      this.context.tell(`flips bit ${bit} of byte ${this.#next}`);
      this.#next += 1 + this.#draw();
    }
    this.#offset = end;
    this.context.pass(bytes);
  }

  /** How many bytes stay as they are: a geometric distribution. */
  #draw(): number {
    const probability = this.context.get("probability");
    const drawn = 1 - this.context.prng.float();
    if (probability >= 1) return 0;
    return probability <= 0 ? Infinity : Math.floor(Math.log(drawn) / Math.log1p(-probability));
  }
}

export const scramble: ToxicKind = {
  type: "scramble",
  words: ["corrupt"],
  about: "single bits change",
  attributes: { probability: { unit: "probability", usual: 0.001, about: "for each byte" } },
  bufferBytes: SMALL_BUFFER_BYTES,
  start: (context) => new ScrambleStage(context),
};
